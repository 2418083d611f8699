import type { StateConfig } from '../config/project.ts';
import type { EnvironmentType } from '../domain/environment.ts';
import { redact, type Secret } from '../domain/secret.ts';
import { createHetznerCloud } from '../hetzner/cloud.ts';
import { createHetznerLeases } from '../hetzner/lease-holder.ts';
import type { Clock } from '../ports/clock.ts';
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
    /**
     * Of leases, where each process that sleeps moves the cloud's time on: nobody could renew a lease while another
     * leaps. Left out: the cloud's.
     */
    readonly leaseClock?: Clock | undefined;
    readonly previews?: PreviewsApart;
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

/** Where the states of previews lie, if not beside the others. */
export interface PreviewsApart extends Pick<Context, 'store' | 'sealer' | 'backends'> {
  readonly state: StateConfig;
}

/** Builds the adapters above one cloud: the API client, and the way to its machines. */
export const buildContext = async ({
  access,
  waitClock,
  ttlMs,
  leaseClock = access.clock,
  registry,
  previews,
  ...given
}: Given): Promise<Context> => {
  const { clock } = access;
  const { random, holder, reporter } = given;
  const { reach, emulated } = await machinesFor(access, random, given.env);
  const gate = createGate();
  const { endpoint, token } = access;
  const cloud = createHetznerCloud({ fetch: gate.guard(access.fetch), endpoint, token, clock, random });
  const ungated = createHetznerCloud({ fetch: access.fetch, endpoint, token, clock, random });
  const own = access.supply === undefined ? {} : { supply: access.supply };
  const secrets = new Map<string, Secret>([[access.token.reveal(), access.token]]);
  const closeCloud = async (): Promise<void> => access.close?.();
  /** Keys, secrets and certificates are written beside the state: while that happens no virtual time may pass. */
  const placeOf = (place: Pick<Given, 'store' | 'sealer' | 'config'>): Pick<Context, 'store' | 'leases' | 'sealer'> => {
    const kept = keptBy(place, access);
    const leases = createLeases({
      store: kept.leases,
      ...{ clock: leaseClock, random, holder, reporter },
      cloudInProcess: access.machines !== null,
      ...(waitClock === undefined ? {} : { waitClock }),
      ...(ttlMs === undefined ? {} : { ttlMs }),
    });
    return { store: holdingTime(kept.store, clock), leases, sealer: sealingInNoTime(place.sealer, clock) };
  };
  const all: Context = {
    ...given,
    ...placeOf(given),
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
    contextFor: (type) => (isOfPreviews(type) ? ofPreviews : all),
  };
  const ofPreviews = previews === undefined ? all : apart(all, previews, placeOf);
  return all;
};

const isOfPreviews = (type: EnvironmentType): boolean => type === 'pr' || type === 'pool';

/** The same cloud, with another place for all that is remembered. */
const apart = (
  { backends: _others, ...all }: Context,
  { state, backends, ...place }: PreviewsApart,
  placeOf: (place: Pick<Given, 'store' | 'sealer' | 'config'>) => Pick<Context, 'store' | 'leases' | 'sealer'>,
): Context => {
  const config = { ...all.config, state };
  return { ...all, config, ...placeOf({ ...place, config }), ...(backends === undefined ? {} : { backends }) };
};
