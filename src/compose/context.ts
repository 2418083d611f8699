import type { ProjectConfig } from '../config/project.ts';
import type { Environment, EnvironmentType } from '../domain/environment.ts';
import type { Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudApi } from '../ports/cloud-api.ts';
import type { ImageRegistry } from '../ports/image-registry.ts';
import type { Fetch } from '../ports/machines.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import type { RecoveryFiles } from '../ports/recovery-files.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { Assets } from '../render/assets.ts';
import type { MutationGate } from '../statefile/gate.ts';
import type { Backends } from './backends.ts';
import type { Leases } from './lease.ts';
import type { ReachMachines } from './machines.ts';
import type { Reached } from './reach.ts';
import type { Supply } from './supplies.ts';

/** A cloud that can be asked: Hetzner's, or the emulated one of `--local`. */
export interface CloudAccess {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly endpoint: string;
  readonly token: Secret;
  /** For headings. */
  readonly description: string;
  /** How machines are reached where that is known; null: the endpoint is asked who it is. */
  readonly machines: 'gateway' | 'ssh' | null;
  /** Of a local world that serves downloads and images itself; absent: servers go to the vendors. */
  readonly supply?: Supply;
  /** Ends what goes on beside the requests. */
  close?(): Promise<void>;
}

/** Everything outside, built once per command; what a Session works with. */
export interface Context {
  readonly config: ProjectConfig;
  readonly assets: Assets;
  readonly cloud: CloudApi;
  /**
   * The same cloud past the gate: for reading, and for taking away the way in of a run that may have lost its lease.
   * Nothing else is changed through it.
   */
  readonly ungated: CloudApi;
  /** The address an emulated cloud sees us at; undefined: it is Hetzner's own. */
  readonly callerAddress: () => Promise<string | undefined>;
  readonly cloudName: string;
  /** An emulated cloud of `--local`: what infra.yaml has for `local` counts. */
  readonly local: boolean;
  readonly reachMachines: ReachMachines;
  readonly store: ObjectStore;
  /** For what spans the stores of infra.yaml; absent with `--local`. */
  readonly backends?: Backends;
  readonly leases: Leases;
  /** Before everything that can change something; opened by whoever holds a lease. */
  readonly gate: MutationGate;
  /** Of the secrets in what lies there. */
  readonly sealer: Sealer;
  /** For a state that the store would not take. */
  readonly recovery: RecoveryFiles;
  readonly clock: Clock;
  readonly random: Random;
  readonly reporter: Reporter;
  /** Told of every secret as soon as it is known, so that nothing prints it. */
  readonly onSecret: (secret: Secret) => void;
  /** A text without those that are known by now: for what is kept unsealed. */
  readonly redacted: (text: string) => string;
  /** The environment variables that adapters read: credentials. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of this tool; written into the state so that an older one can say who wrote it. */
  readonly version: string;
  readonly holder: { readonly host: string; readonly pid: number; readonly user: string };
  readonly supply?: Supply;
  /** Asked what tags stand for, and to take some away; absent: emulated machines, which pull nothing from there. */
  readonly registry?: ImageRegistry;
  /** The same with the states of environments of this type: those of previews may lie apart (`state.previews`). */
  contextFor(type: EnvironmentType): Context;
  /** Ends what the cloud does beside the requests: a local one may still be pushing images. */
  closeCloud(): Promise<void>;
}

/** A session's own target on top of the shared context. */
export interface TargetContext extends Context, Reached {
  readonly environment: Environment;
}
