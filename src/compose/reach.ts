import { createClusterOperations } from '../cluster/operations.ts';
import type { ClusterOperations } from '../ports/cluster-operations.ts';
import type { Machines } from '../ports/machines.ts';
import { connectWith } from './connect.ts';
import type { Context } from './context.ts';
import { createKeyRing, type OwnedKeyRing } from './key-ring.ts';

/** One environment's keys and what they open. */
export interface Reached {
  readonly keyRing: OwnedKeyRing;
  readonly machines: Machines;
  readonly operations: ClusterOperations;
}

export const reach = (context: Context, environment: string): Reached => {
  const { store, config, clock, random, onSecret } = context;
  const keyRing = createKeyRing({ store, project: config.project, environment, onSecret });
  const machines = context.reachMachines(keyRing);
  const operations = createClusterOperations({ machines, keyRing, connect: connectWith(keyRing), clock, random });
  return { keyRing, machines, operations };
};
