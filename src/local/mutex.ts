import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../domain/errors.ts';
import { errnoOf } from './files.ts';

/** A process killed inside the mutex holds it no longer than this; the work inside takes milliseconds. */
const staleMs = 5_000;
const retry = { retries: 400, factor: 1.2, minTimeout: 2, maxTimeout: 50, randomize: true };

export interface Held {
  /** Throws when someone took the mutex for abandoned meanwhile (this process slept for longer than `staleMs`). */
  readonly confirm: () => void;
}

/**
 * Runs `work` while no other process runs under the same key of this directory.
 * proper-lockfile is loaded here, on the first write, because a plan or a check never needs it.
 */
export const withMutex = async <T>(directory: string, key: string, work: (held: Held) => Promise<T>): Promise<T> => {
  const { lock } = await import('proper-lockfile').then((module) => module.default);
  const lockfilePath = join(directory, `.${key}.mutex`);
  let release: () => Promise<void>;
  try {
    release = await lock(join(directory, key), {
      lockfilePath,
      realpath: false,
      stale: staleMs,
      retries: retry,
      // Seen by `confirm` before anything is published; the default would throw outside of any try.
      onCompromised: () => undefined,
    });
  } catch (error) {
    if (errnoOf(error) !== 'ELOCKED') throw error;
    throw new Failure(`another process has been writing ${join(directory, key)} for over ${staleMs / 1000} s`, {
      next: 'run the same command again when it is done',
      cause: error,
    });
  }
  const mine = statSync(lockfilePath).ino;
  const confirm = () => {
    if (statSync(lockfilePath, { throwIfNoEntry: false })?.ino === mine) return;
    throw new Failure(
      `this process was stopped for so long that another one took over writing ${join(directory, key)}`,
      {
        done: ['nothing was written'],
        next: 'run the same command again',
      },
    );
  };
  try {
    return await work({ confirm });
  } finally {
    await release().catch((error: unknown) => {
      // Taken over as stale: it is not ours to release any more.
      if (!['ERELEASED', 'ENOTACQUIRED'].includes(errnoOf(error) ?? '')) throw error;
    });
  }
};
