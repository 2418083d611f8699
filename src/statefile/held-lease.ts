import type { LeaseHeldError } from '../domain/errors.ts';
import type { LeaseRecord } from '../domain/lease.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { decodeLease, encodeLease, leaseLost } from './lease-record.ts';

export interface Lease {
  /** As last written. */
  readonly record: () => LeaseRecord;
  /**
   * Called before every mutation. Returns only when the stored lease is still ours with two thirds of its time
   * left, and renews it when it has less: clocks of two machines may differ by a third. Throws LeaseHeldError once it is another's,
   * and the store's Failure when that can't be told.
   */
  readonly check: () => Promise<void>;
  /** Aborts as soon as a renewal finds that the lease is another's. */
  readonly lost: AbortSignal;
  /** Gives it back. True: it was still ours. False: another had taken it, and theirs was left alone. */
  readonly release: () => Promise<boolean>;
}

export interface HeldLeaseOptions {
  readonly store: ObjectStore;
  readonly environment: string;
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly heartbeat?: boolean;
  readonly key: string;
  readonly record: LeaseRecord;
  readonly etag: string;
}

export const createHeldLease = (options: HeldLeaseOptions): Lease => {
  const { store, environment, clock, ttlMs, key } = options;
  let { record, etag } = options;
  const over = new AbortController();
  const lost = new AbortController();
  let queue: Promise<unknown> = Promise.resolve();

  const lose = (now: LeaseRecord | undefined): LeaseHeldError => {
    const error = leaseLost(environment, record, now);
    lost.abort(error);
    over.abort();
    return error;
  };
  const stored = async () => {
    const found = await store.get(key);
    return found === undefined
      ? undefined
      : { etag: found.etag, record: decodeLease(found.text, `${store.place}/${key}`) };
  };
  const isMine = (other: LeaseRecord) => other.nonce === record.nonce && other.fencingToken === record.fencingToken;

  const write = async (next: LeaseRecord): Promise<void> => {
    const outcome = await store.putIfMatch(key, encodeLease(next), etag);
    if (!outcome.ok) throw lose((await stored())?.record);
    etag = outcome.etag;
    record = next;
  };
  const age = () => clock.now() - (Date.parse(record.expiresAt) - ttlMs);
  const verify = async (): Promise<void> => {
    if (lost.signal.aborted) throw lost.signal.reason;
    const found = await stored();
    if (found === undefined || !isMine(found.record)) throw lose(found?.record);
    // An earlier renewal whose reply was lost is still our own writing.
    ({ etag, record } = found);
    if (age() >= ttlMs / 3) await write({ ...record, expiresAt: new Date(clock.now() + ttlMs).toISOString() });
  };
  /** One at a time: two renewals at once would defeat each other. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };
  const check = () => inTurn(verify);

  if (options.heartbeat !== false) void beat(clock, ttlMs / 3, check, over.signal);
  return {
    record: () => record,
    check,
    lost: lost.signal,
    release: () => {
      over.abort();
      return inTurn(async () => {
        if (lost.signal.aborted) return false;
        const found = await stored();
        if (found === undefined || !isMine(found.record)) return false;
        ({ etag, record } = found);
        const outcome = await store.putIfMatch(key, encodeLease({ ...record, released: true }), etag);
        if (outcome.ok) record = { ...record, released: true };
        return outcome.ok;
      });
    },
  };
};

/** Long waits happen between mutations: the lease must not run out meanwhile. */
const beat = async (clock: Clock, everyMs: number, renew: () => Promise<void>, over: AbortSignal): Promise<void> => {
  while (!over.aborted) {
    try {
      await clock.sleep(everyMs, over);
      await renew();
    } catch {
      // Lost: `lost` says so and ends the loop. Store away: the next beat tries again, and `check` refuses by then.
    }
  }
};
