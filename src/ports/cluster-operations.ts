import type { ObservedCluster } from '../domain/observation.ts';
import type { Effect } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { MachineTarget, TimedPart } from './machines.ts';

export interface Waiting {
  /** Called with what is being waited for, whenever it changes. */
  readonly progress: (detail: string) => void;
  readonly signal: AbortSignal;
  /** Told where the time went, for the report of the run: `Consul has a leader`, 1,400 ms. */
  readonly timed?: (part: TimedPart) => void;
  /** The environment's servers, any of which can be asked. Left out: those that awaitReady or observe last named. */
  readonly servers?: readonly MachineTarget[];
  /** Names of servers that the run deletes, maybe right now: they are not asked while there are others. */
  readonly leaving?: readonly string[];
}

/** What the executor asks of the servers and the cluster on them. Every wait has a deadline (DeadlineError). */
export interface ClusterOperations {
  /** Until cloud-init is done; fails at once with its error. */
  awaitBoot(target: MachineTarget, waiting: Waiting): Promise<void>;
  /** Until leader, wanted voters by name and every node ready, eligible and seeing Consul. */
  awaitReady(cluster: Resource<'cluster'>, waiting: Waiting): Promise<void>;
  /**
   * Registers when different, or when it was not deployed with this value of `redeploy` yet; then waits for true health;
   * Failure with the failing task's last event.
   */
  submit(job: Resource<'job'>, waiting: Waiting, redeploy?: string): Promise<void>;
  stop(jobId: string, waiting: Waiting): Promise<void>;
  /** The namespace of a preview, and what its jobs need to log in. */
  ensureNamespace(namespace: Resource<'namespace'>, run: string, waiting: Waiting): Promise<void>;
  /** With what is left in it. */
  removeNamespace(name: string, waiting: Waiting): Promise<void>;
  /** What Consul and Nomad say now; `reachable: false` when no server answers within the bound. */
  observe(
    targets: readonly MachineTarget[],
    options?: { readonly recoverAccess?: RecoverAccess },
  ): Promise<ObservedCluster>;
  /** With a human's login: new keys, known before they are used, and on every server in the end. */
  recoverAccess(effect: Extract<Effect, { op: 'recover-access' }>, waiting: Waiting): Promise<void>;
}

/** Asked for where all keys are lost. `identity`: a file with a private SSH key; null: the SSH agent. */
export interface RecoverAccess {
  readonly identity: string | null;
}
