import type { Address } from './address.ts';
import type { FirewallRule } from './environment.ts';
import type { CloudKind } from './kinds.ts';
import type { Labels } from './labels.ts';
import type { LoadBalancerServiceSpec, RecordType, RouteSpec, SubnetSpec } from './resource.ts';

/*
 * Facts: what the API said about one object, in our words and units, so that `plan/diff/<kind>.ts` compares like with
 * like. Ids of other objects are the cloud's own (strings, see ObservedItem.id); diffs resolve them by Observation.
 */
export interface SshKeyFacts {
  readonly publicKey: string;
  readonly fingerprint: string;
}
export interface NetworkFacts {
  readonly range: string;
  readonly subnets: readonly (
    | SubnetSpec
    | { readonly range: string; readonly type: 'vswitch' | 'server'; readonly zone: string }
  )[];
  readonly routes: readonly RouteSpec[];
  readonly serverIds: readonly string[];
  readonly deleteProtection: boolean;
}
export interface FirewallFacts {
  readonly rules: readonly FirewallRule[];
  readonly serverIds: readonly string[];
  readonly labelSelectors: readonly string[];
}
export interface PlacementGroupFacts {
  readonly type: string;
  readonly serverIds: readonly string[];
}
export interface CertificateFacts {
  readonly type: 'managed' | 'uploaded';
  readonly domains: readonly string[];
  readonly issuance: 'pending' | 'completed' | 'failed' | null;
  readonly error: string | null;
  readonly notValidAfter: string | null;
}
export interface LoadBalancerFacts {
  readonly type: string;
  readonly location: string;
  readonly algorithm: 'round_robin' | 'least_connections';
  readonly networks: readonly { readonly networkId: string; readonly ip: string }[];
  /** Certificates are ids here: `http.certificates: number[]`. */
  readonly services: readonly LoadBalancerServiceSpec[];
  readonly targets: readonly (
    | { readonly type: 'label-selector'; readonly selector: string; readonly usePrivateIp: boolean }
    | { readonly type: 'server'; readonly serverId: string; readonly usePrivateIp: boolean }
    | { readonly type: 'ip'; readonly ip: string }
  )[];
  /** One entry per resolved server target: the worst status over its services. */
  readonly targetHealth: readonly { readonly serverId: string; readonly status: 'healthy' | 'unhealthy' | 'unknown' }[];
  readonly publicInterface: boolean;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly deleteProtection: boolean;
}
export type ServerStatus =
  | 'running'
  | 'initializing'
  | 'starting'
  | 'stopping'
  | 'off'
  | 'deleting'
  | 'migrating'
  | 'rebuilding'
  | 'unknown';
export interface ServerFacts {
  readonly status: ServerStatus;
  readonly type: string;
  readonly architecture: 'x86' | 'arm';
  readonly location: string;
  /** Name of the image, or its id as text for a snapshot; null when Hetzner no longer tells. */
  readonly image: string | null;
  readonly networks: readonly { readonly networkId: string; readonly ip: string }[];
  readonly firewallIds: readonly string[];
  readonly placementGroupId: string | null;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly backups: boolean;
  readonly deleteProtection: boolean;
  readonly rebuildProtection: boolean;
  readonly locked: boolean;
  readonly volumeIds: readonly string[];
}
export interface ZoneFacts {
  readonly ttlSeconds: number;
  readonly deleteProtection: boolean;
  readonly recordCount: number;
}
export interface RrsetFacts {
  readonly zone: string;
  readonly name: string;
  readonly type: RecordType | string;
  readonly ttlSeconds: number | null;
  readonly records: readonly string[];
  readonly changeProtection: boolean;
}
export interface PrimaryIpFacts {
  readonly type: 'ipv4' | 'ipv6';
  readonly ip: string;
  readonly assigneeId: string | null;
  readonly autoDelete: boolean;
  readonly location: string;
}
export interface VolumeFacts {
  readonly sizeGb: number;
  readonly serverId: string | null;
  readonly location: string;
}

export interface FactsByKind {
  'ssh-key': SshKeyFacts;
  network: NetworkFacts;
  firewall: FirewallFacts;
  'placement-group': PlacementGroupFacts;
  certificate: CertificateFacts;
  'load-balancer': LoadBalancerFacts;
  server: ServerFacts;
  zone: ZoneFacts;
  rrset: RrsetFacts;
  'primary-ip': PrimaryIpFacts;
  volume: VolumeFacts;
}

export interface ObservedItem<K extends CloudKind = CloudKind> {
  readonly kind: K;
  /** Hetzner's id as text. A zone's numeric id; an rrset's `<zone id>/<name>/<TYPE>`. */
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  /** ISO 8601; rrsets have none and carry their zone's. */
  readonly createdAt: string;
  readonly facts: FactsByKind[K];
  /** Monthly price of the object as the API lists it now, net, in cents ×100 (see money.ts); null: not billed or unknown. */
  readonly listPrice?: ListPrice;
}
export type AnyObservedItem = { [K in CloudKind]: ObservedItem<K> }[CloudKind];

/** Prices are decimal strings with up to 16 digits at Hetzner; kept as text until money.ts rounds them. */
export interface ListPrice {
  readonly monthlyNet: string;
  readonly monthlyGross: string;
  readonly hourlyNet: string;
  readonly hourlyGross: string;
}

export interface CatalogueServerType {
  readonly name: string;
  readonly architecture: 'x86' | 'arm';
  readonly cores: number;
  readonly memoryGb: number;
  readonly diskGb: number;
  /** Whole-type deprecation: after `unavailableAfter` it can't be ordered anywhere. */
  readonly deprecation: { readonly announced: string; readonly unavailableAfter: string } | null;
  readonly locations: readonly {
    readonly name: string;
    readonly available: boolean;
    readonly deprecation: { readonly announced: string; readonly unavailableAfter: string } | null;
    readonly price: ListPrice;
  }[];
}
/** What can be ordered; asked only when something has to be ordered, rebuilt or resized. */
export interface Catalogue {
  readonly serverTypes: readonly CatalogueServerType[];
  readonly images: readonly {
    readonly id: string;
    readonly name: string;
    readonly architecture: 'x86' | 'arm';
    readonly deprecated: string | null;
  }[];
}

export interface PriceList {
  readonly currency: string;
  readonly vatRate: string;
  readonly serverTypes: Readonly<Record<string, Readonly<Record<string, ListPrice>>>>;
  readonly loadBalancerTypes: Readonly<Record<string, Readonly<Record<string, ListPrice>>>>;
  /** By location. */
  readonly primaryIpv4: Readonly<Record<string, ListPrice>>;
  readonly volumePerGbMonth: { readonly net: string; readonly gross: string };
  readonly serverBackupPercentage: string;
}

export interface ObservedJob {
  readonly jobId: string;
  /** Our fingerprint from the job's meta; null when someone else wrote the job. */
  readonly fingerprint: string | null;
  /** `project/environment` from the job's meta; null when absent. */
  readonly owner: string | null;
  /** From the job's meta; absent in one that an older release of this tool wrote. */
  readonly image?: string;
  readonly version: number;
  readonly modifyIndex: number;
  readonly status: 'pending' | 'running' | 'dead';
  readonly wanted: number;
  readonly healthy: number;
}
/** A part of a Nomad that previews share. */
export interface ObservedNamespace {
  readonly name: string;
  /** `project/environment` from its meta; null: somebody else made it. */
  readonly owner: string | null;
}
export interface ObservedNode {
  readonly id: string;
  readonly name: string;
  readonly status: 'ready' | 'initializing' | 'down' | 'disconnected';
  readonly eligible: boolean;
  readonly seesConsul: boolean;
}
/** What Consul and Nomad said. `reachable: false` with a reason when no server answered. */
export type ObservedCluster =
  /** `keysLost`: servers stand, and nothing here opens them; `entry`: what a login by other means would find. */
  | { readonly reachable: false; readonly because: string; readonly keysLost?: true; readonly entry?: AccessEntry }
  | {
      readonly reachable: true;
      readonly consul: {
        readonly leader: string | null;
        readonly voters: readonly string[];
        readonly version: string | null;
      };
      readonly nomad: {
        readonly leader: string | null;
        readonly voters: readonly string[];
        readonly version: string | null;
      };
      readonly nodes: readonly ObservedNode[];
      readonly jobs: readonly ObservedJob[];
      /** Without `default`; absent where no preview can run, and nobody asked. */
      readonly namespaces?: readonly ObservedNamespace[];
    };

/** A way into servers whose keys are lost. */
export interface AccessEntry {
  /** `root with the key SHA256:… of the SSH agent`. */
  readonly as: string;
  /** A file; null: the SSH agent. */
  readonly identity: string | null;
  /** New keys were made by a run that did not end. */
  readonly begun: boolean;
  readonly servers: readonly EnteredServer[];
}
export type EnteredServer = { readonly name: string; readonly privateIp: string; readonly publicIp: string | null } & (
  | {
      readonly open: true;
      /** `ssh-ed25519 AAAA…`, and as `ssh-keygen -l` shows it. */
      readonly hostKey: string;
      readonly fingerprint: string;
    }
  | { readonly open: false; readonly because: string }
);

export interface RequestCount {
  readonly read: number;
  readonly write: number;
}
/** What the API said of its own budget (RateLimit-* headers); null before the first reply. */
export interface RequestBudget {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAt: string;
}

/** What the APIs said, when, and how completely. */
export interface Observation {
  readonly at: string;
  /** Every cloud kind that was listed; `complete: false` forbids deletes of that kind. */
  readonly lists: Readonly<Partial<Record<CloudKind, { readonly complete: boolean; readonly because?: string }>>>;
  /** The whole Hetzner project: ours, other environments', foreign. Ownership is decided by `domain/ownership.ts`. */
  readonly items: readonly AnyObservedItem[];
  readonly prices: PriceList;
  readonly catalogue: Catalogue | null;
  /** null: this environment has no servers yet, so there is nobody to ask. */
  readonly cluster: ObservedCluster | null;
  readonly requests: RequestCount;
  readonly budget: RequestBudget | null;
}

export type Ownership = 'ours' | 'other-environment' | 'shared' | 'foreign';
export interface OwnedItem {
  readonly item: AnyObservedItem;
  readonly ownership: Ownership;
  /** For `ours` and `shared`: the address it stands for. */
  readonly address?: Address;
  /** `labels`, or `state` when its labels were stripped but id, name and creation time are remembered. */
  readonly by?: 'labels' | 'state';
}
