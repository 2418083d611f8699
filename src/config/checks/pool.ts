import type { JobConfig } from '../../domain/environment.ts';
import { routeParts } from '../../domain/hosts.ts';
import type { EnvironmentConfig } from '../merge.ts';
import { type CrossCheck, type Finding, inEnvironment } from './check.ts';

/** Previews that share servers: each within its limits, each at one name, and that name with a certificate or without TLS. */
export const pool: CrossCheck = ({ environments }) => {
  const of = Object.fromEntries(environments) as Partial<Record<EnvironmentConfig['type'], EnvironmentConfig>>;
  const { pr } = of;
  if (pr?.host === undefined || pr.pool === undefined) return [];
  const host = of[pr.host];
  if (host === undefined)
    return [
      {
        path: inEnvironment('pr', 'pool', 'on'),
        about: [inEnvironment('pr', 'mode')],
        message: `previews are to run on the servers of ${pr.host}, and there is no environment ${pr.host}`,
        found: pr.host,
        allowed: `on: pool, or an environment ${pr.host}`,
      },
    ];
  return [
    ...limit(pr, { key: 'cpu', unit: 'MHz', allowed: pr.pool.cpuMhz, of: (job) => job.cpuMhz }),
    ...limit(pr, { key: 'memory', unit: 'MB', allowed: pr.pool.memoryMb, of: (job) => job.memoryMb }),
    ...tls(pr, host),
    ...names(pr),
  ];
};

interface Limit {
  readonly key: 'cpu' | 'memory';
  readonly unit: string;
  readonly allowed: number;
  readonly of: (job: JobConfig) => number;
}

/** What Nomad reserves and the kernel enforces, added up over all instances. */
const limit = ({ jobs }: EnvironmentConfig, { key, unit, allowed, of }: Limit): Finding[] => {
  const wanted = jobs.map((job) => ({ name: job.name, count: job.count, each: of(job) }));
  const sum = wanted.reduce((total, { count, each }) => total + count * each, 0);
  const [largest] = wanted.toSorted((a, b) => b.count * b.each - a.count * a.each);
  if (sum <= allowed || largest === undefined) return [];
  const parts = wanted.map(({ name, count, each }) => `${name} ${count === 1 ? '' : `${count} x `}${each}`).join(', ');
  return [
    {
      path: inEnvironment('pr', 'pool', key),
      about: wanted.map(({ name }) => inEnvironment('pr', 'jobs', name, key)),
      message: `the jobs of one preview take ${sum} ${unit} (${parts}), and it may take ${allowed}`,
      found: String(allowed),
      allowed: `${sum} or more here; or a lower ${key}${largest.count > 1 ? ' or count' : ''} of ${largest.name} under environments.pr.jobs`,
    },
  ];
};

/** One Caddy ends TLS for all of them, and for the host's own names. */
const tls = (pr: EnvironmentConfig, host: EnvironmentConfig): Finding[] => {
  const told = (message: string, allowed: string): Finding[] => [
    {
      path: inEnvironment('pr', 'tls'),
      about: [inEnvironment('pr', 'mode'), inEnvironment(host.type, 'tls')],
      message,
      found: pr.tls,
      allowed,
    },
  ];
  if (pr.tls === 'caddy')
    return told(
      'names of previews that share servers come and go, and tls: caddy would order a certificate for each',
      'acme-dns (one wildcard), internal, off',
    );
  if (host.type === 'staging' && pr.tls !== 'off' && pr.tls !== host.tls)
    return told(`previews on staging's servers have its tls, ${host.tls}, or none`, `off, ${host.tls}`);
  if (host.type === 'staging' && pr.tls === 'acme-dns')
    return told("staging's certificate does not cover the names of previews", 'off; or on: pool');
  return [];
};

const names = ({ jobs }: EnvironmentConfig): Finding[] =>
  jobs.flatMap(({ name, routes }, index) =>
    routes
      .filter((route) => !['', '{domain}'].includes(routeParts(route).host))
      .map((route) => ({
        path: inEnvironment('pr', 'jobs', name, 'routes'),
        about: [['defaults', 'jobs', index, 'routes'], inEnvironment('pr', 'mode')],
        message: 'a preview on shared servers answers at one name, its own',
        found: route,
        allowed: `a path, such as ${routeParts(route).path}`,
      })),
  );
