import type { Address } from './address.ts';
import type { SettledSecret } from './application-secrets.ts';
import type { FirewallRule } from './environment.ts';
import type { CloudKind, Kind } from './kinds.ts';
import type { Labels } from './labels.ts';

/** A value that exists only once another thing exists, e.g. the load balancer's address in a DNS record. */
export interface Reference {
  readonly ref: Address;
  readonly attribute: 'id' | 'ipv4' | 'ipv6';
}
export type MaybeReference<T extends string | number> = T | Reference;
export const isReference = (value: unknown): value is Reference =>
  typeof value === 'object' && value !== null && 'ref' in value && 'attribute' in value;

export interface SshKeySpec {
  readonly publicKey: string;
}

export interface SubnetSpec {
  readonly range: string;
  readonly type: 'cloud';
  readonly zone: string;
}
export interface RouteSpec {
  readonly destination: string;
  readonly gateway: string;
}
export interface NetworkSpec {
  readonly range: string;
  readonly subnets: readonly SubnetSpec[];
  readonly routes: readonly RouteSpec[];
  readonly deleteProtection: boolean;
}

export interface FirewallSpec {
  readonly rules: readonly FirewallRule[];
  /** Put on every server that they find, now and later; only rules for runners have them. */
  readonly selectors?: readonly string[];
}

export interface PlacementGroupSpec {
  readonly type: 'spread';
}

export interface CertificateSpec {
  readonly type: 'managed';
  readonly domains: readonly string[];
}

export interface HealthCheckSpec {
  readonly protocol: 'tcp' | 'http';
  readonly port: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly http?: {
    readonly domain?: string;
    readonly path: string;
    readonly statusCodes: readonly string[];
    readonly tls: boolean;
  };
}
export interface LoadBalancerServiceSpec {
  readonly protocol: 'tcp' | 'http' | 'https';
  readonly listenPort: number;
  readonly destinationPort: number;
  readonly proxyProtocol: boolean;
  readonly http?: {
    readonly stickySessions: boolean;
    readonly redirectHttp: boolean;
    readonly timeoutIdleSeconds: number;
    readonly certificates: readonly MaybeReference<number>[];
  };
  readonly healthCheck: HealthCheckSpec;
}
export interface LoadBalancerTargetSpec {
  readonly type: 'label-selector';
  readonly selector: string;
  readonly usePrivateIp: boolean;
}
export interface LoadBalancerSpec {
  readonly type: string;
  readonly location: string;
  readonly algorithm: 'round_robin' | 'least_connections';
  readonly network: MaybeReference<number>;
  readonly privateIp: string;
  readonly services: readonly LoadBalancerServiceSpec[];
  readonly targets: readonly LoadBalancerTargetSpec[];
  readonly publicInterface: boolean;
  readonly deleteProtection: boolean;
}

export interface ServerSpec {
  /** Ladders; `plan/allocate.ts` picks the rung. */
  readonly types: readonly string[];
  readonly locations: readonly string[];
  readonly image: string;
  readonly userData: string;
  /** Short hash over image and user data with one-time values left out; also the `user-data` label. */
  readonly userDataFingerprint: string;
  readonly network: MaybeReference<number>;
  readonly privateIp: string;
  readonly firewalls: readonly MaybeReference<number>[];
  readonly placementGroup?: MaybeReference<number>;
  readonly sshKeys: readonly (string | Reference)[];
  readonly publicIpv4: boolean;
  readonly publicIpv6: boolean;
  readonly backups: boolean;
  readonly deleteProtection: boolean;
}

export interface ZoneSpec {
  readonly ttlSeconds: number;
  readonly deleteProtection: boolean;
}
export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'CAA';
export interface RrsetSpec {
  readonly zone: string;
  /** Relative to the zone, `@` for its apex. */
  readonly name: string;
  readonly type: RecordType;
  readonly ttlSeconds: number;
  readonly records: readonly MaybeReference<string>[];
}

export interface ClusterMember {
  readonly address: Address;
  readonly name: string;
  readonly privateIp: string;
}

/** The Consul and Nomad cluster that the servers form: one address per environment. */
export interface ClusterSpec {
  /** Voters. */
  readonly servers: readonly ClusterMember[];
  /** Nodes only; absent: none. */
  readonly workers?: readonly ClusterMember[];
  readonly nomadVersion: string;
  readonly consulVersion: string;
}

/** What a preview has in place of servers: a part of its host's Nomad, with jobs and variables of its own. */
export interface NamespaceSpec {
  /** Whose servers it is on: `pool`. */
  readonly host: string;
}

export type JobVariables = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface JobSpec {
  readonly jobId: string;
  /** Nomad namespace; absent: `default`. */
  readonly namespace?: string;
  /** What its instances are called in Consul; absent: as the job. */
  readonly service?: string;
  readonly hcl: string;
  readonly variables: JobVariables;
  readonly count: number;
  readonly healthPath: string;
  /** Names and revisions of what it reads from Nomad's variable `nomad/jobs/<jobId>`; values never stand here. */
  readonly secrets: readonly SettledSecret[];
  readonly release?: ReleaseSpec;
  /** How it is asked through the ingress; absent: none of its routes leads to its health path. */
  readonly answers?: { readonly domain: string; readonly path: string; readonly version: string };
}

/** A batch job that has to succeed once before this version of its job is registered. */
export interface ReleaseSpec {
  readonly jobId: string;
  /** That of its job. */
  readonly namespace?: string;
  readonly hcl: string;
  readonly variables: JobVariables;
  /** Over what it runs and with which secrets: another count of the job does not run it again. */
  readonly fingerprint: string;
}

export interface SpecByKind {
  'ssh-key': SshKeySpec;
  network: NetworkSpec;
  firewall: FirewallSpec;
  'placement-group': PlacementGroupSpec;
  certificate: CertificateSpec;
  'load-balancer': LoadBalancerSpec;
  server: ServerSpec;
  zone: ZoneSpec;
  rrset: RrsetSpec;
  cluster: ClusterSpec;
  namespace: NamespaceSpec;
  job: JobSpec;
}
export type WantedKind = keyof SpecByKind;
export type WantedCloudKind = Extract<WantedKind, CloudKind>;

/**
 * One wanted thing, fully rendered. `fingerprint` covers spec and name, not labels, with one-time values left out:
 * equal fingerprints mean that nothing about the thing itself has to change.
 */
export interface Resource<K extends WantedKind = WantedKind> {
  readonly kind: K;
  readonly address: Address;
  /** Unique per kind in the Hetzner project (zone: domain, rrset: `name/TYPE`, namespace and job: Nomad's id). */
  readonly name: string;
  readonly labels: Labels;
  readonly spec: SpecByKind[K];
  readonly dependsOn: readonly Address[];
  readonly fingerprint: string;
  /** `shared`: needed by several environments, labelled `environment=shared`, deleted only with the last of them. */
  readonly scope: 'environment' | 'shared';
}
export type AnyResource = { [K in WantedKind]: Resource<K> }[WantedKind];

/** Everything an environment should consist of, in no particular order. */
export interface DesiredState {
  readonly project: string;
  readonly environment: string;
  readonly resources: readonly AnyResource[];
  /** Things that must exist and are never ours: the humans' SSH keys. */
  readonly references: readonly { readonly kind: CloudKind; readonly name: string }[];
}

export const isOfKind = <K extends WantedKind>(
  resource: AnyResource,
  kind: K,
): resource is Extract<AnyResource, { kind: K }> => (resource.kind as Kind) === kind;
