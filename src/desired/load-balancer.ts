import type { Environment } from '../domain/environment.ts';
import { hostAt } from '../domain/ip.ts';
import { labelNames } from '../domain/labels.ts';
import type { HealthCheckSpec, LoadBalancerServiceSpec, Resource } from '../domain/resource.ts';
import { baseName, reference, resource, soleAddress, type Wanted } from './context.ts';

/** Host number 5 of the subnet: Caddy's configuration names it as the trusted proxy. */
export const loadBalancerIp = (environment: Environment): string => hostAt(environment.network.subnet, 5);

export const loadBalancer = (wanted: Wanted): Resource<'load-balancer'>[] => {
  const { environment } = wanted;
  if (environment.ingress !== 'load-balancer') return [];
  const network = soleAddress('network', environment);
  const certificates = environment.tls === 'managed' ? [soleAddress('certificate', environment)] : [];
  return [
    resource(wanted, {
      kind: 'load-balancer',
      address: soleAddress('load-balancer', environment),
      name: baseName(environment),
      spec: {
        type: environment.loadBalancerType,
        location: environment.servers.locations[0] ?? '',
        algorithm: 'round_robin',
        network: reference(network),
        privateIp: loadBalancerIp(environment),
        services: [service(environment)],
        targets: [{ type: 'label-selector', selector: selector(environment), usePrivateIp: true }],
        publicInterface: true,
        deleteProtection: environment.protected,
      },
      dependsOn: [network, ...certificates],
    }),
  ];
};

/** All servers of the environment; only servers can be targets, so no further label is needed. */
const selector = ({ project, name }: Environment): string =>
  `${labelNames.project}=${project},${labelNames.environment}=${name}`;

/** With a certificate port 443, and Hetzner itself answers 80 with a redirect; without one port 80 alone. */
const service = (environment: Environment): LoadBalancerServiceSpec => {
  const managed = environment.tls === 'managed';
  return {
    protocol: managed ? 'https' : 'http',
    listenPort: managed ? 443 : 80,
    destinationPort: 80,
    proxyProtocol: false,
    http: {
      stickySessions: false,
      redirectHttp: managed,
      timeoutIdleSeconds: 50,
      certificates: managed ? [reference(soleAddress('certificate', environment))] : [],
    },
    healthCheck: ingressHealth,
  };
};

/** Caddy's own answer: one sick application must not take all servers out of the load balancer. */
const ingressHealth: HealthCheckSpec = {
  protocol: 'http',
  port: 80,
  intervalSeconds: 5,
  timeoutSeconds: 3,
  retries: 2,
  http: { path: '/healthz', statusCodes: ['200'], tls: false },
};
