import type { LoadBalancerFacts, ObservedItem } from '../../domain/observation.ts';
import type { LoadBalancerServiceSpec } from '../../domain/resource.ts';
import type { HealthStatus, LoadBalancer, LoadBalancerService, LoadBalancerTarget } from '../wire/load-balancers.ts';
import { canonicalAddress } from './addresses.ts';
import { itemOf, priceAt } from './item.ts';

export const loadBalancerItem = (wire: LoadBalancer): ObservedItem<'load-balancer'> =>
  itemOf(
    'load-balancer',
    wire,
    {
      type: wire.load_balancer_type.name,
      location: wire.location.name,
      algorithm: wire.algorithm.type,
      networks: wire.private_net.map(({ network, ip }) => ({ networkId: String(network), ip })),
      services: wire.services.map(serviceOf).sort((a, b) => a.listenPort - b.listenPort),
      targets: wire.targets.map(targetOf),
      targetHealth: healthOf(wire.targets),
      publicInterface: wire.public_net.enabled,
      ...loadBalancerAddresses(wire),
      deleteProtection: wire.protection.delete,
    },
    priceAt(wire.load_balancer_type.prices, wire.location.name),
  );

export const loadBalancerAddresses = ({ public_net: { ipv4, ipv6 } }: LoadBalancer) => ({
  ipv4: ipv4.ip,
  ipv6: ipv6.ip === null ? null : canonicalAddress(ipv6.ip),
});

const serviceOf = (wire: LoadBalancerService): LoadBalancerServiceSpec => ({
  protocol: wire.protocol,
  listenPort: wire.listen_port,
  destinationPort: wire.destination_port,
  proxyProtocol: wire.proxyprotocol,
  ...(wire.http === undefined || wire.protocol === 'tcp'
    ? {}
    : {
        http: {
          stickySessions: wire.http.sticky_sessions,
          redirectHttp: wire.http.redirect_http ?? false,
          timeoutIdleSeconds: wire.http.timeout_idle,
          certificates: [...(wire.http.certificates ?? [])].sort((a, b) => a - b),
        },
      }),
  healthCheck: healthCheckOf(wire.health_check),
});

const healthCheckOf = (wire: LoadBalancerService['health_check']): LoadBalancerServiceSpec['healthCheck'] => ({
  protocol: wire.protocol,
  port: wire.port,
  intervalSeconds: wire.interval,
  timeoutSeconds: wire.timeout,
  retries: wire.retries,
  ...(wire.http === undefined || wire.protocol === 'tcp'
    ? {}
    : {
        http: {
          // Left out at creation it comes back as null or as an empty text.
          ...(wire.http.domain ? { domain: wire.http.domain } : {}),
          path: wire.http.path,
          statusCodes: wire.http.status_codes ?? ['2??', '3??'],
          tls: wire.http.tls ?? false,
        },
      }),
});

const targetOf = (wire: LoadBalancerTarget): LoadBalancerFacts['targets'][number] => {
  if (wire.type === 'ip') return { type: 'ip', ip: canonicalAddress(wire.ip.ip) };
  const usePrivateIp = wire.use_private_ip;
  return wire.type === 'server'
    ? { type: 'server', serverId: String(wire.server.id), usePrivateIp }
    : { type: 'label-selector', selector: wire.label_selector.selector, usePrivateIp };
};

const rank = { healthy: 0, unknown: 1, unhealthy: 2 } as const;
const worst = (statuses: readonly HealthStatus[]): keyof typeof rank =>
  statuses.map(({ status }) => status).sort((a, b) => rank[b] - rank[a])[0] ?? 'unknown';

const healthOf = (targets: readonly LoadBalancerTarget[]): LoadBalancerFacts['targetHealth'] =>
  targets
    .flatMap((target) => (target.type === 'server' ? [target] : target.type === 'label_selector' ? target.targets : []))
    .map((target) => ({ serverId: String(target.server.id), status: worst(target.health_status) }))
    .sort((a, b) => Number(a.serverId) - Number(b.serverId));
