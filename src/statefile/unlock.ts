import { Failure, LeaseHeldError } from '../domain/errors.ts';
import type { LeaseRecord } from '../domain/lease.ts';
import type { Random } from '../ports/random.ts';
import { encodeLease } from './lease-record.ts';
import { type Asking, type LeaseHolder, leaseKey, standingIn } from './lease-standing.ts';
import { leaseHeld, whoHolds } from './lease-words.ts';
import { storeTime } from './store-time.ts';

export interface UnlockOptions extends Asking {
  readonly holder: LeaseHolder;
  readonly random: Random;
  /** Only this acquisition: what was shown when the user said yes. Absent: whoever holds it. */
  readonly shown?: LeaseRecord;
}

/**
 * Ends a lease in its holder's stead, for someone who is sure that the run is dead. Should it live after all, its next
 * renewal and its next write of the state are refused. Returns what was ended. Throws Failure when nobody holds it,
 * LeaseHeldError when it changed hands meanwhile.
 */
export const unlockLease = async (options: UnlockOptions): Promise<LeaseRecord> => {
  const { store, environment, clock, holder, random, shown } = options;
  const key = leaseKey(environment);
  const stored = await store.get(key);
  const { standing, record } = standingIn(stored, options);
  if (stored === undefined || record === undefined || standing !== 'held')
    throw nothingToUnlock(environment, standing, record);
  if (shown !== undefined && shown.nonce !== record.nonce)
    throw leaseHeld(environment, record, storeTime(store, clock));
  const ended: LeaseRecord = {
    ...record,
    released: true,
    // Another acquisition's by now: the old holder must not take this text for its own.
    nonce: random.hex(8),
    unlocked: { by: `${holder.user}@${holder.host}`, at: new Date(storeTime(store, clock)).toISOString() },
  };
  const outcome = await store.putIfMatch(key, encodeLease(ended), stored.etag);
  if (!outcome.ok) throw moved(environment);
  return record;
};

const nothingToUnlock = (environment: string, standing: string, record: LeaseRecord | undefined): Failure => {
  const done = ['nothing was changed'];
  if (record === undefined || standing === 'free')
    return new Failure(`nobody holds the lease on ${environment}`, { done });
  const why = standing === 'dead' ? 'its process is gone' : `it ran out at ${record.expiresAt}`;
  return new Failure(`the lease on ${environment} of ${whoHolds(record)} needs no unlocking: ${why}`, {
    done,
    next: 'just run the next command: it takes the lease over by itself',
  });
};

const moved = (environment: string): LeaseHeldError =>
  new LeaseHeldError(`the lease on ${environment} was renewed or changed hands in this moment: its run lives`, {
    done: ['nothing was changed'],
    next: 'look at it again, and wait for it if it works',
  });
