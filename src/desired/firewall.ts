import type { Environment, FirewallRule } from '../domain/environment.ts';
import type { Resource } from '../domain/resource.ts';
import { baseName, resource, soleAddress, type Wanted } from './context.ts';

export const firewall = (wanted: Wanted): Resource<'firewall'> => {
  const { environment } = wanted;
  return resource(wanted, {
    kind: 'firewall',
    address: soleAddress('firewall', environment),
    name: baseName(environment),
    spec: { rules: [...environment.firewall, ...ingressRules(environment)] },
  });
};

const web = (port: string, description: string, protocol: 'tcp' | 'udp' = 'tcp'): FirewallRule => ({
  direction: 'in',
  protocol,
  port,
  ips: ['0.0.0.0/0', '::/0'],
  description,
});

/**
 * Behind a load balancer requests come over the private network, which Hetzner's firewalls do not filter: nothing of
 * ours is public. Otherwise 80, which Caddy also needs to redirect and to prove the domain, and 443 with TLS, by UDP for
 * HTTP/3.
 */
const ingressRules = (environment: Environment): FirewallRule[] => {
  if (environment.ingress === 'load-balancer') return [];
  const wanted =
    environment.tls === 'off'
      ? [web('80', 'HTTP')]
      : [web('80', 'HTTP'), web('443', 'HTTPS'), web('443', 'HTTP/3', 'udp')];
  return wanted.filter((own) => !environment.firewall.some((rule) => opens(rule, own)));
};

/** The user's own rule for the same port stands: it may be narrower on purpose. */
const opens = (rule: FirewallRule, own: FirewallRule): boolean =>
  rule.direction === 'in' && rule.protocol === own.protocol && rule.port === own.port;
