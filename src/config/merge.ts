import type { WantedSecret } from '../domain/application-secrets.ts';
import {
  type EnvironmentType,
  environmentTypes,
  type FirewallRule,
  type Ingress,
  type JobConfig,
  type TlsMode,
} from '../domain/environment.ts';
import type { Labels } from '../domain/labels.ts';
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
}

type RawEnvironment = NonNullable<Infra['environments'][EnvironmentType]> & {
  readonly domain?: string | undefined;
};
type RawRule = NonNullable<RawEnvironment['firewall']>[number];
type JobOverride = NonNullable<RawEnvironment['jobs']>[string];
type RawJob = NonNullable<NonNullable<Infra['defaults']>['jobs']>[number];
type RawSecret = NonNullable<RawJob['secrets']>[number];

export const mergeEnvironments = (infra: Infra): Partial<Record<EnvironmentType, EnvironmentConfig>> =>
  Object.fromEntries(
    environmentTypes.flatMap((type) => {
      const raw = infra.environments[type];
      return raw === undefined ? [] : [[type, merge(type, raw, infra)]];
    }),
  );

const merge = (type: EnvironmentType, raw: RawEnvironment, infra: Infra): EnvironmentConfig => {
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
    jobs: (shared.jobs ?? []).map((job) => mergeJob(job, raw.jobs?.[job.name])),
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

const mergeJob = (job: RawJob, override: JobOverride = {}): JobConfig => {
  const { count, health, cpu, memory } = builtIn.job;
  const merged = { count, health, cpu, memory, ...job, ...override };
  const release = override.release ?? job.release;
  return {
    name: job.name,
    file: override.file ?? job.file,
    image: override.image ?? job.image,
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
