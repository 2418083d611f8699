import type { Address } from './address.ts';
import type { FirewallRule } from './environment.ts';
import type { CloudKind, Kind } from './kinds.ts';
import type { Labels } from './labels.ts';
import type { RequestBudget, RequestCount } from './observation.ts';
import type {
  AnyResource,
  LoadBalancerServiceSpec,
  LoadBalancerTargetSpec,
  MaybeReference,
  Resource,
  RouteSpec,
  SubnetSpec,
} from './resource.ts';
import type { PinnedImage } from './statefile.ts';

export const actions = [
  'create',
  'update',
  'rebuild',
  'replace',
  'delete',
  'adopt',
  'forget',
  'keep',
  'blocked',
] as const;
/** The verdict on one Address. "Action" is the field's word in `--json`; Hetzner's actions are always "Hetzner actions". */
export type ChangeAction = (typeof actions)[number];

export interface Reason {
  /** Field in the words of infra.yaml or of the spec: `rules`, `type`, `labels`. */
  readonly field: string;
  readonly from?: string;
  readonly to?: string;
  /** A sentence without a full stop: why this verdict. */
  readonly because: string;
}

export interface Change {
  readonly address: Address;
  readonly kind: Kind;
  readonly name: string;
  readonly action: ChangeAction;
  readonly reasons: readonly Reason[];
  /** What the thing is, in a few words: `cx23 in nbg1, debian-12`. */
  readonly what?: string;
  /** Plain words: what disappears with it (a rebuild's disk, a deleted server's data). */
  readonly wipes?: string;
  /** For `blocked`: the command or the edit that gets out of it. */
  readonly next?: string;
  /** Cents a month, gross. */
  readonly monthlyCents: { readonly before: number; readonly after: number };
}

/*
 * Effects: one call through one port, complete to the last value; the executor adds only ids of things made in the
 * same run (References). The adapter (`hetzner/perform`) turns them into requests.
 */
export type CloudChange =
  | { readonly op: 'set-labels'; readonly labels: Labels }
  | { readonly op: 'rename'; readonly name: string; readonly labels: Labels }
  | { readonly op: 'set-protection'; readonly delete: boolean }
  | { readonly op: 'add-subnet'; readonly subnet: SubnetSpec }
  | { readonly op: 'delete-subnet'; readonly range: string }
  | { readonly op: 'add-route'; readonly route: RouteSpec }
  | { readonly op: 'delete-route'; readonly route: RouteSpec }
  | { readonly op: 'change-ip-range'; readonly range: string }
  | { readonly op: 'set-rules'; readonly rules: readonly FirewallRule[] }
  | { readonly op: 'apply-firewall'; readonly server: MaybeReference<number> }
  | { readonly op: 'remove-firewall'; readonly server: MaybeReference<number> }
  | { readonly op: 'remove-firewall-selector'; readonly selector: string }
  | { readonly op: 'power-off' }
  | { readonly op: 'shutdown' }
  | { readonly op: 'power-on' }
  | { readonly op: 'change-type'; readonly type: string; readonly upgradeDisk: boolean }
  | { readonly op: 'rebuild'; readonly image: string; readonly userData: string }
  | { readonly op: 'attach-network'; readonly network: MaybeReference<number>; readonly ip: string }
  | { readonly op: 'detach-network'; readonly network: MaybeReference<number> }
  | { readonly op: 'add-to-placement-group'; readonly group: MaybeReference<number> }
  | { readonly op: 'remove-from-placement-group' }
  | { readonly op: 'set-backups'; readonly enabled: boolean }
  | { readonly op: 'set-algorithm'; readonly algorithm: 'round_robin' | 'least_connections' }
  | { readonly op: 'add-service'; readonly service: LoadBalancerServiceSpec }
  | { readonly op: 'update-service'; readonly service: LoadBalancerServiceSpec }
  | { readonly op: 'delete-service'; readonly listenPort: number }
  | { readonly op: 'add-target'; readonly target: LoadBalancerTargetSpec }
  | { readonly op: 'remove-target'; readonly target: LoadBalancerTargetSpec }
  | { readonly op: 'set-public-interface'; readonly enabled: boolean }
  | { readonly op: 'retry-certificate' }
  | { readonly op: 'set-ttl'; readonly ttlSeconds: number }
  | { readonly op: 'set-records'; readonly records: readonly MaybeReference<string>[]; readonly ttlSeconds: number };

/** Where a server lands: chosen by `plan/allocate.ts`, never by the executor. */
export interface Placement {
  readonly type: string;
  readonly location: string;
}

export type CloudEffect =
  | {
      readonly port: 'cloud';
      readonly op: 'create';
      readonly resource: AnyCloudResource;
      readonly placement?: Placement;
    }
  | {
      readonly port: 'cloud';
      readonly op: 'change';
      readonly kind: CloudKind;
      readonly id: string | null;
      readonly change: CloudChange;
    }
  | {
      readonly port: 'cloud';
      readonly op: 'delete';
      readonly kind: CloudKind;
      readonly id: string;
      readonly name: string;
    };
export type AnyCloudResource = Exclude<AnyResource, { kind: 'job' | 'cluster' | 'namespace' }>;

export type Effect =
  | CloudEffect
  /** Wait until cloud-init on the server has finished; fails with its error. */
  | { readonly port: 'machines'; readonly op: 'await-boot'; readonly serverName: string; readonly privateIp: string }
  /** Wait until Consul and Nomad have leader, wanted voters by name, and all nodes ready. */
  | { readonly port: 'cluster'; readonly op: 'await-ready'; readonly resource: Resource<'cluster'> }
  /** With every copy of the keys gone: log in with a human's key, make new ones, and put them everywhere. */
  | {
      readonly port: 'cluster';
      readonly op: 'recover-access';
      readonly resource: Resource<'cluster'>;
      readonly servers: readonly RecoveredServer[];
      /** A file; null: the SSH agent. */
      readonly identity: string | null;
    }
  /** Register the job if it differs, then wait until it is truly healthy. */
  | {
      readonly port: 'jobs';
      readonly op: 'submit';
      readonly resource: Resource<'job'>;
      /** Deploys it once more although it is the same: any value that it was not deployed with before. */
      readonly redeploy?: string;
    }
  | { readonly port: 'jobs'; readonly op: 'stop'; readonly jobId: string }
  /** Make the namespace, with what its jobs may do in Nomad and Consul. */
  | {
      readonly port: 'jobs';
      readonly op: 'create-namespace';
      readonly resource: Resource<'namespace'>;
      readonly run: string;
    }
  /** With whatever jobs and variables are left in it. */
  | { readonly port: 'jobs'; readonly op: 'delete-namespace'; readonly name: string }
  /** Bookkeeping only: write or drop a state entry. */
  | {
      readonly port: 'state';
      readonly op: 'adopt';
      readonly id: string;
      readonly name: string;
      readonly createdAt: string;
      readonly outputs: Readonly<Record<string, string>>;
    }
  | { readonly port: 'state'; readonly op: 'forget' };

/** A server that nobody holds a key to, and the host key it showed when the plan was made: no other is accepted. */
export interface RecoveredServer {
  readonly name: string;
  readonly privateIp: string;
  readonly publicIp: string | null;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
}

/** One effect through one port: the unit of journal, retry and fault injection. */
export interface Step {
  /** Readable and unique in the plan: `create server/production-2`, `set-rules firewall/production`. */
  readonly id: string;
  readonly address: Address;
  readonly effect: Effect;
  /** Steps that must have succeeded before. */
  readonly dependsOn: readonly string[];
  /** Recorded in the state when this step succeeds: what the Address now is. */
  readonly fingerprintAfter?: string;
  readonly userDataFingerprintAfter?: string;
  /** From the table in `plan/durations.ts`, for the critical path and the estimate on screen; milliseconds. */
  readonly estimateMs: number;
}

export type PlanSummary = Readonly<Record<ChangeAction, number>>;

/** What the plan was made from; `apply FILE` refuses when any of it moved. */
export interface PlanBasis {
  readonly configHash: string;
  readonly stateLineage: string | null;
  readonly stateSerial: number;
  readonly observationHash: string;
}

export interface CostLine {
  readonly address: Address;
  readonly what: string;
  readonly cents: number;
}

/** Immutable; leaves no choice to the executor. */
export interface Plan {
  readonly formatVersion: 1;
  readonly project: string;
  readonly environment: string;
  readonly environmentType: 'production' | 'staging' | 'pr' | 'pool';
  readonly intent: 'converge' | 'destroy';
  /** Names the run that made the plan and carries it out; the `run` label of what it creates. */
  readonly run: string;
  /** `--only`: the Addresses this plan was limited to; absent: all of them. */
  readonly only?: readonly Address[];
  /** By job: for the state of whoever carries it out, where the state has something else. */
  readonly images?: Readonly<Record<string, PinnedImage>>;
  readonly createdAt: string;
  readonly basis: PlanBasis;
  /** Sorted by address; `keep`s included. */
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly summary: PlanSummary;
  /** Substitutions, deprecations, foreign additions: things to read that are no change. */
  readonly notices: readonly string[];
  readonly monthlyCents: { readonly before: number; readonly after: number };
  readonly requests: RequestCount;
  readonly budget: RequestBudget | null;
}

export const summarize = (changes: readonly Change[]): PlanSummary => {
  const count = Object.fromEntries(actions.map((action) => [action, 0])) as Record<ChangeAction, number>;
  for (const change of changes) count[change.action] += 1;
  return count;
};

/** Nothing to do: no step, nothing blocked. */
export const isEmpty = (plan: Plan): boolean => plan.steps.length === 0 && plan.summary.blocked === 0;
