import type { EnvironmentConfig } from '../merge.ts';
import { type CrossCheck, type Finding, inEnvironment } from './check.ts';

/** How requests come in: domain, zone, load balancer, TLS and routes have to fit together. */
export const ingress: CrossCheck = ({ infra, environments }) =>
  environments.flatMap(([type, environment]) => [
    ...zone(environment, infra.dns?.zone),
    ...tls(environment, infra.dns !== undefined),
    ...routes(environment),
    ...(environment.ingress === 'dns' && !environment.servers.publicIpv4
      ? [
          {
            path: inEnvironment(type, 'servers', 'ipv4'),
            about: [inEnvironment(type, 'ingress')],
            message: 'ingress: dns publishes the IPv4 addresses of the servers, so they need one',
            allowed: 'true, or ingress: load-balancer',
          },
        ]
      : []),
  ]);

const zone = ({ type, domain }: EnvironmentConfig, zoneName: string | undefined): Finding[] => {
  if (zoneName === undefined || domain === zoneName || domain.endsWith(`.${zoneName}`)) return [];
  return [
    {
      path: type === 'production' ? ['domain'] : inEnvironment(type, 'domain'),
      about: [['domain'], ['dns']],
      message: `the domain of ${type} is not in the DNS zone ${zoneName}`,
      found: domain,
      allowed: `${zoneName} or a name below it; without the dns section records are managed elsewhere`,
    },
  ];
};

const tls = ({ type, tls: mode, ingress: way, servers }: EnvironmentConfig, hasZone: boolean): Finding[] => {
  const told = (message: string, allowed: string): Finding[] => [
    {
      path: inEnvironment(type, 'tls'),
      about: [inEnvironment(type, 'ingress'), inEnvironment(type, 'servers', 'count'), ['dns']],
      message,
      found: mode,
      allowed,
    },
  ];
  if (mode === 'managed' && way !== 'load-balancer')
    return told(
      'a managed certificate lives on a load balancer',
      'ingress: load-balancer, or tls: caddy, internal, off',
    );
  if (mode === 'managed' && !hasZone)
    return told('Hetzner issues managed certificates only for zones in Hetzner DNS', 'a dns.zone, or tls: off');
  if (mode === 'caddy' && servers.count > 1)
    return told(
      `only one of ${servers.count} servers would pass the check of the certificate authority`,
      'one server, or tls: managed',
    );
  if ((mode === 'caddy' || mode === 'internal') && way === 'load-balancer')
    return told('behind a load balancer TLS ends there, not at Caddy', 'managed, off; or ingress: dns');
  return [];
};

const routes = ({ type, jobs }: EnvironmentConfig): Finding[] => {
  const findings: Finding[] = [];
  const owners = new Map<string, string>();
  for (const [index, job] of jobs.entries())
    for (const route of job.routes) {
      const owner = owners.get(route);
      if (owner === undefined) owners.set(route, job.name);
      else
        findings.push({
          path: inEnvironment(type, 'jobs', job.name, 'routes'),
          about: [['defaults', 'jobs', index, 'routes']],
          message: `the route ${route} of ${job.name} already belongs to ${owner}`,
          found: route,
        });
    }
  return findings;
};
