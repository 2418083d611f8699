import { Failure } from '../domain/errors.ts';
import { redact, Secret } from '../domain/secret.ts';
import type { DeliveredFile } from '../ports/machines.ts';
import { program, type Ran } from './run.ts';

/** One file a line of the manifest, so none of its words may hold blanks or anything a shell reads. */
const modePattern = /^0[0-7]{3}$/;
const ownerPattern = /^[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*$/;
const pathPattern = /^(\/[A-Za-z0-9._-]+)+$/;

/** Throws Failure on a file that no manifest can name. */
export const checkedFile = (file: DeliveredFile): DeliveredFile => {
  const { path, mode, owner } = file;
  const fine =
    modePattern.test(mode) && ownerPattern.test(owner) && pathPattern.test(path) && !/\/\.\.?(\/|$)/.test(path);
  if (fine) return file;
  throw new Failure(`no file for a delivery: ${JSON.stringify(path)}, mode ${mode}, owner ${owner}`);
};

export const contentOf = ({ content }: DeliveredFile): string =>
  content instanceof Secret ? content.reveal() : content;
const base64Lines = (text: string): string =>
  (
    Buffer.from(text, 'utf8')
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\n');

/**
 * The program that puts the files into /var/lib/bootstrap/delivery, all or none: made beside and renamed. A delivery
 * that nobody has installed yet is replaced, under the lock that install-delivery holds while it reads. What it says holds nothing of the files.
 */
export const deliveryScript = (files: readonly DeliveredFile[]): string => {
  const named = files.map(checkedFile);
  const bodies = named.map(
    (file, index) => `base64 -d >"$new/${index + 1}" <<'END'\n${base64Lines(contentOf(file))}\nEND`,
  );
  const manifest = named.map(({ mode, owner, path }, index) => `${index + 1} ${mode} ${owner} ${path}`).join('\n');
  return program(`
b=/var/lib/bootstrap
mkdir -p -m 0755 $b
umask 077
rm -rf $b/delivery.new.*
new="$(mktemp -d $b/delivery.new.XXXXXX)"
${bodies.join('\n')}
cat >"$new/manifest" <<'END'
${manifest}
END
sync "$new"/*
exec 8>$b/delivery.lock
flock -w 60 8
if [ -e $b/delivery ]; then mv -T $b/delivery "$new.old"; fi
mv -T "$new" $b/delivery
exec 8>&-
rm -rf $b/delivery.new.*
sync $b
if [ -e $b/installed ]; then /usr/local/sbin/install-delivery; fi`);
};

/** Throws Failure when the program failed, in words that hold nothing of the files. */
export const judgeDelivery = (server: string, files: readonly DeliveredFile[], ran: Ran): void => {
  if (ran.status === 0) return;
  const secrets = files.map(contentOf).flatMap((text) => [new Secret(text), new Secret(base64Lines(text))]);
  const said = redact(`${ran.stdout}\n${ran.stderr}`.trim().slice(-1500), secrets);
  throw new Failure(
    `${server} did not take the delivery of ${files.length} file${files.length === 1 ? '' : 's'} (exit status ${ran.status}): ${said || 'it said nothing'}`,
    { next: 'run the command again; a delivery is all or none' },
  );
};
