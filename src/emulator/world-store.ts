import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';
import type { Emulator } from './emulator.ts';
import { LocalWorldError, readWorldFile, stampOf, writeWorldFile } from './world-file.ts';

/*
 * One world, several processes. Whatever changes it is a transaction under an inter-process lock: read the file if it
 * changed, let due actions land, do the request, save, unlock. Reading requests read the file if it changed and save
 * nothing: what has landed since the last save lands again, the same way, for whoever reads next.
 */
export interface WorldStore {
  fetch(request: Request): Promise<Response>;
  /** Runs `work` as a transaction. A failure of `work` leaves file and memory as they were. */
  change<Result>(work: () => Result | Promise<Result>): Promise<Result>;
}
export interface WorldStoreOptions {
  readonly file: string;
  readonly emulator: Emulator;
  /** Called after the file was read: a clock may have to catch up. */
  readonly onLoad?: () => void;
  /** Called before saving. */
  readonly onSave?: () => void;
}

const lockRetries = { retries: 400, factor: 1.1, minTimeout: 10, maxTimeout: 150 };
export interface WorldLock {
  /** Throws when somebody else took the lock over: this process stood still for too long. */
  assertHeld(): void;
  release(): Promise<void>;
}
/** Takes the lock, at most about a minute; a dead holder's lock is stale after five seconds. */
export const lockWorld = async (file: string): Promise<WorldLock> => {
  await writableDirectory(dirname(file));
  let lost: Error | undefined;
  const onCompromised = (error: Error): void => {
    lost = error;
  };
  const options = { realpath: false, stale: 5_000, update: 1_000, retries: lockRetries, onCompromised };
  try {
    const release = await lock(file, options);
    return {
      assertHeld: () => {
        if (lost === undefined) return;
        throw new LocalWorldError(`the lock of the local world ${file} was lost`, 'Run the command again', lost);
      },
      release: async () => {
        if (lost === undefined) await release();
      },
    };
  } catch (error) {
    const next = `If no other command is running, remove the directory ${file}.lock`;
    throw new LocalWorldError(`the local world ${file} is locked by another command for too long`, next, error);
  }
};

/** A directory that takes no lock would look like one that is locked, after a minute of trying. */
const writableDirectory = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const next = 'Make it writable, or name another with RECONCILE_LOCAL_DIR';
    throw new LocalWorldError(`the directory of the local world, ${directory}, can't be written: ${why}`, next, error);
  }
};

/** A lost reply is a fault after the commit: what was done stays done. */
const isLostReply = (error: unknown): boolean => error instanceof TypeError && error.message === 'fetch failed';

export const createWorldStore = ({ file, emulator, onLoad, onSave }: WorldStoreOptions): WorldStore => {
  let stamp: string | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  /** Transactions under way: nobody else may have changed the file. */
  let changing = 0;

  const load = async (): Promise<void> => {
    const found = await stampOf(file);
    if (found === stamp || found === undefined) return;
    const saved = await readWorldFile(file);
    if (saved === undefined) return;
    emulator.world.restore(saved);
    stamp = found;
    onLoad?.();
  };
  const save = async (held: WorldLock): Promise<void> => {
    onSave?.();
    held.assertHeld();
    await writeWorldFile(file, emulator.world.snapshot());
    stamp = await stampOf(file);
  };
  const transaction = async <Result>(work: () => Result | Promise<Result>): Promise<Result> => {
    const held = await lockWorld(file);
    changing += 1;
    try {
      await load();
      emulator.settle();
      let result: Result;
      try {
        result = await work();
      } catch (error) {
        if (!isLostReply(error)) throw error;
        await save(held);
        throw error;
      }
      await save(held);
      return result;
    } catch (error) {
      if (!isLostReply(error)) {
        stamp = undefined;
        await load();
      }
      throw error;
    } finally {
      changing -= 1;
      await held.release();
    }
  };
  const change = <Result>(work: () => Result | Promise<Result>): Promise<Result> => {
    const done = queue.then(() => transaction(work));
    queue = done.catch(() => undefined);
    return done;
  };

  return {
    change,
    fetch: async (request) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') return change(() => emulator.fetch(request));
      if (changing === 0) await load();
      return emulator.fetch(request);
    },
  };
};
