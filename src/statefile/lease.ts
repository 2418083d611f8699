import { Failure } from '../domain/errors.ts';
import type { LeaseRecord } from '../domain/lease.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import { createHeldLease, type Lease } from './held-lease.ts';
import { holdingTime } from './held-time.ts';
import { decodeLease, encodeLease, leaseHeld, standingOf } from './lease-record.ts';
import { processIsAlive, thisPidNamespace } from './process.ts';

export interface LeaseOptions {
  readonly store: ObjectStore;
  readonly environment: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly holder: { readonly host: string; readonly pid: number; readonly user: string };
  /** For the one who meets the lease: `reconcile production`. */
  readonly command: string;
  /** Kept alive by renewals at a third of it; a holder that crashed elsewhere is waited for this long at most. */
  readonly ttlMs?: number;
  /** False: renewed only by `check`. */
  readonly heartbeat?: boolean;
  readonly isAlive?: (pid: number) => boolean;
  readonly pidNamespace?: string;
}

export const leaseKey = (environment: string): string => `${environment}.lease.json`;

const ttlDefaultMs = 60_000;
/** Each round lost means that another one took the lease in that moment; then it is held. */
const rounds = 3;

/**
 * Takes the right to change an environment: made by create-if-absent, taken over by compare-and-swap once it is
 * released, expired, or its process is dead on this very machine. Never deleted. Throws LeaseHeldError.
 */
export const acquireLease = async (given: LeaseOptions): Promise<Lease> => {
  const options = { ...given, store: holdingTime(given.store, given.clock) };
  const { store, environment, clock } = options;
  const key = leaseKey(environment);
  for (let round = 0; round < rounds; round += 1) {
    const stored = await store.get(key);
    const current = stored === undefined ? undefined : decodeLease(stored.text, `${store.place}/${key}`);
    if (current !== undefined && standingOf(current, clock.now(), asker(options)) === 'held')
      throw leaseHeld(environment, current, clock.now());
    const record = newRecord(options, (current?.fencingToken ?? 0) + 1);
    const text = encodeLease(record);
    const outcome =
      stored === undefined ? await store.putIfAbsent(key, text) : await store.putIfMatch(key, text, stored.etag);
    if (outcome.ok)
      return createHeldLease({ ...options, ttlMs: options.ttlMs ?? ttlDefaultMs, key, record, etag: outcome.etag });
  }
  throw await beaten(options, key);
};

const beaten = async ({ store, environment, clock }: LeaseOptions, key: string): Promise<Failure> => {
  const stored = await store.get(key);
  if (stored === undefined)
    return new Failure(`the lease document ${store.place}/${key} appears and disappears: something removes it`, {
      next: `find out what cleans ${store.place}`,
    });
  return leaseHeld(environment, decodeLease(stored.text, `${store.place}/${key}`), clock.now());
};

const asker = (options: LeaseOptions) => ({
  host: options.holder.host,
  pidNamespace: options.pidNamespace ?? thisPidNamespace(),
  isAlive: options.isAlive ?? processIsAlive,
});

const newRecord = (options: LeaseOptions, fencingToken: number): LeaseRecord => {
  const { clock, holder, random, command } = options;
  const now = clock.now();
  const pidNamespace = options.pidNamespace ?? thisPidNamespace();
  return {
    holder: `${holder.user}@${holder.host}`,
    host: holder.host,
    pid: holder.pid,
    command,
    acquiredAt: new Date(now).toISOString(),
    expiresAt: new Date(now + (options.ttlMs ?? ttlDefaultMs)).toISOString(),
    fencingToken,
    released: false,
    nonce: random.hex(8),
    ...(pidNamespace === undefined ? {} : { pidNamespace }),
  };
};
