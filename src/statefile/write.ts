import { StateError } from '../domain/errors.ts';
import { type HistoryEntry, type StateFile, stateSchemaVersion } from '../domain/statefile.ts';
import { type Clock, isoNow } from '../ports/clock.ts';
import type { ObjectStore, PutOutcome } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import { encodeState } from './codec.ts';
import { holdingTime } from './held-time.ts';
import { type LoadedState, stateKey } from './read.ts';
import { historyMax } from './schema.ts';
import { targetText } from './target-text.ts';

export type Mutate = (state: StateFile) => StateFile;

export interface StateWriter {
  /** The newest content, also when its last write failed; serial 0 before the first write ever. */
  readonly current: () => StateFile;
  /**
   * Applies the change and writes the whole document with the next serial; saves follow one another.
   * A change whose write failed is kept and goes with the next write: what was created must not be forgotten.
   * Throws StateError when another run wrote, Failure when the store can't be written; both after `tries` tries.
   */
  readonly save: (mutate: Mutate) => Promise<StateFile>;
}

export interface StateWriterOptions {
  readonly store: ObjectStore;
  readonly loaded: LoadedState | null;
  readonly project: string;
  readonly environment: string;
  readonly environmentType: StateFile['environmentType'];
  readonly clock: Clock;
  readonly random: Random;
  /** The release that writes. */
  readonly writtenBy?: string;
}

/** A store that drops one reply must not end a run; one that stays away must not hold it up. */
const tries = 3;
const firstWaitMs = 250;

export const createStateWriter = (given: StateWriterOptions): StateWriter => {
  const options = { ...given, store: holdingTime(given.store, given.clock) };
  let current = options.loaded?.state ?? firstState(options);
  let stored: Stored = { etag: options.loaded?.etag, serial: options.loaded?.state.serial ?? 0 };
  let lost: StateError | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  /** Texts whose write failed without an answer, with their serials: one of them may be what is stored now. */
  const unanswered = new Map<string, number>();

  const write = async (mutate: Mutate): Promise<StateFile> => {
    current = stamped(mutate(current), current, stored.serial + 1, options);
    if (lost !== undefined) throw lost;
    try {
      stored = await put(options, current, stored, unanswered);
      current = { ...current, serial: stored.serial };
      unanswered.clear();
      return current;
    } catch (error) {
      if (error instanceof StateError) lost = error;
      throw error;
    }
  };
  return {
    current: () => current,
    save(mutate) {
      const result = queue.then(() => write(mutate));
      queue = result.catch(() => undefined);
      return result;
    },
  };
};

const firstState = ({ project, environment, environmentType, clock, random }: StateWriterOptions): StateFile => ({
  schemaVersion: stateSchemaVersion,
  lineage: random.hex(16),
  serial: 0,
  project,
  environment,
  environmentType,
  updatedAt: isoNow(clock),
  resources: {},
  history: [],
});

/** Identity is not the caller's to change: lineage, serial and names are set here. */
const stamped = (next: StateFile, before: StateFile, serial: number, options: StateWriterOptions): StateFile => ({
  schemaVersion: stateSchemaVersion,
  lineage: before.lineage,
  serial,
  project: options.project,
  environment: options.environment,
  environmentType: options.environmentType,
  updatedAt: isoNow(options.clock),
  ...(options.writtenBy === undefined ? {} : { writtenBy: options.writtenBy }),
  resources: next.resources,
  ...(next.keys === undefined ? {} : { keys: next.keys }),
  ...(next.applications === undefined ? {} : { applications: next.applications }),
  history: next.history
    .slice(0, historyMax)
    .map((entry) => (before.history.includes(entry) ? entry : { ...entry, serial })),
});

/** Newest first; the writer sets the serial and keeps the newest 50. */
export const withHistory = (state: StateFile, entry: HistoryEntry): StateFile => ({
  ...state,
  history: [entry, ...state.history],
});

interface Stored {
  /** Undefined: the document does not exist yet. */
  readonly etag: string | undefined;
  readonly serial: number;
}

/** Compare-and-swap until the outcome is known. */
const put = async (
  options: StateWriterOptions,
  state: StateFile,
  base: Stored,
  unanswered: Map<string, number>,
): Promise<Stored> => {
  const { store, clock, environment } = options;
  const key = stateKey(environment);
  const text = encodeState(state);
  for (let attempt = 1; ; attempt += 1) {
    let outcome: PutOutcome;
    try {
      const { etag } = base;
      outcome = etag === undefined ? await store.putIfAbsent(key, text) : await store.putIfMatch(key, text, etag);
    } catch (error) {
      unanswered.set(text, state.serial);
      if (attempt >= tries) throw error;
      await clock.sleep(firstWaitMs * 2 ** (attempt - 1));
      continue;
    }
    if (outcome.ok) return { etag: outcome.etag, serial: state.serial };
    // Refused, but perhaps because of a write of our own whose reply was lost.
    const found = await store.get(key);
    if (found?.text === text) return { etag: found.etag, serial: state.serial };
    const ownSerial = found === undefined ? undefined : unanswered.get(found.text);
    if (found === undefined || ownSerial === undefined) throw overtaken(options, found !== undefined);
    unanswered.delete(found.text);
    return put(options, { ...state, serial: ownSerial + 1 }, { etag: found.etag, serial: ownSerial }, unanswered);
  }
};

const overtaken = ({ store, environment }: StateWriterOptions, exists: boolean): StateError => {
  const what = exists ? 'was written by another run' : 'was removed';
  return new StateError(
    `the state of ${environment} (${store.place}/${stateKey(environment)}) ${what} while this run was at work`,
    {
      done: ['the other document was left as it is'],
      next: `look at what is there now: reconcile plan ${targetText(environment)}`,
    },
  );
};
