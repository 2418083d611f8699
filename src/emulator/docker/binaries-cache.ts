import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LocalWorldError } from '../world-file.ts';
import type { Env } from './binaries-find.ts';

/** Where archives are kept between runs: named by their content, so any number of worlds can share them. */
export const cacheDirectory = (env: Env): string =>
  join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'reconcile');

export const checksumOf = (content: Buffer, algorithm: 'sha256' | 'sha512' = 'sha256'): string =>
  createHash(algorithm).update(content).digest('hex');

/** Name of an archive in the cache. */
export const archiveName = (artifact: string, checksum: string): string => `${artifact}-${checksum.slice(0, 32)}`;

export const isThere = async (file: string): Promise<boolean> => {
  try {
    return (await stat(file)).size > 0;
  } catch {
    return false;
  }
};

/** All or nothing, also between two processes. Readable by all: the services container reads it as another user. */
export const keep = async (directory: string, name: string, content: Buffer | string): Promise<void> => {
  const temporary = join(directory, `.${name}.${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(temporary, content, { mode: 0o644 });
    await chmod(temporary, 0o644);
    await rename(temporary, join(directory, name));
  } catch (error) {
    await rm(temporary, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new LocalWorldError(
      `${join(directory, name)} can't be written: ${why}`,
      'Make room or the directory writable, or name another with XDG_CACHE_HOME',
      error,
    );
  }
};

/** What is remembered of a program: asking it and packing it takes seconds. */
export interface PackedNote {
  readonly stamp: string;
  readonly version: string | null;
  readonly checksum: string;
}
const noteName = (artifact: string, stamp: string): string =>
  `${artifact}-${checksumOf(Buffer.from(stamp)).slice(0, 16)}.json`;

export const readNote = async (directory: string, artifact: string, stamp: string): Promise<PackedNote | undefined> => {
  try {
    const note = JSON.parse(await readFile(join(directory, noteName(artifact, stamp)), 'utf8')) as PackedNote;
    const archive = join(directory, archiveName(artifact, note.checksum));
    return note.stamp === stamp && (await isThere(archive)) ? note : undefined;
  } catch {
    // No note, or one that was cut short: the program is asked and packed again.
    return undefined;
  }
};
export const writeNote = (directory: string, artifact: string, note: PackedNote): Promise<void> =>
  keep(directory, noteName(artifact, note.stamp), JSON.stringify(note));
