import type { StateFile } from '../domain/statefile.ts';
import type { Lease } from '../statefile/held-lease.ts';
import type { Leases, Wanted } from './lease.ts';

/**
 * The lease, once the state has been read: taken anew under a higher fencing token where the state's is not lower. Only
 * when the lease's own count was lost, or begun anew in another place.
 */
export const takeAbove = async (
  leases: Pick<Leases, 'take'>,
  lease: Lease,
  wanted: Wanted,
  state: Pick<StateFile, 'fencingToken'> | null,
): Promise<Lease> => {
  if (state === null || state.fencingToken < lease.record().fencingToken) return lease;
  await lease.release();
  return leases.take({ ...wanted, above: state.fencingToken });
};
