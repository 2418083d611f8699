import type { Lease } from '../statefile/held-lease.ts';
import type { Leases } from './lease.ts';

/** Leases of which one may be held already, by a run that began before its plan was made: then it is had, not taken. */
export interface OneLease extends Leases {
  /** From now on whoever takes the lease of this environment gets this one. Returns what ends that. */
  keep(environment: string, lease: Lease): () => void;
}

export const oneLease = (leases: Leases): OneLease => {
  let kept: { readonly environment: string; readonly lease: Lease } | undefined;
  return {
    ...leases,
    keep: (environment, lease) => {
      kept = { environment, lease };
      return () => {
        kept = undefined;
      };
    },
    take: async (wanted) => {
      if (kept?.environment !== wanted.environment) return leases.take(wanted);
      const { lease } = kept;
      await lease.check();
      // Its token was above the state's when it was taken; the state has it since this very run wrote.
      if (wanted.above !== undefined && wanted.above > lease.record().fencingToken)
        throw new TypeError(`the state of ${wanted.environment} was written under a newer lease than the one held`);
      // Given back once, by whoever took it.
      return { ...lease, release: async () => true };
    },
  };
};
