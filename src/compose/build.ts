import { redact, type Secret } from '../domain/secret.ts';
import { createHetznerCloud } from '../hetzner/cloud.ts';
import { createHetznerLeases } from '../hetzner/lease-holder.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { createGate } from '../statefile/gate.ts';
import { guardedByRead } from '../statefile/guarded-store.ts';
import { holdingTime, keepingInNoTime, sealingInNoTime } from '../statefile/held-time.ts';
import { callerAddress } from './caller-address.ts';
import type { CloudAccess, Context } from './context.ts';
import { createLeases, type LeasesOptions } from './lease.ts';
import { machinesFor } from './machines.ts';

type Given = Pick<
  Context,
  | 'config'
  | 'assets'
  | 'store'
  | 'backends'
  | 'sealer'
  | 'recovery'
  | 'random'
  | 'reporter'
  | 'holder'
  | 'version'
  | 'onSecret'
  | 'registry'
  | 'env'
> &
  Pick<LeasesOptions, 'waitClock' | 'ttlMs'> & {
    readonly access: CloudAccess;
  };

/** Where documents and leases are kept: in one store, unless infra.yaml says that it can't hold a lease. */
const keptBy = (
  { store, config }: Pick<Given, 'store' | 'config'>,
  access: CloudAccess,
): { readonly store: ObjectStore; readonly leases: ObjectStore } => {
  // The directory of `--local` holds a lease as well as any.
  if (!store.shared || config.state?.s3?.lease !== 'hetzner') return { store, leases: store };
  return { store: guardedByRead(store), leases: createHetznerLeases({ ...access, project: config.project }) };
};

/** Builds the adapters above one cloud: the API client, and the way to its machines. */
export const buildContext = async ({ access, waitClock, ttlMs, registry, ...given }: Given): Promise<Context> => {
  const { clock } = access;
  const { random, holder, reporter } = given;
  const { reach, emulated } = await machinesFor(access, random, given.env);
  const gate = createGate();
  const { endpoint, token } = access;
  const cloud = createHetznerCloud({ fetch: gate.guard(access.fetch), endpoint, token, clock, random });
  const ungated = createHetznerCloud({ fetch: access.fetch, endpoint, token, clock, random });
  // Keys, secrets and certificates are written beside the state: while that happens no virtual time may pass.
  const kept = keptBy(given, access);
  const store = holdingTime(kept.store, clock);
  const leases = createLeases({
    store: kept.leases,
    clock,
    random,
    holder,
    reporter,
    cloudInProcess: access.machines !== null,
    ...(waitClock === undefined ? {} : { waitClock }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
  });
  const own = access.supply === undefined ? {} : { supply: access.supply };
  const secrets = new Map<string, Secret>([[access.token.reveal(), access.token]]);
  const closeCloud = async (): Promise<void> => access.close?.();
  return {
    ...given,
    store,
    leases,
    sealer: sealingInNoTime(given.sealer, clock),
    recovery: keepingInNoTime(given.recovery, clock),
    onSecret: (secret) => {
      secrets.set(secret.reveal(), secret);
      given.onSecret(secret);
    },
    redacted: (text) => redact(text, [...secrets.values()]),
    ...own,
    // Emulated machines have what they run from their world, whatever a registry says.
    ...(emulated || registry === undefined ? {} : { registry }),
    closeCloud,
    cloud,
    ungated,
    callerAddress: () => callerAddress(access),
    cloudName: access.description,
    local: access.machines !== null,
    reachMachines: (keyRing) => gate.guardMachines(reach(keyRing)),
    gate,
    clock,
  };
};
