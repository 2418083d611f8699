import type { WantedSecret } from './application-secrets.ts';
import type { Labels } from './labels.ts';
import type { PreviewPolicy } from './preview.ts';
import type { Artifact, Checksums } from './versions.ts';

/** `pool`: servers that previews share; it is no key of infra.yaml but follows from `environments.pr.mode: pool`. */
export const environmentTypes = ['production', 'staging', 'pr', 'pool'] as const;
export type EnvironmentType = (typeof environmentTypes)[number];

/** What the user typed: `production`, `staging`, `pr 7`, `pool`. */
export interface Target {
  readonly type: EnvironmentType;
  readonly pullRequest?: number;
}

/** `production`, `staging`, `pr-7`: the value of the `environment` label and the name of the state file. */
export const environmentName = (target: Target): string =>
  target.type === 'pr' ? `pr-${target.pullRequest ?? 0}` : target.type;

/** `pr 7`: how the target is typed; `pr` alone where all previews are meant. */
export const targetWords = (target: Target): string =>
  target.type === 'pr' && target.pullRequest !== undefined ? `pr ${target.pullRequest}` : target.type;

/** The target of an environment's name as it stands in plans, lists and labels; undefined for `shared`. */
export const targetOfName = (name: string): Target | undefined => {
  if (name === 'production' || name === 'staging' || name === 'pool') return { type: name };
  const pr = /^pr-([1-9]\d*)$/.exec(name);
  return pr === null ? undefined : { type: 'pr', pullRequest: Number(pr[1]) };
};

/** Where a key of infra.yaml stands, 1-based, so that a refusal found while planning can still point at its line. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface FirewallRule {
  readonly direction: 'in' | 'out';
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'esp' | 'gre';
  /** `"80"` or `"1024-5000"`; only with tcp and udp. */
  readonly port?: string;
  /** CIDRs: sources of an `in` rule, destinations of an `out` rule. Host bits zero, canonical spelling. */
  readonly ips: readonly string[];
  readonly description?: string;
}

export interface JobConfig {
  /** Nomad job id, and the address `job/<name>`. */
  readonly name: string;
  /** Path of the HCL2 file, relative to the configuration file. */
  readonly file: string;
  readonly image: string;
  /** The build that `image` is, where the reference itself does not tell (a digest); shown by the health path. */
  readonly version?: string;
  readonly count: number;
  /** The port the service listens on inside its container. */
  readonly port: number;
  /** What this job answers: path prefixes, with a host before them where only that one is meant: `/`, `/api`, `api.example.com/`. */
  readonly routes: readonly string[];
  readonly healthPath: string;
  readonly cpuMhz: number;
  readonly memoryMb: number;
  /** Further HCL2 variables, passed as they stand. */
  readonly variables: Readonly<Record<string, string | number | boolean>>;
  /** What it finds in its environment beside them, from `secrets set`. */
  readonly secrets: readonly WantedSecret[];
  /** Run once per version, before any instance of it takes traffic: migrations. */
  readonly release?: ReleaseConfig;
}

export interface ReleaseConfig {
  /** The whole command line, in the job's own image. */
  readonly command: readonly string[];
  /** Path of the HCL2 file of the batch job, relative to the configuration file. */
  readonly file: string;
}

/** Where servers download from, and what they must get. */
export interface Artifacts {
  /** Base address in place of the vendors', in the layout of `artifactUrl`. */
  readonly mirror?: string;
  /** By artifact and version: in place of, or in addition to, those of domain/versions.ts. */
  readonly checksums: Readonly<Partial<Record<Artifact, Readonly<Record<string, Readonly<Partial<Checksums>>>>>>>;
}

/** Servers that previews share (`environments.pr.pool`). */
export interface PoolConfig {
  /** Previews on one server before another is ordered. */
  readonly perServer: number;
  readonly serversMax: number;
  /** Of its servers, where that is not what previews have. */
  readonly types?: readonly string[];
  /** What one preview may take, all its jobs together. */
  readonly cpuMhz: number;
  readonly memoryMb: number;
  /** `pr.example.com`: names below it lead to the pool. */
  readonly wildcard: string;
  /** Of the previews; on staging's servers it may be `off` where staging's own is not. */
  readonly tls: TlsMode;
}

export type Ingress = 'load-balancer' | 'dns';
/**
 * Where visitors' TLS ends, and with whose certificate. managed: at the load balancer, issued by Hetzner; acme-dns: at
 * every Caddy, issued by us through DNS and delivered; caddy: Caddy's own automatic HTTPS; internal: Caddy's own
 * authority, which no browser knows; off: plain HTTP.
 */
export const tlsModes = ['managed', 'acme-dns', 'caddy', 'internal', 'off'] as const;
export type TlsMode = (typeof tlsModes)[number];

/** Who issues certificates for `acme-dns` and `caddy`. */
export interface AcmeConfig {
  /** Told to the authority, which may write there when something is wrong. */
  readonly email?: string;
  readonly directory: string;
  /** PEM: signs the directory's own HTTPS, where that is no public authority. */
  readonly ca?: string;
}

export const acmeDefaults = { directory: 'https://acme-v02.api.letsencrypt.org/directory' } as const;

/** One validated target of infra.yaml, with every default filled in. No ids, nothing observed. */
export interface Environment {
  readonly project: string;
  readonly name: string;
  readonly type: EnvironmentType;
  readonly pullRequest?: number;
  readonly domain: string;
  /** The Hetzner DNS zone that holds the domain; undefined: DNS is not ours to manage. */
  readonly zone?: string;
  readonly ingress: Ingress;
  readonly tls: TlsMode;
  /** Absent: Let's Encrypt, without an address. */
  readonly acme?: AcmeConfig;
  readonly loadBalancerType: string;
  readonly servers: {
    readonly count: number;
    /** Ladder: the first orderable type wins; a later one is used only visibly. All of one architecture. */
    readonly types: readonly string[];
    /** Ladder of locations, all in one network zone. */
    readonly locations: readonly string[];
    readonly image: string;
    readonly publicIpv4: boolean;
    readonly backups: boolean;
  };
  /** Machines that run jobs and the ingress and take no part in elections; absent: none. */
  readonly workers?: {
    readonly count: number;
    readonly types: readonly string[];
    /** Which ones, where they are not the first `count`: of a pool any may have gone. */
    readonly numbers?: readonly number[];
  };
  readonly network: { readonly range: string; readonly subnet: string; readonly zone: string };
  readonly firewall: readonly FirewallRule[];
  /** Names of SSH keys that exist in the Hetzner project: referenced, never owned. */
  readonly sshKeys: readonly string[];
  readonly jobs: readonly JobConfig[];
  /** Delete protection on servers, load balancer and network, and a guard in the planner. */
  readonly protected: boolean;
  readonly limits: { readonly pullRequestsMax: number };
  /** Only previews: how they live. */
  readonly preview?: PreviewPolicy;
  /** Only previews in pool mode: the environment whose servers run its jobs. It has then no servers of its own. */
  readonly host?: 'pool' | 'staging';
  /** Only where previews run: what one of them may take, and how many fit on a server. */
  readonly pool?: PoolConfig;
  readonly versions: { readonly nomad: string; readonly consul: string; readonly caddy: string };
  /** Absent: the vendors' addresses and the checksums of domain/versions.ts. */
  readonly artifacts?: Artifacts;
  /** Present: servers get the Tailscale client, which joins once its auth key has been delivered over SSH. */
  readonly tailscale?: {
    readonly version: string;
    readonly checksums: Checksums;
    readonly tags: readonly string[];
    /** Origin of the control API, if not Tailscale's own. */
    readonly api?: string;
  };
  /** Seconds that resolvers may keep the environment's DNS records; 300 when absent. */
  readonly dnsTtlSeconds?: number;
  /** Labels the user adds to every object. */
  readonly labels: Labels;
  /** Key path (`environments.production.servers.types[0]`) to its place in the file. */
  readonly sources: Readonly<Record<string, SourcePosition>>;
}
