import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../domain/errors.ts';
import type { Files } from './io.ts';

/** Files of this machine. Writes go to a neighbour first, so that a full disk leaves the old file whole. */
export const nodeFiles = (pid: number): Files => ({
  async read(path) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw failure(`can't read ${path}`, error);
    }
  },
  async write(path, text, { mode, replace, makeFolder }) {
    const neighbour = `${path}.${pid}.tmp`;
    try {
      if (makeFolder) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rm(neighbour, { force: true });
      await writeWhole(neighbour, text, mode);
      if (replace) await rename(neighbour, path);
      else await link(neighbour, path);
      return 'written';
    } catch (error) {
      if (!replace && codeOf(error) === 'EEXIST') return 'exists';
      throw failure(`can't write ${path}`, error);
    } finally {
      await rm(neighbour, { force: true });
    }
  },
});

const writeWhole = async (path: string, text: string, mode: number): Promise<void> => {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
};

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const sentences: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

const failure = (what: string, error: unknown): Failure => {
  const code = codeOf(error) ?? '';
  const because = sentences[code] ?? (error instanceof Error ? error.message : String(error));
  return new Failure(`${what}: ${because}`, { next: 'name another file, or make room or rights for it', cause: error });
};
