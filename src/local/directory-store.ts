import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../domain/errors.ts';
import type { ObjectStore, PutOutcome, StoredObject } from '../ports/object-store.ts';
import {
  ensureDirectory,
  errnoOf,
  fileFailure,
  publishNew,
  publishOver,
  removeAbandoned,
  syncDirectory,
  writeTemporary,
} from './files.ts';
import { sha256Hex } from './hash.ts';
import { withMutex } from './mutex.ts';

/**
 * Documents as files of one directory, safe between processes of one machine: a reader sees the old or the new text,
 * never a part; of two writers with the same etag one wins. The directory is made by the first write, not by a read.
 * Not for network file systems that lack atomic `link` and `rename`.
 */
export const createDirectoryStore = (directory: string): ObjectStore => ({
  place: directory,
  shared: false,
  get: (key) => read(directory, key),
  putIfAbsent: (key, text) => putIfAbsent(directory, key, text),
  putIfMatch: (key, text, etag) => putIfMatch(directory, key, text, etag),
  delete: (key) => remove(directory, key),
  list: () => list(directory),
});

const pathOf = (directory: string, key: string): string => {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(key)) throw new Failure(`"${key}" can't be the name of a stored document`);
  return join(directory, key);
};

const unchanged = ['the file is as it was before'];

const read = async (directory: string, key: string): Promise<StoredObject | undefined> => {
  const path = pathOf(directory, key);
  try {
    const text = await readFile(path, 'utf8');
    return { text, etag: sha256Hex(text) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileFailure('read', path, error);
  }
};

const putIfAbsent = async (directory: string, key: string, text: string): Promise<PutOutcome> => {
  const path = pathOf(directory, key);
  try {
    await ensureDirectory(directory);
    const created = await publishNew(await writeTemporary(directory, key, text), path);
    if (!created) return { ok: false, because: 'exists' };
    await syncDirectory(directory);
    return { ok: true, etag: sha256Hex(text) };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw fileFailure('write', path, error, ['nothing was written']);
  }
};

const putIfMatch = async (directory: string, key: string, text: string, etag: string): Promise<PutOutcome> => {
  const path = pathOf(directory, key);
  // Without this, a missing directory would be a failure of the mutex instead of an answer.
  if ((await read(directory, key)) === undefined) return { ok: false, because: 'absent' };
  try {
    return await withMutex(directory, key, async ({ confirm }): Promise<PutOutcome> => {
      const current = await read(directory, key);
      if (current === undefined) return { ok: false, because: 'absent' };
      if (current.etag !== etag) return { ok: false, because: 'moved' };
      const temporary = await writeTemporary(directory, key, text);
      try {
        confirm();
      } catch (error) {
        await unlink(temporary);
        throw error;
      }
      await publishOver(temporary, path);
      await removeAbandoned(directory, key);
      await syncDirectory(directory);
      return { ok: true, etag: sha256Hex(text) };
    });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw fileFailure('write', path, error, unchanged);
  }
};

const remove = async (directory: string, key: string): Promise<void> => {
  const path = pathOf(directory, key);
  try {
    await unlink(path);
    await syncDirectory(directory);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (errnoOf(error) !== 'ENOENT') throw fileFailure('delete', path, error, unchanged);
  }
};

const list = async (directory: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw fileFailure('list', directory, error);
  }
};
