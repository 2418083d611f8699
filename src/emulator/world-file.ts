import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type SavedWorld, worldFormat } from './world.ts';

/** Something is wrong with the local world; `message` says what, where and what to do. */
export class LocalWorldError extends Error {
  readonly next: string;
  constructor(message: string, next: string, cause?: unknown) {
    super(`${message}. ${next}`, cause === undefined ? undefined : { cause });
    this.name = 'LocalWorldError';
    this.next = next;
  }
}

/** Enough of the file to trust the rest: it was written by this code or by hand. */
const tokenSchema = z.object({ token: z.string().min(1), write: z.boolean() });
const tableSchema = z.object({
  nextId: z.number(),
  rows: z.array(z.tuple([z.union([z.number(), z.string()]), z.looseObject({})])),
});
const fileSchema = z.object({
  format: z.number(),
  state: z.looseObject({
    tokens: z.array(tokenSchema).min(1),
    date: z.string(),
    vatPercent: z.number(),
    random: z.number(),
    clockOffset: z.number(),
    stock: z.record(z.string(), z.boolean()),
    pending: z.array(z.looseObject({ id: z.number() })),
    timers: z.array(z.looseObject({ at: z.number() })),
    allotted: z.object({ ipv4: z.number(), ipv6: z.number() }),
    machines: z.record(z.string(), z.unknown()),
  }),
  tables: z.record(z.string(), tableSchema),
});

/** Changes whenever somebody saved; undefined: there is no file. */
export const stampOf = async (file: string): Promise<string | undefined> => {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${ino}-${size}-${mtimeMs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** The world in the file; undefined: there is none. Throws LocalWorldError for one that can't be read, and keeps it. */
export const readWorldFile = async (file: string): Promise<SavedWorld | undefined> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new LocalWorldError(`the local world ${file} can't be read`, 'Look at its permissions', error);
  }
  const way = `Move ${file} away to begin with an empty world, or put an earlier copy in its place`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LocalWorldError(`the local world ${file} is damaged: it is no JSON`, way, error);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format !== worldFormat)
    throw new LocalWorldError(`the local world ${file} has format ${format}, this version reads ${worldFormat}`, way);
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new LocalWorldError(`the local world ${file} is damaged: ${where === '' ? 'no world' : where} is wrong`, way);
  }
  return value as SavedWorld;
};

/** All or nothing: a temporary file, fsync, rename. Readable by its owner only, for it holds the token. */
export const writeWorldFile = async (file: string, world: SavedWorld): Promise<void> => {
  // One name for all: only the holder of the lock writes, and what a killed one left is written over.
  const temporary = `${file}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(world));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const why = code === 'ENOSPC' ? 'the disk is full' : code;
    const lost = 'the last change of the emulated cloud is not kept, the file is as it was before it';
    const next = code === 'ENOSPC' ? `Free some space; ${lost}` : `Look at its directory; ${lost}`;
    throw new LocalWorldError(`the local world ${file} can't be saved: ${why}`, next, error);
  }
};
