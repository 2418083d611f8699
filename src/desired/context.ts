import { type Address, addressOf } from '../domain/address.ts';
import type { ApplicationSecrets } from '../domain/application-secrets.ts';
import type { Environment } from '../domain/environment.ts';
import { fingerprintOf, type Hash } from '../domain/fingerprint.ts';
import { addressToLabel, type Labels, labelNames } from '../domain/labels.ts';
import type { Reference, Resource, SpecByKind, WantedKind } from '../domain/resource.ts';
import type { Assets } from '../render/assets.ts';
import type { Gzip } from '../render/user-data.ts';

/** What every kind's file gets. */
export interface Wanted {
  readonly environment: Environment;
  readonly assets: Assets;
  readonly hash: Hash;
  readonly gzip: Gzip;
  /** What `secrets set` and earlier runs left; {} when nothing is known. */
  readonly applications: ApplicationSecrets;
  /** The cloud is an emulated one: what infra.yaml has for `local` counts. */
  readonly emulated: boolean;
}

/** `aipacto-production`: network, firewall, placement group, load balancer and certificate are called so. */
export const baseName = ({ project, name }: Environment): string => `${project}-${name}`;

/** Address of what an environment has one of: `network/production`. */
export const soleAddress = (kind: WantedKind, environment: Environment): Address => addressOf(kind, environment.name);

export const reference = (ref: Address, attribute: Reference['attribute'] = 'id'): Reference => ({ ref, attribute });

interface Parts<K extends WantedKind> {
  readonly kind: K;
  readonly address: Address;
  readonly name: string;
  readonly spec: SpecByKind[K];
  readonly dependsOn?: readonly Address[];
  readonly scope?: Resource['scope'];
  readonly labels?: Labels;
  /** What the fingerprint covers, when that is not the spec as it stands. */
  readonly fingerprintOver?: object;
}

/**
 * The labels that make an object ours (design §6.1). Shared objects carry none of the user's: two environments would
 * otherwise relabel them in turn. `run` is added when the object is created.
 */
export const labelsOf = (environment: Environment, address: Address, scope: Resource['scope']): Labels => ({
  ...(scope === 'environment' ? environment.labels : {}),
  [labelNames.project]: environment.project,
  [labelNames.environment]: scope === 'shared' ? 'shared' : environment.name,
  [labelNames.environmentType]: scope === 'shared' ? 'shared' : environment.type,
  [labelNames.address]: addressToLabel(address),
});

export const resource = <K extends WantedKind>({ environment, hash }: Wanted, parts: Parts<K>): Resource<K> => {
  const { kind, address, name, spec, dependsOn = [], scope = 'environment', labels = {}, fingerprintOver } = parts;
  return {
    kind,
    address,
    name,
    labels: { ...labelsOf(environment, address, scope), ...labels },
    spec,
    dependsOn,
    fingerprint: fingerprintOf({ name, spec: fingerprintOver ?? spec }, hash),
    scope,
  };
};
