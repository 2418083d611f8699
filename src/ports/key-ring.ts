import type { ClusterKeys } from '../domain/cluster-keys.ts';

/** The keys of the environment at hand. What `update` returns is safe in the state before it resolves. */
export interface KeyRing {
  /** null: this environment has none yet (or its state was lost). */
  current(): ClusterKeys | null;
  /** One change at a time, each seen by the next. Throws when there are none, or the state can't be written. */
  update(change: (keys: ClusterKeys) => ClusterKeys): Promise<ClusterKeys>;
  /** Whether `update` may be called: only a run that holds the lease may. Left out: always. */
  writable?(): boolean;
}
