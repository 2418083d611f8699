import { createHetznerCloud } from '../hetzner/cloud.ts';
import { holdingTime, sealingInNoTime } from '../statefile/held-time.ts';
import type { CloudAccess, Context } from './context.ts';
import { machinesFor } from './machines.ts';

type Given = Pick<
  Context,
  | 'config'
  | 'assets'
  | 'store'
  | 'sealer'
  | 'recovery'
  | 'random'
  | 'reporter'
  | 'holder'
  | 'version'
  | 'onSecret'
  | 'env'
> & {
  readonly access: CloudAccess;
};

/** Builds the adapters above one cloud: the API client, and the way to its machines. */
export const buildContext = async ({ access, ...given }: Given): Promise<Context> => {
  const { clock } = access;
  const { random } = given;
  const reachMachines = await machinesFor(access, random);
  const cloud = createHetznerCloud({
    fetch: access.fetch,
    endpoint: access.endpoint,
    token: access.token,
    clock,
    random,
  });
  const own = access.supply === undefined ? {} : { supply: access.supply };
  const closeCloud = async (): Promise<void> => access.close?.();
  return {
    ...given,
    // Keys, secrets and certificates are written beside the state: while that happens no virtual time may pass.
    store: holdingTime(given.store, clock),
    sealer: sealingInNoTime(given.sealer, clock),
    ...own,
    closeCloud,
    cloud,
    cloudName: access.description,
    local: access.machines !== null,
    reachMachines,
    clock,
  };
};
