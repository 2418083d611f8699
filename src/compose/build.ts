import { createClusterOperations } from '../cluster/operations.ts';
import { createConsul } from '../consul/catalog.ts';
import { createHetznerCloud } from '../hetzner/cloud.ts';
import { createNomad } from '../nomad/scheduler.ts';
import type { CloudAccess, Context } from './context.ts';
import { machinesFor } from './machines.ts';

type Given = Pick<Context, 'config' | 'assets' | 'store' | 'random' | 'reporter' | 'holder' | 'version'> & {
  readonly access: CloudAccess;
};

/** Builds the adapters above one cloud: the API client, and what reaches its machines and the cluster on them. */
export const buildContext = async ({ access, ...given }: Given): Promise<Context> => {
  const { clock } = access;
  const { random } = given;
  const { machines, unreachable } = await machinesFor(access);
  const operations = createClusterOperations({
    machines,
    clock,
    random,
    connect: (target) => {
      const fetch = machines.fetchThrough(target);
      return {
        scheduler: createNomad({ fetch, address: `http://${target.privateIp}:4646` }),
        catalog: createConsul({ fetch, address: `http://${target.privateIp}:8500` }),
      };
    },
  });
  const cloud = createHetznerCloud({
    fetch: access.fetch,
    endpoint: access.endpoint,
    token: access.token,
    clock,
    random,
  });
  return { ...given, cloud, cloudName: access.description, operations, clock, unreachable };
};
