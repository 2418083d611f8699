import type { LeaseRecord } from '../domain/lease.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore, StoredObject } from '../ports/object-store.ts';
import { holdingTime } from './held-time.ts';
import { type Asker, decodeLease, type Standing, standingOf } from './lease-record.ts';
import { processIsAlive, thisPidNamespace } from './process.ts';
import { storeTime } from './store-time.ts';

export interface LeaseHolder {
  readonly host: string;
  readonly pid: number;
  readonly user: string;
}

export const leaseKey = (environment: string): string => `${environment}.lease.json`;

/** What a lease means to whoever asks. `record` is absent when there never was one. */
export interface LeaseStanding {
  readonly standing: Standing;
  readonly record?: LeaseRecord;
  /** Milliseconds until anybody may take it; 0 unless it is held. */
  readonly leftMs: number;
}

export interface Asking {
  readonly store: ObjectStore;
  readonly environment: string;
  readonly clock: Clock;
  readonly holder: Pick<LeaseHolder, 'host'>;
  readonly isAlive?: (pid: number) => boolean;
  readonly pidNamespace?: string;
}

/** One GET; takes nothing. Throws StateError for a lease that can't be read, and the store's Failure. */
export const leaseStanding = async (
  store: ObjectStore,
  environment: string,
  clock: Clock,
  holder: Pick<LeaseHolder, 'host'>,
  more: Pick<Asking, 'isAlive' | 'pidNamespace'> = {},
): Promise<LeaseStanding> => {
  const stored = await holdingTime(store, clock).get(leaseKey(environment));
  return standingIn(stored, { store, environment, clock, holder, ...more });
};

export const standingIn = (stored: StoredObject | undefined, asking: Asking): LeaseStanding => {
  const { store, environment, clock } = asking;
  if (stored === undefined) return { standing: 'free', leftMs: 0 };
  const record = decodeLease(stored.text, `${store.place}/${leaseKey(environment)}`);
  const now = storeTime(store, clock);
  const standing = standingOf(record, now, askerOf(asking));
  return { standing, record, leftMs: standing === 'held' ? Date.parse(record.expiresAt) - now : 0 };
};

export const askerOf = (asking: Pick<Asking, 'holder' | 'isAlive' | 'pidNamespace'>): Asker => ({
  host: asking.holder.host,
  pidNamespace: asking.pidNamespace ?? thisPidNamespace(),
  isAlive: asking.isAlive ?? processIsAlive,
});
