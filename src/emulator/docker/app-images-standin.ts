import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type ArchiveFile, archiveOf } from './archive.ts';
import { hostArchitecture } from './binaries.ts';
import { type Env, type FoundProgram, findProgram } from './binaries-find.ts';
import type { Engine } from './types.ts';

/*
 * An image of one program of this host, the libraries it names and a shell: what stands in for a base that can't be
 * pulled. With `tools` it can build too: npm, and the authorities that this host trusts.
 */
export interface StandIn {
  readonly tag: string;
  /** What it holds: `node`, `caddy`. */
  readonly program: string;
  /** Puts it into the engine. */
  make(engine: Engine): Promise<void>;
}

export const standInFor = async (program: string, env: Env, tools = false): Promise<StandIn | undefined> => {
  const own = program === 'node' ? { ...env, NODE_BIN: env['NODE_BIN'] ?? ownNode() } : env;
  const found = await findProgram(program, own, hostArchitecture());
  if (found === undefined) return undefined;
  const npm = tools ? await npmFolder(env) : undefined;
  if (tools && npm === undefined) return undefined;
  const stamp = `${format}\0${found.stamp}\0${npm ?? ''}`;
  const hash = createHash('sha256').update(stamp).digest('hex').slice(0, 12);
  return {
    tag: `emulated-base:${program}-${tools ? 'tools-' : ''}${hash}`,
    program,
    make: async (engine) => {
      const files = [...(await filesOf(program, found)), ...(npm === undefined ? [] : await npmFiles(npm))];
      const set = [
        'PATH=/usr/local/bin:/usr/bin:/bin',
        ...(npm === undefined ? [] : [`NODE_EXTRA_CA_CERTS=/${authorities}`]),
      ];
      const changes = set.flatMap((one) => ['--change', `ENV ${one}`]);
      const tag = `emulated-base:${program}-${tools ? 'tools-' : ''}${hash}`;
      await engine.run(['import', ...changes, '-', tag], { input: archiveOf(files, 0) });
    },
  };
};

/** Of what is put into one: another content under the same name would never be made. */
const format = '3';
const authorities = 'etc/ssl/certs/ca-certificates.crt';

/** The current Node of the npm package `node`, else the one that runs this. */
const ownNode = (): string => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin/node');
  } catch {
    return process.execPath;
  }
};

const filesOf = async (name: string, { path }: FoundProgram): Promise<ArchiveFile[]> => {
  const libraries = new Set([...(await librariesOf(path)), ...(await librariesOf('/bin/sh'))]);
  return [
    { path: `usr/local/bin/${name}`, content: await stripped(path), mode: 0o755 },
    { path: 'bin/sh', content: await readFile('/bin/sh'), mode: 0o755 },
    ...(await Promise.all(
      [...libraries].map(async (one) => ({ path: one.replace(/^\//, ''), content: await readFile(one), mode: 0o755 })),
    )),
    { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/app:/bin/sh\n', mode: 0o644 },
  ];
};

/** Without its symbols, where this host has binutils: a third of a program that was built for debugging. */
const stripped = async (path: string): Promise<Buffer> => {
  const folder = await mkdtemp(join(tmpdir(), 'stripped-'));
  try {
    const to = join(folder, 'program');
    const { code } = await output('strip', ['-o', to, path]);
    return await readFile(code === 0 ? to : path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The folder of this host's npm: beside the npm that runs this, else by the one on PATH. */
const npmFolder = async (env: Env): Promise<string | undefined> => {
  const named = env['npm_execpath'] ?? '';
  const onPath = (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'npm'));
  for (const one of [...(named.endsWith('npm-cli.js') ? [named] : []), ...onPath]) {
    const real = await realpath(one).catch(() => undefined);
    if (real?.endsWith('/bin/npm-cli.js')) return dirname(dirname(real));
  }
  return undefined;
};

const npmHome = 'usr/local/lib/npm';
const npmFiles = async (folder: string): Promise<ArchiveFile[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, to: `${npmHome}/${path.slice(folder.length + 1)}` }))
    .filter(({ to }) => !/^usr\/local\/lib\/npm\/(?:docs|man)\//.test(to));
  const copied = await Promise.all(files.map(async ({ path, to }) => ({ path: to, content: await readFile(path) })));
  const trusted = `/${authorities}`;
  const known = (await stat(trusted).catch(() => undefined))?.isFile() ? await readFile(trusted) : '';
  return [
    ...copied,
    { path: authorities, content: known },
    { path: 'tmp/.keep', content: '' },
    { path: 'usr/local/bin/npm', content: `#!/bin/sh\nexec node /${npmHome}/bin/npm-cli.js "$@"\n`, mode: 0o755 },
  ];
};

/** What the loader names; a program that is linked statically needs none. */
const librariesOf = async (path: string): Promise<string[]> =>
  [...(await output('ldd', [path])).text.matchAll(/(?:=>\s+)?(\/\S+)\s+\(0x/g)].map((match) => match[1] ?? '');

const output = (command: string, args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.on('error', () => resolve({ code: 127, text: '' }));
    child.on('close', (code) => resolve({ code: code ?? 1, text }));
  });
