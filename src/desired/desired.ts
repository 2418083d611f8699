import type { ApplicationSecrets } from '../domain/application-secrets.ts';
import type { Environment } from '../domain/environment.ts';
import type { Hash } from '../domain/fingerprint.ts';
import type { AnyResource, DesiredState } from '../domain/resource.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { Assets } from '../render/assets.ts';
import type { Gzip } from '../render/user-data.ts';
import { certificate } from './certificate.ts';
import { cluster } from './cluster.ts';
import type { Wanted } from './context.ts';
import { firewall } from './firewall.ts';
import { jobs } from './job.ts';
import { loadBalancer } from './load-balancer.ts';
import { namespace } from './namespace.ts';
import { network } from './network.ts';
import { placementGroup } from './placement-group.ts';
import { rrsets } from './rrset.ts';
import { servers } from './server.ts';
import { zone } from './zone.ts';

export interface DesiredInput {
  readonly environment: Environment;
  /** Remembered one-time values will come from here; nothing wanted today needs one. */
  readonly state: StateFile | null;
  readonly assets: Assets;
  readonly hash: Hash;
  /** Compresses what is too long for user data. */
  readonly gzip: Gzip;
  /** The environment's secrets, for previews on top of the set that all of them share. */
  readonly applications?: ApplicationSecrets;
  readonly emulated?: boolean;
}

/**
 * An Environment to everything it should consist of: every name, label, address and byte of user data is decided here.
 * Throws Failure on a faulty template or a missing job file.
 */
export const desiredState = (input: DesiredInput): DesiredState => {
  const { environment, assets, hash, gzip, applications = {}, emulated = false } = input;
  const wanted: Wanted = { environment, assets, hash, gzip, applications, emulated };
  if (environment.host !== undefined) return hosted(wanted, environment.host);
  const resources: readonly AnyResource[] = [
    ...zone(wanted),
    network(wanted),
    firewall(wanted),
    ...placementGroup(wanted),
    ...certificate(wanted),
    ...loadBalancer(wanted),
    ...servers(wanted),
    ...rrsets(wanted),
    cluster(wanted),
    ...jobs(wanted),
  ];
  return {
    project: environment.project,
    environment: environment.name,
    resources,
    references: environment.sshKeys.map((name) => ({ kind: 'ssh-key', name })),
  };
};

/** A preview on servers that it shares: nothing of its own at Hetzner. */
const hosted = (wanted: Wanted, host: string): DesiredState => ({
  project: wanted.environment.project,
  environment: wanted.environment.name,
  resources: [namespace(wanted, host), ...jobs(wanted)],
  references: [],
});
