import { Failure, StateError } from '../domain/errors.ts';
import type { LeaseRecord } from '../domain/lease.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore, PutOutcome, StoredObject } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import { createHeldLease, type Lease, type WrittenLease } from './held-lease.ts';
import { holdingTime } from './held-time.ts';
import { encodeLease } from './lease-record.ts';
import { askerOf, type LeaseHolder, leaseKey, standingIn } from './lease-standing.ts';
import { leaseTimesOf } from './lease-times.ts';
import { leaseHeld } from './lease-words.ts';
import { stopwatch } from './stopwatch.ts';
import { storeTime } from './store-time.ts';

export interface LeaseOptions {
  readonly store: ObjectStore;
  readonly environment: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly holder: LeaseHolder;
  /** For the one who meets the lease, and typed again by whoever is refused: `reconcile production`. */
  readonly command: string;
  readonly run?: string;
  /** The new fencing token is higher: the one in the state, should the lease's own count be lost. */
  readonly above?: number;
  /** Kept alive by renewals at a third of it; a holder that crashed elsewhere is waited for this long at most. */
  readonly ttlMs?: number;
  /** False: renewed only by `check`. */
  readonly heartbeat?: boolean;
  readonly isAlive?: (pid: number) => boolean;
  readonly pidNamespace?: string;
  /** Before the lease of a process that died on this machine is taken: what it sent last may still be on its way. */
  readonly outlast?: (dead: LeaseRecord) => Promise<void>;
}

const commandLengthMax = 200;
/** Each round lost means that another one took the lease in that moment, or that a reply was lost. */
const rounds = 4;

/**
 * Takes the right to change an environment: made by create-if-absent, taken over by compare-and-swap once it is
 * released, expired, or its process is dead on this very machine. Never deleted. Two requests when nothing is in the
 * way. Throws LeaseHeldError, and the store's Failure.
 */
export const acquireLease = async (given: LeaseOptions): Promise<Lease> => {
  const options = { ...given, store: holdingTime(given.store, given.clock) };
  const { store, environment, clock } = options;
  const nonce = options.random.hex(8);
  let silence: unknown;
  for (let round = 0; round < rounds; round += 1) {
    const stored = await store.get(leaseKey(environment));
    const seen = standingIn(stored, options);
    // A write of ours whose reply was lost: taken, but its time is counted by its own text.
    const mine = silence !== undefined && seen.record?.nonce === nonce ? seen.record : undefined;
    if (mine === undefined && seen.standing === 'held' && seen.record !== undefined)
      throw leaseHeld(environment, seen.record, storeTime(store, clock), options.command);
    if (seen.standing === 'dead' && seen.record !== undefined) await options.outlast?.(seen.record);
    try {
      const token = mine?.fencingToken ?? Math.max(seen.record?.fencingToken ?? 0, options.above ?? 0) + 1;
      const written = await take(options, stored, newRecord(options, token, nonce));
      if (written !== undefined) return held(options, written);
    } catch (error) {
      if (error instanceof StateError || round === rounds - 1) throw error;
      silence = error;
    }
  }
  throw await beaten(options, silence);
};

/** Undefined: somebody else was faster, and has to be looked at. */
const take = async (
  { store, environment, clock }: LeaseOptions,
  stored: StoredObject | undefined,
  record: LeaseRecord,
): Promise<WrittenLease | undefined> => {
  const key = leaseKey(environment);
  const text = encodeLease(record);
  const age = stopwatch(clock);
  const outcome: PutOutcome =
    stored === undefined ? await store.putIfAbsent(key, text) : await store.putIfMatch(key, text, stored.etag);
  return outcome.ok ? { record, etag: outcome.etag, age } : undefined;
};

const held = (options: LeaseOptions, written: WrittenLease): Lease => {
  const { store, environment, clock, heartbeat } = options;
  return createHeldLease({
    store,
    environment,
    clock,
    key: leaseKey(environment),
    written,
    times: leaseTimesOf(options.ttlMs),
    ...(heartbeat === undefined ? {} : { heartbeat }),
  });
};

const beaten = async (options: LeaseOptions, cause: unknown): Promise<Failure> => {
  const { store, environment, clock, command } = options;
  const { record } = standingIn(await store.get(leaseKey(environment)), options);
  if (record !== undefined) return leaseHeld(environment, record, storeTime(store, clock), command);
  return new Failure(`the lease document ${store.place}/${leaseKey(environment)} appears and disappears`, {
    done: ['nothing was changed'],
    next: `find out what removes documents from ${store.place}, and run the same command again`,
    cause,
  });
};

const newRecord = (options: LeaseOptions, fencingToken: number, nonce: string): LeaseRecord => {
  const { store, clock, holder, command, run } = options;
  const now = storeTime(store, clock);
  const { pidNamespace } = askerOf(options);
  return {
    holder: `${holder.user}@${holder.host}`,
    host: holder.host,
    pid: holder.pid,
    // Whoever reads it has to recognise it, no more: it may have to fit into labels.
    command: command.slice(0, commandLengthMax),
    ...(run === undefined ? {} : { run }),
    acquiredAt: new Date(now).toISOString(),
    expiresAt: new Date(now + leaseTimesOf(options.ttlMs).ttlMs).toISOString(),
    fencingToken,
    released: false,
    nonce,
    ...(pidNamespace === undefined ? {} : { pidNamespace }),
  };
};
