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

/** Every host name that the environment answers to, its domain first. DNS records and certificates are made for these. */
export const hostsOf = ({ domain, jobs }: Pick<Environment, 'domain' | 'jobs'>): readonly string[] => [
  ...new Set([domain, ...jobs.flatMap(({ routes }) => routes.map((route) => routeParts(route).host))].filter(Boolean)),
];

/** TLS ends at Caddy, not at a load balancer. */
export const caddyEndsTls = (tls: TlsMode): boolean => tls === 'acme-dns' || tls === 'caddy' || tls === 'internal';

/**
 * The names on the certificate that we order for `tls: acme-dns`. Previews share one wildcard, because Let's Encrypt
 * gives 50 certificates a week to a registered domain, over all accounts (letsencrypt.org/docs/rate-limits).
 */
export const certificateNames = (environment: Pick<Environment, 'type' | 'domain' | 'jobs'>): readonly string[] =>
  environment.type === 'pr' ? [wildcardOver(environment.domain)] : hostsOf(environment);

/** `*.pr.example.com` for `pr-7.pr.example.com`. */
export const wildcardOver = (domain: string): string => `*.${domain.slice(domain.indexOf('.') + 1)}`;

/** A certificate's wildcard stands for one label, no more (RFC 6125 §6.4.3). */
export const covers = (name: string, host: string): boolean =>
  name === host || (name.startsWith('*.') && wildcardOver(host) === name);
