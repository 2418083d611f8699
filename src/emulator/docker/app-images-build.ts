import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalWorldError } from '../world-file.ts';
import { baseOf, findBase, programOf } from './app-images-base.ts';
import type { Env } from './binaries-find.ts';
import { tailOf } from './engine.ts';
import type { WantedImage } from './services-supplies.ts';
import type { Engine } from './types.ts';

export interface BuildKit {
  readonly engine: Engine;
  readonly env: Env;
  readonly say: (text: string) => void;
}
/** Images built here have a name of their own: the user's own tags are left alone. */
const repository = 'emulated-app';
const buildMs = 10 * 60_000;

/** Builds a job's image on the host's engine, unless one of the same content is there. Answers its tag. */
export const buildImage = async (kit: BuildKit, wanted: Required<WantedImage>): Promise<string> => {
  const { engine, env, say } = kit;
  const { job, dockerfile, context } = wanted;
  const text = await readFile(dockerfile, 'utf8');
  const wantedBase = baseOf(text);
  const base = wantedBase === undefined ? undefined : await findBase(engine, wantedBase, env, programOf(text));
  if (wantedBase !== undefined && base === undefined)
    throw new LocalWorldError(
      `${wantedBase}, the base of ${dockerfile}, can't be pulled`,
      'Load it into the engine (docker load), then run the command again',
    );
  if (base?.notice !== undefined) say(base.notice);
  const tag = `${repository}:${job}-${await contentHash(text, context, base?.image ?? '')}`;
  const there = await tagsOf(engine, job);
  if (there.includes(tag)) return tag;
  say(`building the image of ${job}`);
  const build = ['--build-arg', `BASE=${base?.image}`];
  const args = ['build', '-q', '-t', tag, ...(base === undefined ? [] : build), '-f', dockerfile, context];
  const { code, stdout, stderr } = await engine.attempt(args, { timeoutMs: buildMs });
  if (code !== 0)
    throw new LocalWorldError(
      `the image of ${job} can't be built: ${tailOf(`${stdout}\n${stderr}`, 4)}`,
      `Correct ${dockerfile}, then run the command again`,
    );
  // Of an older content: nobody asks for them any more. One that is in use stays.
  await Promise.all(there.map((old) => engine.attempt(['image', 'rm', old])));
  return tag;
};

const tagsOf = async (engine: Engine, job: string): Promise<string[]> => {
  const format = '{{.Repository}}:{{.Tag}}';
  const listed = await engine.run(['image', 'ls', '--format', format, repository]);
  return listed.split('\n').filter((tag) => tag.startsWith(`${repository}:${job}-`));
};

/** Of the Dockerfile, its base, and the files that it copies: other things in the same folder make no new image. */
export const contentHash = async (dockerfile: string, context: string, base: string): Promise<string> => {
  const hash = createHash('sha256').update(`${base}\0${dockerfile}\0`);
  for (const file of await copiedFiles(dockerfile, context))
    hash.update(`${file}\0`).update(await readFile(join(context, file)));
  return hash.digest('hex').slice(0, 12);
};

const copiedFiles = async (dockerfile: string, context: string): Promise<string[]> => {
  const sources = [...dockerfile.matchAll(/^(?:COPY|ADD)\s+(.+)$/gim)].flatMap((match) => {
    const words = (match[1] ?? '').split(/\s+/).filter((word) => !word.startsWith('--'));
    return (match[1] ?? '').includes('--from=') ? [] : words.slice(0, -1);
  });
  const found = await Promise.all(sources.map((source) => filesBelow(context, source)));
  return [...new Set(found.flat())].sort();
};

/** A pattern (`*.json`) is too much for this: the whole folder counts then. */
const filesBelow = async (context: string, source: string): Promise<string[]> => {
  const plain = /[*?[]/.test(source) ? source.replace(/[^/]*[*?[].*$/, '') : source;
  const path = join(context, plain);
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) return [];
  if (there.isFile()) return [plain];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return (
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(context.length + 1))
      // What .dockerignore leaves out of every context.
      .filter((file) => !file.split('/').includes('node_modules'))
  );
};
