import { routeParts, wildcardOver } from '../../domain/hosts.ts';
import type { EnvironmentConfig } from '../merge.ts';
import { type CrossCheck, type Finding, inEnvironment } from './check.ts';

/** How requests come in: domain, zone, load balancer, TLS and routes have to fit together. */
export const ingress: CrossCheck = ({ infra, environments }) =>
  environments.flatMap(([type, environment]) => [
    // Told of the previews themselves.
    ...(type === 'pool' ? [] : zone(environment, infra.dns?.zone)),
    ...tls(environment, infra.dns !== undefined || environment.zone !== undefined),
    ...routes(environment),
    ...hosts(environment),
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

const zone = ({ type, domain, zone: own }: EnvironmentConfig, common: string | undefined): Finding[] => {
  const zoneName = own ?? common;
  if (zoneName === undefined || domain === zoneName || domain.endsWith(`.${zoneName}`)) return [];
  return [
    {
      path:
        own !== undefined
          ? inEnvironment(type, 'zone')
          : type === 'production'
            ? ['domain']
            : inEnvironment(type, 'domain'),
      about: [['domain'], own === undefined ? ['dns'] : inEnvironment(type, 'domain')],
      message: `the domain of ${type} is not in the DNS zone ${zoneName}`,
      found: own === undefined ? domain : `${own}, and the domain is ${domain}`,
      allowed:
        own === undefined
          ? `${zoneName} or a name below it; without the dns section records are managed elsewhere`
          : 'a zone that the domain ends in; without it previews are in dns.zone',
    },
  ];
};

const tls = (environment: EnvironmentConfig, hasZone: boolean): Finding[] => {
  const { type, tls: mode, ingress: way, servers, workers } = environment;
  const nodes = servers.count + (workers?.count ?? 0);
  const told = (message: string, allowed: string): Finding[] => [
    {
      path: inEnvironment(type, 'tls'),
      about: [
        inEnvironment(type, 'ingress'),
        inEnvironment(type, 'servers', 'count'),
        inEnvironment(type, 'workers'),
        ['dns'],
      ],
      message,
      found: mode,
      allowed,
    },
  ];
  if (mode === 'managed' && way !== 'load-balancer')
    return told(
      'a managed certificate lives on a load balancer',
      'ingress: load-balancer, or tls: acme-dns, caddy, internal, off',
    );
  if (mode === 'managed' && !hasZone)
    return told('Hetzner issues managed certificates only for zones in Hetzner DNS', 'a dns.zone, or tls: off');
  if (mode === 'acme-dns' && !hasZone)
    return told('the domain is proved by records in Hetzner DNS', 'a dns.zone, or tls: caddy, internal, off');
  if (mode === 'caddy' && nodes > 1)
    return told(
      `only one of ${nodes} servers would pass the check of the certificate authority`,
      'one server, or tls: managed, acme-dns',
    );
  if ((mode === 'caddy' || mode === 'internal') && way === 'load-balancer')
    return told('behind a load balancer TLS ends there, not at Caddy', 'managed, acme-dns, off; or ingress: dns');
  return [];
};

/** A host of a route is the environment's domain or lies below it, and its certificate can have that name. */
const hosts = ({ type, tls: mode, domain, jobs }: EnvironmentConfig): Finding[] =>
  jobs.flatMap(({ name, routes: own }, index) =>
    own.flatMap((route) => {
      const { host } = routeParts(route.replace('{domain}', domain));
      const told = (message: string, allowed: string): Finding[] => [
        {
          path: inEnvironment(type, 'jobs', name, 'routes'),
          about: [['defaults', 'jobs', index, 'routes'], inEnvironment(type, 'tls'), inEnvironment(type, 'domain')],
          message,
          found: route,
          allowed,
        },
      ];
      if (host === '' || host === domain) return [];
      if (!host.endsWith(`.${domain}`))
        return told(`the host of this route is not in the domain of ${type}, ${domain}`, 'api.{domain}/');
      if (type === 'pr' && mode === 'acme-dns')
        return told(`previews share one certificate, ${wildcardOver(domain)}, which does not cover this host`, '/');
      return [];
    }),
  );

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
