import { Failure } from '../domain/errors.ts';
import { redact, Secret } from '../domain/secret.ts';
import type { ReadFiles } from '../ports/entry.ts';
import type { DeliveredFile } from '../ports/machines.ts';
import { checkedFile, contentOf } from './delivery.ts';
import { program, type Ran } from './run.ts';

const pathPattern = /^(\/[A-Za-z0-9._-]+)+$/;

const checkedPath = (path: string): string => {
  if (pathPattern.test(path)) return path;
  throw new Failure(`no path of a file: ${JSON.stringify(path)}`);
};

export const removeScript = (path: string): string => program(`rm -f '${checkedPath(path)}'`);

/** Prints `<index> <base64>` of each file that is there. */
export const readScript = (paths: readonly string[]): string => {
  return program(
    paths
      .map(checkedPath)
      .map((path, index) => `if [ -f ${path} ]; then printf '${index} '; head -c 65536 ${path} | base64 -w 0; echo; fi`)
      .join('\n'),
  );
};

export const filesRead = (paths: readonly string[], output: string): ReadFiles => {
  const files: Record<string, Secret> = {};
  for (const line of output.split('\n')) {
    const [index = '', text] = line.split(' ');
    const path = paths[Number(index)];
    if (index !== '' && path !== undefined && text !== undefined)
      files[path] = new Secret(Buffer.from(text, 'base64').toString('utf8'));
  }
  return files;
};

/** Made beside and renamed, so that whoever reads it sees all of it or nothing. */
export const placeScript = (file: DeliveredFile): string => {
  const { path, mode, owner } = checkedFile(file);
  const body = Buffer.from(contentOf(file), 'utf8').toString('base64');
  return program(`
umask 077
base64 -d >'${path}.placing' <<'END'
${body}
END
chown ${owner} '${path}.placing'
chmod ${mode} '${path}.placing'
mv -fT '${path}.placing' '${path}'`);
};

/** Throws Failure when the program failed, in words that hold nothing of the file. */
export const judgeFiles = (server: string, what: string, ran: Ran, secrets: readonly string[] = []): string => {
  if (ran.status === 0) return ran.stdout;
  const said = redact(
    ran.stderr.trim().slice(-500),
    secrets.map((text) => new Secret(text)),
  );
  throw new Failure(`${what} on ${server} failed (exit status ${ran.status}): ${said || 'it said nothing'}`, {
    next: 'run the command again; it goes on from where this stands',
  });
};
