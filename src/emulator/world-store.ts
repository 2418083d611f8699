import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';
import type { Emulator } from './emulator.ts';
import { ApiError } from './errors.ts';
import type { MachineModels } from './machines/types.ts';
import { errorReply } from './replies.ts';
import { LocalWorldError, readWorldFile, stampOf, writeWorldFile } from './world-file.ts';

/*
 * One world, several processes. Whatever changes it is a transaction under an inter-process lock: read the file if it
 * changed, let due actions land, do the request, save, unlock. Reading requests read the file if it changed and save
 * nothing: what has landed since the last save lands again, the same way, for whoever reads next.
 */
export interface WorldStore {
  fetch(request: Request): Promise<Response>;
  /**
   * Runs `work` as a transaction. A failure of `work` leaves file and memory as they were; so does, unless `strict` is
   * false, one of the machines that have to follow it.
   */
  change<Result>(work: () => Result | Promise<Result>, strict?: boolean): Promise<Result>;
}
export interface WorldStoreOptions {
  readonly file: string;
  readonly emulator: Emulator;
  /** Called after the file was read: a clock may have to catch up. */
  readonly onLoad?: () => void;
  /** Called before saving. */
  readonly onSave?: () => void;
  /** Machines that are more than rows follow the world within each transaction. */
  readonly machines?: Pick<MachineModels, 'sync' | 'look'> | undefined;
  /** Told of what could not be made true, where the request itself is answered all the same. */
  readonly onTrouble?: (error: Error) => void;
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

/**
 * What is asked to be made must be true before it is answered; and who polls an action waits for what it made. A list
 * or a deletion is answered in any case: it is the way out of whatever can't be made.
 */
const mustBeTrue = ({ method, url }: Request): boolean => {
  const { pathname } = new URL(url);
  if (method === 'DELETE' || pathname.startsWith('/_emulator')) return false;
  return !isReading({ method }) || /^\/v1\/actions(\/|$)|\/actions\/\d+$/.test(pathname);
};
const isReading = ({ method }: Pick<Request, 'method'>): boolean => method === 'GET' || method === 'HEAD';

/** Machines could not be made as the rows are; the cause's message is a sentence. */
class NotTrue extends Error {}

export const createWorldStore = ({
  file,
  emulator,
  onLoad,
  onSave,
  machines,
  onTrouble,
}: WorldStoreOptions): WorldStore => {
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
  /** `strict`: failing fails the transaction; else it is told, and tried again by the next one. */
  const makeTrue = async (strict: boolean): Promise<void> => {
    try {
      await machines?.sync?.();
    } catch (error) {
      const told = error instanceof Error ? error : new Error(String(error));
      if (strict) throw new NotTrue(told.message, { cause: told });
      onTrouble?.(told);
    }
  };
  const transaction = async <Result>(work: () => Result | Promise<Result>, strict: boolean): Promise<Result> => {
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
        await makeTrue(false);
        await save(held);
        throw error;
      }
      await makeTrue(strict);
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
  const change = <Result>(work: () => Result | Promise<Result>, strict = true): Promise<Result> => {
    const done = queue.then(() => transaction(work, strict));
    queue = done.catch(() => undefined);
    return done;
  };

  /** Whether answering would show what is not true yet, or no longer. */
  const isBehind = async (path: string): Promise<boolean> =>
    emulator.isDue() || ((await machines?.look?.(path)) ?? false);

  const read = async (request: Request): Promise<Response> => {
    if (machines?.sync === undefined) {
      if (changing === 0) await load();
      return emulator.fetch(request);
    }
    // A change under way takes seconds, and shows in the rows before it is true.
    await queue;
    await load();
    if (await isBehind(new URL(request.url).pathname)) await change(() => undefined, mustBeTrue(request));
    // What falls due from here on would land in the rows before the machines are told of it.
    return emulator.fetch(request, { still: true });
  };
  return {
    change,
    fetch: async (request) => {
      try {
        if (isReading(request)) return await read(request);
        return await change(() => emulator.fetch(request), mustBeTrue(request));
      } catch (error) {
        if (!(error instanceof NotTrue)) throw error;
        return errorReply(new ApiError('server_error', error.message));
      }
    },
  };
};
