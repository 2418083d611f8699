import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import type { JobSecrets } from '../ports/application-secrets.ts';
import type { Clock } from '../ports/clock.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import type { Entry, MachineFiles } from '../ports/entry.ts';
import type { KeyRing } from '../ports/key-ring.ts';
import type { DeliveredFile, Machines, MachineTarget } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';
import type { Connect } from './ask.ts';

/** What the operations on one environment's cluster work with. */
export interface ClusterDeps {
  /** Its name: also the datacenter that certificates are made for. */
  readonly environment: string;
  /** Its servers are shared by previews, each in a namespace of its own; left out: no. */
  readonly previews?: boolean;
  /** Previews may still be on them by an earlier infra.yaml: they are asked for too. */
  readonly mayHavePreviews?: boolean;
  readonly machines: Machines;
  readonly keyRing: KeyRing;
  /** Left out where no job has secrets. */
  readonly secrets?: JobSecrets;
  /** What a server gets besides the cluster's own keys: a Tailscale key, a certificate of the ingress. */
  readonly extraFiles?: (target: MachineTarget) => Promise<readonly DeliveredFile[]>;
  /** Where Consul's servers find the keys of Nomad's identities; left out: the Nomad beside each of them. */
  readonly jwksUrl?: string;
  /** Called once the cluster is whole: the ingress gets its certificate, servers the login at the registry. */
  readonly certify?: (servers: readonly MachineTarget[], waiting: Waiting) => Promise<void>;
  /** What recovers access when all keys are lost; left out where nobody asks for that. */
  readonly recovery?: Recovery;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Recovery {
  /** A human's way in: with the key of a file, or, for null, of the SSH agent. Throws Failure when there is none. */
  enter(identity: string | null): Promise<Entry>;
  readonly files: MachineFiles;
  /** Puts the first keys in the ring, which are safe in the state before it resolves; those that are there stay. */
  begin(make: () => Promise<ClusterKeys>): Promise<ClusterKeys>;
  /** Keeps the jobs' secrets that the cluster still has and the state has not; `read` tells those of one job. */
  takeBackSecrets(read: (jobId: string) => Promise<Readonly<Record<string, Secret>>>): Promise<void>;
}

export const recoveryOf = ({ recovery, environment }: Pick<ClusterDeps, 'recovery' | 'environment'>): Recovery => {
  if (recovery === undefined) throw new Failure(`access to ${environment} can't be recovered from here`);
  return recovery;
};
