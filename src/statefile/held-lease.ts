import { LeaseHeldError, StateError, StoreError } from '../domain/errors.ts';
import type { LeaseRecord } from '../domain/lease.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { beat } from './lease-beat.ts';
import { decodeLease, encodeLease } from './lease-record.ts';
import type { LeaseTimes } from './lease-times.ts';
import { leaseLost, leaseTooShort } from './lease-words.ts';
import { stopwatch } from './stopwatch.ts';
import { storeTime } from './store-time.ts';

export interface Lease {
  /** As last written. */
  readonly record: () => LeaseRecord;
  /**
   * Called before every mutation, ahead of the write of its intent. Asks the store nothing as long as enough is left,
   * and renews when it is not. Throws LeaseHeldError once it is another's, and the store's Failure when it can't be
   * renewed: a holder that can't renew does no more.
   */
  readonly check: () => Promise<void>;
  /** Right before a request leaves: whether what is left outlasts the request and the skew of clocks. Asks nobody. */
  readonly mayMutate: () => boolean;
  /** What `mayMutate` being false is told as. */
  readonly tooShort: () => LeaseHeldError;
  /** Aborts as soon as a renewal finds that the lease is another's. */
  readonly lost: AbortSignal;
  /** Gives it back. True: it was still ours. False: another had taken it, and theirs was left alone. */
  readonly release: () => Promise<boolean>;
  /** Neither renewed nor given back: it runs out. For a run that ends while a request of its own is on its way. */
  readonly leave: () => void;
}

export interface HeldLeaseOptions {
  readonly store: ObjectStore;
  readonly environment: string;
  readonly clock: Clock;
  readonly times: LeaseTimes;
  readonly heartbeat?: boolean;
  readonly key: string;
  readonly written: WrittenLease;
}

/** One text of ours. `age`: milliseconds since just before it was sent, so that what is left is never overrated. */
export interface WrittenLease {
  readonly record: LeaseRecord;
  readonly etag: string;
  readonly age: () => number;
}

/** A store that drops one reply must not end a run; one that stays away must not hold it up. */
const tries = 3;
const firstWaitMs = 250;

export const createHeldLease = (options: HeldLeaseOptions): Lease => {
  const { store, environment, clock, times, key } = options;
  let held = options.written;
  let released = false;
  const over = new AbortController();
  const lost = new AbortController();
  /** Every text that was sent: a reply may be lost, and one of them may be what is stored. */
  const sent = new Map([[encodeLease(held.record), { record: held.record, age: held.age }]]);

  const rest = (): number => times.ttlMs - held.age();
  const lose = (now: LeaseRecord | undefined): LeaseHeldError => {
    const error = leaseLost(environment, held.record, now);
    lost.abort(error);
    over.abort();
    return error;
  };
  /** After a refusal: perhaps an earlier write of ours, whose reply was lost, is what is there. */
  const look = async (): Promise<void> => {
    const found = await store.get(key);
    const ours = found === undefined ? undefined : sent.get(found.text);
    if (found === undefined || ours === undefined)
      throw lose(found === undefined ? undefined : decodeLease(found.text, `${store.place}/${key}`));
    held = { ...ours, etag: found.etag };
  };

  /** True: this record is stored. False: it was refused, and what is stored is an earlier text of ours. */
  const swap = async (record: LeaseRecord): Promise<boolean> => {
    if (lost.signal.aborted) throw lost.signal.reason;
    const text = encodeLease(record);
    const age = stopwatch(clock);
    sent.set(text, { record, age });
    const outcome = await store.putIfMatch(key, text, held.etag);
    if (outcome.ok) held = { record, age, etag: outcome.etag };
    else await look();
    return outcome.ok;
  };
  const renew = async (): Promise<void> => {
    for (let n = 1; ; n += 1) {
      try {
        const until = storeTime(store, clock) + times.ttlMs;
        if (await swap({ ...held.record, expiresAt: new Date(until).toISOString() })) return;
        if (rest() > times.enoughMs) return;
      } catch (error) {
        if (error instanceof LeaseHeldError || error instanceof StateError || n >= tries) throw error;
      }
      if (n >= tries) throw refusesAll(store.place, key);
      await clock.sleep(firstWaitMs * 2 ** (n - 1));
    }
  };
  /** One at a time: two renewals at once would defeat each other. */
  const inTurn = createQueue();
  const renewIfOlder = (ms: number): Promise<void> =>
    inTurn(async () => {
      if (lost.signal.aborted) throw lost.signal.reason;
      if (!released && held.age() >= ms) await renew();
    });

  const leave = (): void => {
    released = true;
    over.abort();
  };
  if (options.heartbeat !== false)
    void beat({ clock, everyMs: times.beatMs, over: over.signal, age: () => held.age(), renew: renewIfOlder });
  return {
    record: () => held.record,
    check: async () => {
      if (lost.signal.aborted) throw lost.signal.reason;
      if (rest() <= times.enoughMs) await renewIfOlder(times.ttlMs - times.enoughMs);
    },
    mayMutate: () => !released && !lost.signal.aborted && rest() > times.mutateMs,
    tooShort: () => (lost.signal.aborted ? lost.signal.reason : leaseTooShort(environment, rest(), times.mutateMs)),
    lost: lost.signal,
    leave,
    release: () => {
      leave();
      return inTurn(async () => {
        try {
          const record = (): LeaseRecord => ({ ...held.record, released: true });
          return (await swap(record())) || (await swap(record()));
        } catch (error) {
          if (error instanceof LeaseHeldError) return false;
          throw error;
        }
      });
    },
  };
};

const createQueue = () => {
  let queue: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };
};

const refusesAll = (place: string, key: string): StoreError =>
  new StoreError(
    `${place} refuses to replace ${key} although it is as this run wrote it: it does not compare versions as it should`,
    'refused',
    { done: ['nothing more was changed by this run'], next: 'ask what the store honours: reconcile doctor' },
  );
