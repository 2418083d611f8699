import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { KeyRing } from '../ports/key-ring.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Sealer } from '../ports/sealer.ts';
import { keysKey, readKeysCopy, writeKeysCopy } from '../statefile/keys-copy.ts';
import type { StateWriter } from '../statefile/write.ts';

interface Whose {
  readonly store: ObjectStore;
  readonly sealer: Sealer;
  readonly project: string;
  readonly environment: string;
  /** Told of every secret as soon as it is known, so that nothing prints it. */
  readonly onSecret: (secret: Secret) => void;
}

/** A session's key ring: filled from the state when that is read, kept in it once a run may write it. */
export interface OwnedKeyRing extends KeyRing {
  /** From the state, or from the copy beside it when the state is gone or older than its keys. */
  load(state: StateFile | null): Promise<void>;
  /** From now on `update` writes; the given writer belongs to the holder of the lease. */
  attach(writer: StateWriter): void;
  detach(): void;
  /** Writes the copy again when it is not there or another. */
  keepCopy(): Promise<void>;
  /** Forgets them: nothing is left that they open. Needs a writer. */
  drop(): Promise<void>;
  /** Keys for an environment that has none. Needs a writer. */
  start(make: () => Promise<ClusterKeys>): Promise<ClusterKeys>;
}

export const createKeyRing = (whose: Whose): OwnedKeyRing => {
  let keys: ClusterKeys | null = null;
  let writer: StateWriter | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let together: Promise<ClusterKeys> | undefined;
  const changes: ((keys: ClusterKeys) => ClusterKeys)[] = [];

  const take = (next: ClusterKeys | null): void => {
    keys = next;
    for (const secret of secretsOf(next)) whose.onSecret(secret);
  };
  const keep = async (next: ClusterKeys): Promise<ClusterKeys> => {
    if (writer === undefined)
      throw new Failure(`the keys of ${whose.environment} can't be written by a command that only reads`);
    await writeKeysCopy(whose, next);
    await writer.save((state) => ({ ...state, keys: next }));
    take(next);
    return next;
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };
  return {
    current: () => keys,
    writable: () => writer !== undefined,
    load: async (state) => take(state?.keys ?? (await readKeysCopy(whose))),
    attach: (given) => {
      writer = given;
    },
    detach: () => {
      writer = undefined;
    },
    keepCopy: () =>
      inTurn(async () => {
        if (keys !== null) await writeKeysCopy(whose, keys);
      }),
    drop: () =>
      inTurn(async () => {
        if (writer === undefined || keys === null) return;
        await writer.save(({ keys: _gone, ...rest }) => rest);
        await whose.store.delete(keysKey(whose.environment));
        take(null);
      }),
    start: (make) => inTurn(async () => keys ?? (await keep(await make()))),
    // Servers that are ordered at the same moment have their keys written together.
    update: (change) => {
      changes.push(change);
      together ??= inTurn(async () => {
        together = undefined;
        const all = changes.splice(0);
        if (keys === null) throw new Failure(`there are no keys of ${whose.environment} to change`);
        const next = all.reduce((before, one) => one(before), keys);
        return next === keys ? keys : keep(next);
      });
      return together;
    },
  };
};

/** Another environment's: it is read with that one's state, and nothing here writes it or gives it up. */
export const borrowed = (ring: OwnedKeyRing, owner: () => Promise<StateFile | null>): OwnedKeyRing => ({
  ...ring,
  load: async (_own) => ring.load(await owner()),
  writable: () => false,
  attach: () => undefined,
  detach: () => undefined,
  keepCopy: async () => undefined,
  drop: async () => undefined,
});

/** Every Secret anywhere in it. */
const secretsOf = (value: unknown): Secret[] => {
  if (value instanceof Secret) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(secretsOf);
};
