import type { Environment, TlsMode } from './environment.ts';

/** A route as jobs write it: `/api` answers on every host, `api.example.com/v1` on one. */
export interface RouteParts {
  /** '' where any host will do. */
  readonly host: string;
  readonly path: string;
}

export const routeParts = (route: string): RouteParts => {
  const slash = route.indexOf('/');
  return { host: route.slice(0, slash), path: route.slice(slash) };
};

type Named = Pick<Environment, 'domain' | 'jobs' | 'host' | 'pool'>;

/**
 * Every host name that the environment answers to, its domain first; with `*.pr.example.com` where previews run. DNS
 * records and certificates are made for these.
 */
export const hostsOf = ({ domain, jobs, ...rest }: Named): readonly string[] => {
  const routed = jobs.flatMap(({ routes }) => routes.map((route) => routeParts(route).host));
  const previews = previewHosts(rest);
  return [...new Set([domain, ...routed, ...(previews === undefined ? [] : [previews])].filter(Boolean))];
};

/** Names of all previews that run on this environment's servers: `*.pr.example.com`; undefined where none do. */
export const previewHosts = ({ host, pool }: Pick<Environment, 'host' | 'pool'>): string | undefined =>
  host !== undefined || pool === undefined ? undefined : `*.${pool.wildcard}`;

/** TLS ends at Caddy, not at a load balancer. */
export const caddyEndsTls = (tls: TlsMode): boolean => tls === 'acme-dns' || tls === 'caddy' || tls === 'internal';

/**
 * The names on the certificate that we order for `tls: acme-dns`. Previews share one wildcard, because Let's Encrypt
 * gives 50 certificates a week to a registered domain, over all accounts (letsencrypt.org/docs/rate-limits).
 */
export const certificateNames = (environment: Named & Pick<Environment, 'type'>): readonly string[] =>
  environment.type === 'pr' || environment.type === 'pool' ? [wildcardOver(environment.domain)] : hostsOf(environment);

/** `*.pr.example.com` for `pr-7.pr.example.com`. */
export const wildcardOver = (domain: string): string => `*.${domain.slice(domain.indexOf('.') + 1)}`;

/** A certificate's wildcard stands for one label, no more (RFC 6125 §6.4.3). */
export const covers = (name: string, host: string): boolean =>
  name === host || (name.startsWith('*.') && wildcardOver(host) === name);
