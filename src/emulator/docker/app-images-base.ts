import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type ArchiveFile, archiveOf } from './archive.ts';
import { hostArchitecture } from './binaries.ts';
import { type Env, type FoundProgram, findProgram } from './binaries-find.ts';
import type { Engine } from './types.ts';

/*
 * What images of jobs are built on. The official base where it is there or can be pulled; else a stand-in of one program
 * of this host, the libraries it names and a shell: enough for a Dockerfile that only copies files.
 */
const pullMs = 90_000;

export interface Base {
  readonly image: string;
  /** Said once: images on a stand-in are not what the real cloud would run. */
  readonly notice?: string;
}

/** `ARG BASE=node:24-alpine` of a Dockerfile; undefined: it takes no other base. */
export const baseOf = (dockerfile: string): string | undefined => /^ARG\s+BASE=(\S+)/m.exec(dockerfile)?.[1];

export const hasImage = async (engine: Engine, image: string): Promise<boolean> =>
  (await engine.attempt(['image', 'inspect', '--format', '{{.Id}}', image])).code === 0;

/** Whether the image is there now. `why`: the last line of what the engine said about it. */
export const pulled = async (engine: Engine, image: string): Promise<{ ok: boolean; why: string }> => {
  const { code, stderr } = await engine
    .attempt(['pull', '-q', image], { timeoutMs: pullMs })
    .catch((error: Error) => ({ code: 1, stderr: error.message }));
  return { ok: code === 0, why: stderr.trim().split('\n').at(-1) ?? '' };
};

/** Undefined: neither the base nor anything in its place can be had. */
export const findBase = async (engine: Engine, wanted: string, env: Env): Promise<Base | undefined> => {
  if (await hasImage(engine, wanted)) return { image: wanted };
  const program = await programFor(wanted, env);
  const standIn = program && (await standInOf(program));
  // What was made before because nothing could be pulled serves again, without asking a registry each time.
  if (standIn !== undefined && (await hasImage(engine, standIn.tag))) return { image: standIn.tag };
  if ((await pulled(engine, wanted)).ok) return { image: wanted };
  if (standIn === undefined) return undefined;
  const change = ['--change', 'ENV PATH=/usr/local/bin:/usr/bin:/bin'];
  await engine.run(['import', ...change, '-', standIn.tag], { input: archiveOf(await standIn.files(), 0) });
  return { image: standIn.tag, notice: `${wanted} can't be pulled: this host's ${program?.name} stands in for it` };
};

type NamedProgram = FoundProgram & { readonly name: string };

/** `node:24-alpine` needs a node, `caddy:2.10.2-alpine` a caddy: no other is known here. */
const programFor = async (base: string, env: Env): Promise<NamedProgram | undefined> => {
  const name = /(?:^|\/)(node|caddy)(?::|@|$)/.exec(base)?.[1];
  if (name === undefined) return undefined;
  const own = name === 'node' ? { ...env, NODE_BIN: env['NODE_BIN'] ?? ownNode() } : env;
  const found = await findProgram(name, own, hostArchitecture());
  return found === undefined ? undefined : { ...found, name };
};

/** The current Node of the npm package `node`, else the one that runs this. */
const ownNode = (): string => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin/node');
  } catch {
    return process.execPath;
  }
};

const standInOf = async (program: NamedProgram) => {
  const hash = createHash('sha256').update(program.stamp).digest('hex').slice(0, 12);
  return { tag: `emulated-base:${program.name}-${hash}`, files: () => filesOf(program) };
};

const filesOf = async (program: NamedProgram): Promise<ArchiveFile[]> => {
  const libraries = new Set([...(await librariesOf(program.path)), ...(await librariesOf('/bin/sh'))]);
  const copies = [[program.path, `usr/local/bin/${program.name}`] as const, ['/bin/sh', 'bin/sh'] as const];
  return Promise.all([
    ...[...copies, ...[...libraries].map((path) => [path, path.replace(/^\//, '')] as const)].map(
      async ([from, to]) => ({ path: to, content: await readFile(from), mode: 0o755 }),
    ),
    { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/app:/bin/sh\n', mode: 0o644 },
  ]);
};

/** What the loader names; a program that is linked statically needs none. */
const librariesOf = (path: string): Promise<string[]> =>
  new Promise((resolve) => {
    const child = spawn('ldd', [path], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.on('error', () => resolve([]));
    child.on('close', () => resolve([...text.matchAll(/(?:=>\s+)?(\/\S+)\s+\(0x/g)].map((match) => match[1] ?? '')));
  });
