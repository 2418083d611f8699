import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../domain/errors.ts';

/** What the operating system said, if it was a system call that failed: `ENOENT`, `EEXIST`, `ENOSPC`. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EISDIR: 'it is a directory',
  EIO: 'the disk reports an input/output error',
};

/** A system error as a sentence, with the file it was about and whether the old content is still there. */
export const fileFailure = (doing: string, path: string, error: unknown, done: readonly string[] = []): Failure => {
  const code = errnoOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const why = code !== undefined && meanings[code] !== undefined ? `${meanings[code]} (${code})` : text;
  return new Failure(`can't ${doing} ${path}: ${why}`, {
    done,
    next:
      code !== undefined && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)
        ? 'free some space and run the same command again'
        : `check ${path}`,
    cause: error,
  });
};

/** Only the owner: a state names machines and, later, holds secrets. */
export const fileMode = 0o600;
const directoryMode = 0o700;

export const ensureDirectory = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: directoryMode });
};

/** Writes `text` beside its destination and flushes it to the disk, so that a rename or link publishes it whole. */
export const writeTemporary = async (directory: string, key: string, text: string): Promise<string> => {
  const path = join(directory, `.${key}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, fileMode);
  try {
    await file.writeFile(text, 'utf8');
    await file.sync();
  } catch (error) {
    await file.close();
    await unlink(path);
    throw error;
  }
  await file.close();
  return path;
};

/** Longer than any write takes. */
const abandonedMs = 10 * 60_000;

/** Removes what killed processes left half written beside this document. */
export const removeAbandoned = async (directory: string, key: string): Promise<void> => {
  const left = (await readdir(directory)).filter((name) => name.startsWith(`.${key}.`) && name.endsWith('.tmp'));
  for (const name of left) {
    const path = join(directory, name);
    const found = await stat(path).catch(unlessAbsent);
    if (found !== undefined && Date.now() - found.mtimeMs > abandonedMs) await unlink(path).catch(unlessAbsent);
  }
};

const unlessAbsent = (error: unknown): undefined => {
  if (errnoOf(error) !== 'ENOENT') throw error;
};

/** The name is free or it is not: `link` never replaces, also between processes. False when it was taken. */
export const publishNew = async (temporary: string, path: string): Promise<boolean> => {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
};

export const publishOver = async (temporary: string, path: string): Promise<void> => {
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
};

/**
 * A rename survives a power cut only when its directory was flushed too (fsync(2)). Some file systems (FUSE, overlays)
 * refuse to flush a directory with EINVAL: there is nothing better to do on them, and the text is in place.
 */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw fileFailure('flush', directory, error, ['the new text is in place']);
  } finally {
    await handle.close();
  }
};
