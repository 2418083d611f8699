import { createClusterOperations } from '../cluster/operations.ts';
import type { Environment } from '../domain/environment.ts';
import type { ClusterOperations } from '../ports/cluster-operations.ts';
import type { Machines } from '../ports/machines.ts';
import { connectWith } from './connect.ts';
import type { Context } from './context.ts';
import { createJobSecrets, type OwnedSecrets } from './job-secrets.ts';
import { createKeyRing, type OwnedKeyRing } from './key-ring.ts';

/** One environment's keys and what they open. */
export interface Reached {
  readonly keyRing: OwnedKeyRing;
  readonly secrets: OwnedSecrets;
  readonly machines: Machines;
  readonly operations: ClusterOperations;
}

export const reach = (context: Context, { name: environment, type }: Pick<Environment, 'name' | 'type'>): Reached => {
  const { store, config, clock, random, onSecret } = context;
  const keyRing = createKeyRing({ store, project: config.project, environment, onSecret });
  const machines = context.reachMachines(keyRing);
  const secrets = createJobSecrets(context, { name: environment, type });
  const connect = connectWith(keyRing);
  const operations = createClusterOperations({ environment, machines, keyRing, secrets, connect, clock, random });
  return { keyRing, secrets, machines, operations };
};
