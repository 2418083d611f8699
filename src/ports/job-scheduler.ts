import type { ObservedJob, ObservedNamespace, ObservedNode } from '../domain/observation.ts';
import type { JobSpec, ReleaseSpec } from '../domain/resource.ts';
import type { Secret } from '../domain/secret.ts';

export interface JobHealth {
  readonly state: 'waiting' | 'healthy' | 'failed';
  /** `1 of 2 allocations healthy`, or why it failed with the failing task's last event and the last lines of its log. */
  readonly detail: string;
}

/** Nomad, in our words; jobs and variables are those of the one namespace that it was made for. Every call throws Failure with the server's own text on a refusal. */
export interface JobScheduler {
  /** Address of the leader, null without one. */
  leader(): Promise<string | null>;
  /** Names of the healthy voting servers, and the version they agree on. */
  voters(): Promise<{ readonly names: readonly string[]; readonly version: string | null }>;
  nodes(): Promise<readonly ObservedNode[]>;
  jobs(): Promise<readonly ObservedJob[]>;
  /** All but `default`. */
  namespaces(): Promise<readonly ObservedNamespace[]>;
  /**
   * Registers the job; a job whose fingerprint already runs is left as it is, unless `redeploy` is a value it was not
   * registered with. Returns the version to wait for.
   */
  submit(
    job: JobSpec,
    meta: { readonly fingerprint: string; readonly owner: string; readonly redeploy?: string },
  ): Promise<{ readonly version: number; readonly changed: boolean }>;
  health(jobId: string, version: number): Promise<JobHealth>;
  /** The last lines that its newest allocation wrote, stderr below stdout; null: there is no such job. */
  logs(jobId: string, lines: number): Promise<string | null>;
  /** Starts a job's release unless it has succeeded before: then null, else the version to ask for. */
  startRelease(release: ReleaseSpec, of: { readonly jobId: string; readonly owner: string }): Promise<number | null>;
  /** `healthy`: it ended well. */
  releaseHealth(jobId: string, version: number): Promise<JobHealth>;
  /** Stops and purges it, its release and its variables; stopping a job that is gone is a success. */
  stop(jobId: string): Promise<void>;
  /**
   * Creates or replaces the variables a job may read (`nomad/jobs/<job>`), by compare-and-swap; writes nothing when they
   * are so already. No items: removes them.
   */
  putVariables(path: string, items: Readonly<Record<string, Secret>>): Promise<{ readonly changed: boolean }>;
  /** What lies at the path; nothing there: empty. */
  readVariables(path: string): Promise<Readonly<Record<string, Secret>>>;
}

/** Which nodes previews have been on since these were wiped last, by node name. */
export interface NodeUse {
  readonly node: string;
  /** Runs something of a preview now. */
  readonly busy: boolean;
  /** Has run something of a preview since its disk was made. */
  readonly used: boolean;
}

/** Nomad's access control, and what else needs the management token. */
export interface SchedulerAccess {
  /** Makes `secret` the management token. Once done, it is found to be ours, or Failure says that it is another's. */
  bootstrap(secret: Secret): Promise<void>;
  /**
   * Policies and the deployer's token; returns the secret that Nomad chose. Idempotent when given the one it has.
   * `previews`: it may do in their namespaces what it may in `default`.
   */
  deployer(known: Secret | null, previews?: boolean): Promise<Secret>;
  /** Makes it, or gives it this meta. Throws Failure for one that is not `project/environment`'s. */
  ensureNamespace(wanted: {
    readonly name: string;
    readonly description: string;
    readonly project: string;
    readonly environment: string;
    readonly run: string;
  }): Promise<void>;
  /** With the jobs and variables that are left in it; one that is gone is a success. */
  removeNamespace(name: string): Promise<void>;
  /** Keeps which nodes the job of a preview was placed on. */
  markUsed(namespace: string, jobId: string): Promise<void>;
  /** A wiped server is another node, and was never used. */
  nodeUse(nodes: readonly ObservedNode[]): Promise<readonly NodeUse[]>;
  /** Whether a call without token is refused. */
  refusesAnonymous(): Promise<boolean>;
  /** Revokes the tokens that runs before ours were given, whose secrets are lost; those that people made stay. */
  revokeFormer(kept: { readonly management: Secret; readonly deployer: Secret | null }): Promise<void>;
  /** Makes Nomad forget nodes: what ran there is lost at once, and placed elsewhere. One that is gone is a success. */
  forgetNodes(ids: readonly string[]): Promise<void>;
}

/** Consul, in our words. */
export interface ServiceCatalog {
  leader(): Promise<string | null>;
  voters(): Promise<{ readonly names: readonly string[]; readonly version: string | null }>;
  /** Number of passing instances of a service. */
  passing(service: string): Promise<number>;
}

/** Consul's access control; needs the management token. */
export interface CatalogAccess {
  /** Makes `secret` the management token. Once done, it is found to be ours, or Failure says that it is another's. */
  bootstrap(secret: Secret): Promise<void>;
  /** Policies, and tokens with our own secrets, for agents, Nomad, ingress and ourselves. Idempotent. */
  tokens(wanted: {
    readonly agent: Secret;
    readonly nomad: Secret;
    readonly ingress: Secret;
    readonly provisioner: Secret;
  }): Promise<void>;
  /** Revokes the tokens that runs before ours were given, whose secrets are lost; those that people made stay. */
  revokeFormer(kept: { readonly management: Secret; readonly provisioner: Secret }): Promise<void>;
  /** Lets Nomad's jobs log in by their workload identity. Consul fetches Nomad's keys at once: Nomad must answer. */
  workloads(identity: {
    readonly jwksUrl: string;
    readonly jwksCa: string;
    /** Jobs of previews log in as well, and their tasks may do nothing. */
    readonly previews?: boolean;
  }): Promise<void>;
  refusesAnonymous(): Promise<boolean>;
}
