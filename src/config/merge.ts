import type { WantedSecret } from '../domain/application-secrets.ts';
import {
  type EnvironmentType,
  environmentTypes,
  type FirewallRule,
  type Ingress,
  type JobConfig,
  type PoolConfig,
  type TlsMode,
} from '../domain/environment.ts';
import type { Labels } from '../domain/labels.ts';
import type { PreviewPolicy } from '../domain/preview.ts';
import { locations as networkZones } from './catalogue.ts';
import { builtIn, byType } from './defaults.ts';
import type { Infra } from './schema.ts';

/** One environment with every default filled in; `domain` may still hold `{number}`. */
export interface EnvironmentConfig {
  readonly type: EnvironmentType;
  readonly domain: string;
  readonly ingress: Ingress;
  readonly tls: TlsMode;
  readonly loadBalancerType: string;
  readonly servers: {
    readonly count: number;
    readonly types: readonly string[];
    readonly locations: readonly string[];
    readonly image: string;
    readonly publicIpv4: boolean;
    readonly backups: boolean;
  };
  /** Absent: none. */
  readonly workers?: { readonly count: number; readonly types: readonly string[] };
  readonly network: { readonly range: string; readonly subnet: string; readonly zone: string };
  readonly firewall: readonly FirewallRule[];
  readonly jobs: readonly JobConfig[];
  readonly protected: boolean;
  readonly labels: Labels;
  /** Only of previews. */
  readonly preview?: Omit<PreviewPolicy, 'max'>;
  /** Only of previews in pool mode. */
  readonly host?: 'pool' | 'staging';
  /** Of previews in pool mode and of what they run on. */
  readonly pool?: PoolConfig;
  /** Where the environment's names are, if not in `dns.zone`. */
  readonly zone?: string;
}

type Written = Exclude<EnvironmentType, 'pool'>;
type RawEnvironment = NonNullable<Infra['environments'][Written]> & {
  readonly domain?: string | undefined;
};
type RawPreview = NonNullable<Infra['environments']['pr']>;
type RawRule = NonNullable<RawEnvironment['firewall']>[number];
type JobOverride = NonNullable<RawEnvironment['jobs']>[string];
type RawJob = NonNullable<NonNullable<Infra['defaults']>['jobs']>[number];
type RawSecret = NonNullable<RawJob['secrets']>[number];

export const mergeEnvironments = (infra: Infra): Partial<Record<EnvironmentType, EnvironmentConfig>> => {
  const merged: Partial<Record<EnvironmentType, EnvironmentConfig>> = {};
  for (const type of environmentTypes) {
    if (type === 'pool') continue;
    const raw = infra.environments[type];
    if (raw !== undefined) merged[type] = merge(type, raw, infra);
  }
  const { pr } = infra.environments;
  if (pr === undefined || merged.pr === undefined) return merged;
  const preview = previewOf(pr);
  const own = { ...merged.pr, preview, ...(pr.zone !== undefined && { zone: pr.zone }) };
  if (preview.mode === 'server') return { ...merged, pr: own };
  const pool = poolOf(pr, own);
  const on = pr.pool?.on ?? builtIn.pool.on;
  const hosted = { ...own, host: on, pool };
  if (on === 'staging')
    return { ...merged, pr: hosted, ...(merged.staging !== undefined && { staging: { ...merged.staging, pool } }) };
  return { ...merged, pr: hosted, pool: poolServers(pr, own, pool) };
};

const hour = 3_600_000;
const msOf = (duration: string): number => Number(duration.slice(0, -1)) * (duration.endsWith('d') ? 24 * hour : hour);

const previewOf = (raw: RawPreview): Omit<PreviewPolicy, 'max'> => ({
  ...(raw.max_per_author !== undefined && { maxPerAuthor: raw.max_per_author }),
  ...(raw.budget !== undefined && { budgetCents: Math.round(raw.budget * 100) }),
  ttlMs: msOf(raw.ttl ?? builtIn.preview.ttl),
  ...(raw.idle_stop !== undefined && { idleStopMs: msOf(raw.idle_stop) }),
  atCap: raw.at_cap ?? builtIn.preview.atCap,
  mode: raw.mode ?? builtIn.preview.mode,
  images: raw.images ?? builtIn.preview.images,
});

const poolOf = ({ pool }: RawPreview, { domain, tls }: EnvironmentConfig): PoolConfig => ({
  perServer: pool?.per_server ?? builtIn.pool.perServer,
  serversMax: pool?.max_servers ?? builtIn.pool.serversMax,
  cpuMhz: pool?.cpu ?? builtIn.pool.cpuMhz,
  memoryMb: pool?.memory ?? builtIn.pool.memoryMb,
  ...(pool?.types !== undefined && { types: pool.types }),
  wildcard: domain.slice(domain.indexOf('.') + 1),
  tls,
});

/** What previews share is set up as one of them would be, without a job of its own. */
const poolServers = (raw: RawPreview, pr: EnvironmentConfig, pool: PoolConfig): EnvironmentConfig => {
  const { preview: _preview, host: _host, ...like } = pr;
  const standard = byType.pool;
  return {
    ...like,
    type: 'pool',
    domain: `pool.${pool.wildcard}`,
    servers: { ...pr.servers, count: standard.count, types: raw.pool?.types ?? pr.servers.types },
    network: {
      range: raw.pool?.network?.range ?? standard.range,
      subnet: raw.pool?.network?.subnet ?? standard.subnet,
      zone: pr.network.zone,
    },
    jobs: [],
    pool,
  };
};

const merge = (type: Written, raw: RawEnvironment, infra: Infra): EnvironmentConfig => {
  const shared = infra.defaults ?? {};
  const standard = byType[type];
  const ingress = raw.ingress ?? shared.ingress ?? standard.ingress;
  const locations = raw.locations ?? shared.locations ?? [...builtIn.locations];
  const servers = { ...shared.servers, ...raw.servers };
  const count = servers.count ?? standard.count;
  const types = servers.types ?? builtIn.types;
  const workers = raw.workers ?? shared.workers;
  return {
    type,
    domain: raw.domain ?? standard.domain(infra.domain),
    ingress,
    tls: raw.tls ?? shared.tls ?? defaultTls(type, ingress, count, infra.dns !== undefined),
    loadBalancerType: raw.load_balancer ?? shared.load_balancer ?? builtIn.loadBalancerType,
    servers: {
      count,
      types,
      locations,
      image: servers.image ?? builtIn.image,
      publicIpv4: servers.ipv4 ?? true,
      backups: servers.backups ?? false,
    },
    ...(workers !== undefined &&
      workers.count > 0 && { workers: { count: workers.count, types: workers.types ?? types } }),
    network: {
      range: raw.network?.range ?? standard.range,
      subnet: raw.network?.subnet ?? standard.subnet,
      zone: networkZones[locations[0] ?? ''] ?? 'eu-central',
    },
    firewall: (raw.firewall ?? shared.firewall)?.map(rule) ?? builtIn.firewall,
    jobs: (shared.jobs ?? []).map((job) => mergeJob(job, raw.jobs?.[job.name], infra)),
    protected: raw.protected ?? shared.protected ?? false,
    labels: { ...shared.labels, ...raw.labels },
  };
};

/** The strongest TLS that needs no further choice; previews stay on plain HTTP, as in the set-up before this one. */
const defaultTls = (type: EnvironmentType, ingress: Ingress, count: number, hasZone: boolean): TlsMode => {
  if (type === 'pr') return 'off';
  if (ingress === 'load-balancer') return hasZone ? 'managed' : 'off';
  return count === 1 ? 'caddy' : 'off';
};

const rule = ({ direction, protocol, port, ips, description }: RawRule): FirewallRule => ({
  direction,
  protocol,
  ...(port !== undefined && { port: String(port) }),
  ips,
  ...(description !== undefined && { description }),
});

const mergeJob = (job: RawJob, override: JobOverride = {}, infra: Infra): JobConfig => {
  const { count, health, cpu, memory } = builtIn.job;
  const merged = { count, health, cpu, memory, ...job, ...override };
  const release = override.release ?? job.release;
  return {
    name: job.name,
    file: override.file ?? job.file,
    image: override.image ?? job.image ?? defaultImage(infra, job.name),
    count: merged.count ?? count,
    port: override.port ?? job.port,
    routes: override.routes ?? job.routes,
    healthPath: merged.health ?? health,
    cpuMhz: merged.cpu ?? cpu,
    memoryMb: merged.memory ?? memory,
    variables: { ...job.variables, ...override.variables },
    secrets: (override.secrets ?? job.secrets ?? []).map(secret),
    ...(release !== undefined && {
      release: { command: release.command, file: release.file ?? builtIn.job.releaseFile },
    }),
  };
};

/** What `npm run docker:build` and the workflows make. */
const defaultImage = ({ images, project }: Infra, job: string): string => {
  const registry = images?.registry;
  return `${registry === undefined ? '' : `${registry}/`}${project}-${job}:latest`;
};

const secret = (raw: RawSecret): WantedSecret => {
  if (typeof raw === 'string') return { name: raw };
  const { name, generate, optional, local } = raw;
  return {
    name,
    ...(generate && { generate }),
    ...(optional && { optional }),
    ...(local !== undefined && { local }),
  };
};
