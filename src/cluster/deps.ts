import type { JobSecrets } from '../ports/application-secrets.ts';
import type { Clock } from '../ports/clock.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import type { KeyRing } from '../ports/key-ring.ts';
import type { DeliveredFile, Machines, MachineTarget } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';
import type { Connect } from './ask.ts';

/** What the operations on one environment's cluster work with. */
export interface ClusterDeps {
  /** Its name: also the datacenter that certificates are made for. */
  readonly environment: string;
  readonly machines: Machines;
  readonly keyRing: KeyRing;
  /** Left out where no job has secrets. */
  readonly secrets?: JobSecrets;
  /** What a server gets besides the cluster's own keys: a Tailscale key, a certificate of the ingress. */
  readonly extraFiles?: (target: MachineTarget) => Promise<readonly DeliveredFile[]>;
  /** Where Consul's servers find the keys of Nomad's identities; left out: the Nomad beside each of them. */
  readonly jwksUrl?: string;
  /** Called once the cluster is whole: the ingress gets its certificate. */
  readonly certify?: (servers: readonly MachineTarget[], waiting: Waiting) => Promise<void>;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: Random;
}
