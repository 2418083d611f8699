import { LeaseHeldError, StateError } from '../domain/errors.ts';
import { type HistoryEntry, type RunRecord, type StateFile, stateSchemaVersion } from '../domain/statefile.ts';
import { type Clock, isoNow } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import type { Sealer } from '../ports/sealer.ts';
import { holdingTime } from './held-time.ts';
import { insist } from './insist.ts';
import { keepEarlier } from './keep-earlier.ts';
import { putState, type Stored } from './put-state.ts';
import type { LoadedState } from './read.ts';
import { historyMax } from './schema.ts';
import { versionsWith } from './versions.ts';

export type Mutate = (state: StateFile) => StateFile;

export interface StateWriter {
  /** The newest content, also when its last write failed; serial 0 before the first write ever. */
  readonly current: () => StateFile;
  /**
   * Returns when the change is durable. Changes that come while a write is under way go together in the next one. A
   * change whose write failed is kept and goes with the next write: what was created must not be forgotten.
   * Throws LeaseHeldError or StateError when another run wrote, StoreError when the store can't be written; the latter
   * after three tries.
   */
  readonly save: (mutate: Mutate) => Promise<StateFile>;
  /** Known at once, durable with the next save: for what a look at the cloud tells as well. */
  readonly note: (mutate: Mutate) => void;
  /** Writes what was noted, if anything was. */
  readonly flush: () => Promise<StateFile>;
  /** What the store knows is less than `current`, and the document is still ours to write. */
  readonly unsaved: () => boolean;
  /** The content that the store is known to hold; null before the first write. */
  readonly stored: () => StateFile | null;
}

export interface StateWriterOptions {
  readonly store: ObjectStore;
  readonly loaded: LoadedState | null;
  readonly project: string;
  readonly environment: string;
  readonly environmentType: StateFile['environmentType'];
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  /** Of the lease; every write carries it, and the first one locks out whoever had the lease before. */
  readonly fencingToken: number;
  /** What an earlier run knew and could not write: goes with the first write. */
  readonly recovered?: StateFile;
  /** A run that keeps a journal; left out, the record of the last run stays as it is. */
  readonly run?: Omit<RunRecord, 'journal' | 'endedAt'>;
  /** The release that writes. */
  readonly writtenBy?: string;
}

export const createStateWriter = (given: StateWriterOptions): StateWriter => {
  const options = { ...given, store: holdingTime(given.store, given.clock) };
  let current = begun(options.recovered ?? options.loaded?.state ?? firstState(options), options);
  let stored: Stored = { etag: options.loaded?.etag, serial: options.loaded?.state.serial ?? 0 };
  let storedState: StateFile | null = options.loaded?.state ?? null;
  let dirty = options.recovered !== undefined;
  let lost: StateError | LeaseHeldError | undefined;
  let waiting: PromiseWithResolvers<StateFile> | undefined;
  let writing: Promise<unknown> | undefined;
  /** Texts whose write failed without an answer, with their serials: one of them may be what is stored now. */
  const unanswered = new Map<string, number>();
  const keepVersion = once(async () => {
    const { clock, store, environment, loaded } = options;
    if (loaded !== null) await insist(clock, () => keepEarlier(store, environment, loaded));
  });

  const write = async (): Promise<StateFile> => {
    if (lost !== undefined) throw lost;
    await keepVersion();
    const written = current;
    const next = stamped(written, storedState, stored.serial + 1, options);
    dirty = false;
    try {
      stored = await putState(options, next, stored, unanswered);
    } catch (error) {
      dirty = true;
      if (error instanceof StateError || error instanceof LeaseHeldError) lost = error;
      throw error;
    }
    unanswered.clear();
    storedState = { ...next, serial: stored.serial };
    // What was noted meanwhile is in `current` already, and no part of what was written.
    const dated = new Map(written.history.map((entry, nth) => [entry, next.history[nth] ?? entry]));
    const history = current.history.map((entry) => dated.get(entry) ?? entry);
    current = { ...current, ...sealedNow(current, options), serial: stored.serial, history };
    return storedState;
  };
  /** One write at a time; whoever comes while it is under way shares the next one. */
  const commit = (): Promise<StateFile> => {
    if (waiting !== undefined) return waiting.promise;
    const mine = Promise.withResolvers<StateFile>();
    mine.promise.catch(() => undefined);
    waiting = mine;
    const before = writing;
    writing = (async () => {
      // It may wait between its tries, so time must pass meanwhile.
      if (before !== undefined) await before.catch(() => undefined);
      const letGo = options.clock.hold?.();
      // Steps that begin together have their intents written together.
      await turn();
      letGo?.();
      waiting = undefined;
      await write().then(mine.resolve, mine.reject);
    })();
    return mine.promise;
  };
  const note = (mutate: Mutate): void => {
    current = identified(mutate(current), current);
    dirty = true;
  };
  return {
    current: () => current,
    stored: () => storedState,
    unsaved: () => dirty && lost === undefined,
    note,
    save(mutate) {
      note(mutate);
      return commit();
    },
    async flush() {
      if (waiting !== undefined) return commit();
      // What was noted may be on its way, and its write may fail.
      await writing;
      return dirty ? commit() : current;
    },
  };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const once = (work: () => Promise<void>): (() => Promise<void>) => {
  let done = false;
  return async () => {
    if (done) return;
    await work();
    done = true;
  };
};

const firstState = (options: StateWriterOptions): StateFile => ({
  schemaVersion: stateSchemaVersion,
  lineage: options.random.hex(16),
  serial: 0,
  project: options.project,
  environment: options.environment,
  environmentType: options.environmentType,
  updatedAt: isoNow(options.clock),
  fencingToken: options.fencingToken,
  resources: {},
  history: [],
});

/** The document as this run's first write will leave it. */
const begun = (state: StateFile, { run, loaded, fencingToken }: StateWriterOptions): StateFile => ({
  ...state,
  fencingToken,
  ...(run === undefined ? {} : { lastRun: { ...run, journal: [] } }),
  ...(loaded === null ? {} : { versions: versionsWith(state.versions, loaded.state.serial).stay }),
});

/** Identity is not the caller's to change. */
const identified = (next: StateFile, before: StateFile): StateFile => ({
  ...next,
  schemaVersion: stateSchemaVersion,
  lineage: before.lineage,
  serial: before.serial,
  project: before.project,
  environment: before.environment,
  environmentType: before.environmentType,
});

const stamped = (
  next: StateFile,
  before: StateFile | null,
  serial: number,
  { clock, writtenBy, fencingToken, sealer }: StateWriterOptions,
): StateFile => ({
  ...next,
  ...sealedNow(next, { sealer }),
  serial,
  fencingToken,
  updatedAt: isoNow(clock),
  ...(writtenBy === undefined ? {} : { writtenBy }),
  history: next.history
    .slice(0, historyMax)
    .map((entry) => (before?.history.includes(entry) ? entry : { ...entry, serial })),
});

/** Whoever writes the document seals it; what nobody opened stays as it was. */
const sealedNow = ({ sealed }: StateFile, { sealer }: Pick<StateWriterOptions, 'sealer'>): Partial<StateFile> =>
  sealed !== undefined || sealer.recipients.length === 0 ? {} : { sealedFor: sealer.recipients };

/** Newest first; the writer sets the serial and keeps the newest 50. */
export const withHistory = (state: StateFile, entry: HistoryEntry): StateFile => ({
  ...state,
  history: [entry, ...state.history],
});
