import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RecoveryFiles } from '../ports/recovery-files.ts';
import type { Sealer } from '../ports/sealer.ts';

const heldBy =
  (clock: Clock) =>
  async <T>(work: Promise<T>): Promise<T> => {
    const letGo = clock.hold?.();
    try {
      return await work;
    } finally {
      letGo?.();
    }
  };

/**
 * The same store, with a virtual clock stopped while a document is read or written: otherwise the lease's heartbeat
 * would be the next thing to happen, and minutes of virtual time would pass during one write to a disk.
 */
export const holdingTime = (store: ObjectStore, clock: Clock): ObjectStore => {
  if (clock.hold === undefined) return store;
  const held = heldBy(clock);
  const { versions, getVersion, skewMs, conditions } = store;
  return {
    place: store.place,
    shared: store.shared,
    ...(versions && { versions: (key: string) => held(versions(key)) }),
    ...(getVersion && { getVersion: (key: string, id: string) => held(getVersion(key, id)) }),
    ...(skewMs && { skewMs }),
    ...(conditions && { conditions }),
    get: (key) => held(store.get(key)),
    putIfAbsent: (key, text) => held(store.putIfAbsent(key, text)),
    putIfMatch: (key, text, etag) => held(store.putIfMatch(key, text, etag)),
    delete: (key) => held(store.delete(key)),
    list: () => held(store.list()),
  };
};

/** The same for the files that a run leaves beside infra.yaml. */
export const keepingInNoTime = (files: RecoveryFiles, clock: Clock): RecoveryFiles => {
  if (clock.hold === undefined) return files;
  const held = heldBy(clock);
  return {
    keep: (...what) => held(files.keep(...what)),
    find: (environment) => held(files.find(environment)),
    remove: (environment) => held(files.remove(environment)),
    putAside: (environment) => held(files.putAside(environment)),
  };
};

/** The same for sealing and opening, which are done on other threads. */
export const sealingInNoTime = (sealer: Sealer, clock: Clock): Sealer => {
  if (clock.hold === undefined) return sealer;
  const held = heldBy(clock);
  return {
    recipients: sealer.recipients,
    seal: (text) => held(sealer.seal(text)),
    open: (...what) => held(sealer.open(...what)),
  };
};
