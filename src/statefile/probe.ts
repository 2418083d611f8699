import { StoreError } from '../domain/errors.ts';
import type { StoreVerdict } from '../domain/store-verdict.ts';
import { type Clock, isoNow } from '../ports/clock.ts';
import type { ObjectStore, StoreConditions } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import { ttlDefaultMs } from './lease-times.ts';

export interface Trying {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * What the store does, not what it says: a store may take a condition and pay it no heed, and then two runs both
 * believe that the lease is theirs. An object of its own is written for this, and deleted however it ends. Throws
 * StoreError when the store can't be asked.
 */
export const probeStore = async (store: ObjectStore, trying: Trying): Promise<StoreVerdict> => {
  // No name that a document has, so that one left behind is nobody's state.
  const key = `try-out-${trying.random.hex(8)}.txt`;
  let verdict: StoreVerdict;
  try {
    verdict = await tryConditions(store, key, trying.clock);
  } catch (error) {
    // Why it failed is what matters; a store that can't be asked will hardly delete, and the object is harmless.
    await store.delete(key).catch(() => undefined);
    throw error;
  }
  await store.delete(key);
  return verdict;
};

const tryConditions = async (store: ObjectStore, key: string, clock: Clock): Promise<StoreVerdict> => {
  const first = await store.putIfAbsent(key, 'first');
  if (!first.ok) throw strange(store, key);
  const second = await store.putIfAbsent(key, 'second');
  const { honoured, etags } = await tryReplacing(store, key, second.ok ? second.etag : first.etag);
  return {
    place: store.conditions?.place ?? store.place,
    createIfAbsent: !second.ok,
    replaceIfMatch: honoured,
    etags,
    triedAt: isoNow(clock),
  };
};

/** A store may understand one spelling of an ETag and pass over the other: then the other is tried as well. */
const tryReplacing = async (store: ObjectStore, key: string, begun: string) => {
  const { conditions } = store;
  const first = conditions?.spelling() ?? 'unquoted';
  let etag = begun;
  for (const spelling of [first, first === 'quoted' ? 'unquoted' : 'quoted'] as const) {
    conditions?.spell(spelling);
    const right = await store.putIfMatch(key, `with the present ETag, ${spelling}`, etag);
    if (!right.ok) continue;
    const stale = await store.putIfMatch(key, `with an old ETag, ${spelling}`, etag);
    if (!stale.ok) return { honoured: true, etags: conditions?.spelling() ?? spelling };
    etag = stale.etag;
  }
  return { honoured: false, etags: first };
};

/**
 * What the state remembers of its store, or what trying it out tells; undefined for a directory, which needs no trial.
 * Throws StoreError when it can't be shared. `lease`: who holds it; a store that only keeps documents may be worse.
 */
export const verdictOf = async (
  store: ObjectStore,
  remembered: StoreVerdict | undefined,
  { lease, ...trying }: Trying & { readonly lease: 'store' | 'hetzner' },
): Promise<StoreVerdict | undefined> => {
  const { conditions } = store;
  if (conditions === undefined) return undefined;
  const known = remembered?.place === conditions.place ? remembered : undefined;
  const verdict = known ?? (await probeStore(store, trying));
  conditions.spell(verdict.etags);
  if (lease === 'store') refuseUnshareable(verdict, conditions);
  refuseSkew(store);
  return verdict;
};

/** Throws StoreError that says which condition is not kept, what could come of it, and what to do. */
export const refuseUnshareable = (verdict: StoreVerdict, { place }: Pick<StoreConditions, 'place'> = verdict): void => {
  const ignored = [
    ...(verdict.createIfAbsent ? [] : ['If-None-Match (an object that was there was written over)']),
    ...(verdict.replaceIfMatch
      ? []
      : ['If-Match (a write with an old ETag was accepted, or one with the present ETag refused)']),
  ];
  if (ignored.length === 0) return;
  throw new StoreError(
    `${place} does not honour ${ignored.join(' nor ')}, so it can't hold the lease: two runs at once could both change production`,
    'refused',
    {
      done: ['nothing was changed but an object to try the store out with, which is deleted again'],
      next: 'write in infra.yaml:\n  state:\n    s3:\n      lease: hetzner\nthe lease is then an object of the Hetzner project; or use another store, or a bucket that keeps no versions: older Ceph keeps conditions only there',
    },
  );
};

/** Up to this much the lease bears; see lease-times.ts. */
const skewMaxMs = ttlDefaultMs / 3;

/** Throws StoreError when this machine's clock and the store's are too far apart, as far as the last reply tells. */
export const refuseSkew = (store: ObjectStore): void => {
  const skewMs = store.skewMs?.();
  if (skewMs === undefined || Math.abs(skewMs) <= skewMaxMs) return;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const way = skewMs > 0 ? 'behind' : 'ahead of';
  throw new StoreError(
    `the clock of this machine is ${seconds} s ${way} the one of ${store.place}; a lease bears ${skewMaxMs / 1000} s`,
    'refused',
    { next: 'set the clock: timedatectl set-ntp true   (or: chronyc makestep), then run the same command again' },
  );
};

const strange = ({ place }: ObjectStore, key: string): StoreError =>
  new StoreError(`${place} says that ${key} exists, a name that was just drawn at random`, 'refused', {
    next: 'see what the store does with: reconcile doctor',
  });
