import type { ObservedJob, ObservedNode } from '../domain/observation.ts';
import type { JobSpec } from '../domain/resource.ts';

export interface JobHealth {
  readonly state: 'waiting' | 'healthy' | 'failed';
  /** `1 of 2 allocations healthy`, or why it failed with the failing task's last event. */
  readonly detail: string;
}

/** Nomad, in our words. Every call throws Failure with the server's own text on a refusal. */
export interface JobScheduler {
  /** Address of the leader, null without one. */
  leader(): Promise<string | null>;
  /** Names of the healthy voting servers, and the version they agree on. */
  voters(): Promise<{ readonly names: readonly string[]; readonly version: string | null }>;
  nodes(): Promise<readonly ObservedNode[]>;
  jobs(): Promise<readonly ObservedJob[]>;
  /** Registers the job; a job whose fingerprint already runs is left as it is. Returns the version to wait for. */
  submit(
    job: JobSpec,
    meta: { readonly fingerprint: string; readonly owner: string },
  ): Promise<{ readonly version: number; readonly changed: boolean }>;
  health(jobId: string, version: number): Promise<JobHealth>;
  /** Stops and purges; stopping a job that is gone is a success. */
  stop(jobId: string): Promise<void>;
}

/** Consul, in our words. */
export interface ServiceCatalog {
  leader(): Promise<string | null>;
  voters(): Promise<{ readonly names: readonly string[]; readonly version: string | null }>;
  /** Number of passing instances of a service. */
  passing(service: string): Promise<number>;
}
