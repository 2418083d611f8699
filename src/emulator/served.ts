import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LocalWorldError } from './world-file.ts';

/** `emulator.json` of the local directory, while an emulator serves its world. */
export interface Served {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}
/** `now`: the moment of its world, ms. */
export interface Alive {
  readonly now: number;
  readonly kind: 'simulated' | 'docker';
}
const servedSchema = z.object({ url: z.url(), token: z.string(), pid: z.int().positive() });
const answerSchema = z.object({ kind: z.enum(['simulated', 'docker']), now: z.iso.datetime({ offset: true }) });
const answerMs = 2_000;
export const servedFile = (directory: string): string => join(directory, 'emulator.json');

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * The emulator that serves this directory's world: named by the file, alive, and answering to its token.
 */
export const findServed = async (directory: string): Promise<(Served & Alive) | undefined> => {
  let text: string;
  try {
    text = await readFile(servedFile(directory), 'utf8');
  } catch (error) {
    // Nothing there, or no directory at all: whoever makes the world says so better.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new LocalWorldError(`${servedFile(directory)} can't be read`, 'Look at its permissions', error);
  }
  // A file left behind by a killed emulator, or half written, names nobody.
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = servedSchema.safeParse(value);
  if (!parsed.success || !alive(parsed.data.pid)) return undefined;
  const { url, token } = parsed.data;
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/_emulator`, { headers, signal: AbortSignal.timeout(answerMs) });
    const answer = answerSchema.safeParse(await response.json());
    return answer.success ? { ...parsed.data, now: Date.parse(answer.data.now), kind: answer.data.kind } : undefined;
  } catch {
    return undefined;
  }
};

export const announce = (directory: string, served: Served): Promise<void> =>
  writeFile(servedFile(directory), `${JSON.stringify(served, null, 2)}\n`, { mode: 0o600 });
export const withdraw = (directory: string): Promise<void> => rm(servedFile(directory), { force: true });
