import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeIdentity } from '../../src/age/identity.ts';
import { placeText, type S3Place } from '../../src/s3/place.ts';
import { shippedConfig } from '../support/lab.ts';
import { testKeys } from './places.ts';

const root = join(import.meta.dirname, '../..');
const boundMs = 120_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** Line breaks of the terminal taken out. */
  readonly stderr: string;
}
export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}
/** A directory with an infra.yaml that names a bucket, an emulated cloud that is served, and the command as its users start it. */
export interface Project {
  readonly directory: string;
  run(command: string, options?: RunOptions): Promise<Ended>;
  /** Names of the servers that there are, sorted. */
  servers(): Promise<readonly string[]>;
  /** Writes infra.yaml anew; `more` is a line of `state.s3`. The cloud stays as it is. */
  useBucket(place: S3Place, more?: string): Promise<void>;
  stop(): Promise<void>;
}

export const openProject = async (): Promise<Project> => {
  const directory = await mkdtemp(join(tmpdir(), 'reconcile-s3-'));
  const identity = await makeIdentity();
  const cloud = await startCloud(join(directory, 'world'));
  const base = {
    PATH: process.env['PATH'],
    HOME: directory,
    ...cloud.env,
    ...testKeys,
    RECONCILE_AGE_IDENTITY: identity.identity.reveal(),
  };
  return {
    directory,
    run: (command, { env = {}, input = '' } = {}) =>
      finish(
        spawn(process.execPath, [join(root, 'src/reconcile.ts'), ...command.split(' ')], {
          cwd: directory,
          env: { ...base, ...env },
        }),
        input,
      ),
    useBucket: (place, more = '') =>
      writeFile(join(directory, 'infra.yaml'), configFor(place, identity.recipient, more)),
    servers: async () => {
      const headers = { authorization: `Bearer ${cloud.env['HCLOUD_TOKEN']}` };
      const reply = await fetch(`${cloud.env['HCLOUD_ENDPOINT']}/servers`, { headers });
      const { servers } = (await reply.json()) as { servers: { name: string }[] };
      return servers.map(({ name }) => name).sort();
    },
    stop: async () => {
      await cloud.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const configFor = (place: S3Place, recipient: string, more: string): string => {
  const { endpoint, region, bucket, prefix, pathStyle } = place;
  const lines = [
    'state:',
    '  backend: s3',
    '  s3:',
    ...(endpoint === undefined ? [] : [`    endpoint: ${endpoint}`]),
    `    region: ${region}`,
    `    bucket: ${bucket}`,
    ...(prefix === '' ? [] : [`    prefix: ${prefix}`]),
    `    path_style: ${pathStyle}`,
    ...(more === '' ? [] : [`    ${more}`]),
    `  recipients: [${recipient}]`,
    '',
  ].join('\n');
  const config = shippedConfig.replace(/^state:\n( .*\n)+/m, lines);
  if (!config.includes(lines)) throw new Error(`infra.yaml has no part to put ${placeText(place)} into`);
  return config;
};

const finish = (child: ChildProcess, input: string): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    const timer = setTimeout(() => child.kill('SIGKILL'), boundMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout: said.stdout, stderr: said.stderr.replaceAll(/\s+/g, ' ') });
    });
    child.stdin?.end(input);
  });

/** `npm run emulator`, and the lines that it says to paste. */
const startCloud = async (directory: string) => {
  const main = join(root, 'src/emulator/main.ts');
  const child = spawn(process.execPath, [main, '--port', '0', '--speed', '100', '--directory', directory]);
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.split('\n').length > 3) break;
  }
  const env = Object.fromEntries([...text.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return { env, stop };
};
