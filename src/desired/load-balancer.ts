import type { Environment } from '../domain/environment.ts';
import { caddyEndsTls } from '../domain/hosts.ts';
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
        services: services(environment),
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

/**
 * managed: HTTPS ends here, and Hetzner itself answers 80 with a redirect. acme-dns: TLS passes through to Caddy, which
 * learns the visitor's address from the PROXY header, as TCP carries no X-Forwarded-For. off: port 80 alone.
 */
const services = (environment: Environment): LoadBalancerServiceSpec[] => {
  if (environment.tls === 'managed') {
    const certificates = [reference(soleAddress('certificate', environment))];
    return [
      { ...web, protocol: 'https', listenPort: 443, http: { ...httpDefaults, redirectHttp: true, certificates } },
    ];
  }
  if (!caddyEndsTls(environment.tls)) return [{ ...web, protocol: 'http', listenPort: 80, http: httpDefaults }];
  return [80, 443].map((port) => ({
    protocol: 'tcp',
    listenPort: port,
    destinationPort: port,
    proxyProtocol: true,
    healthCheck: ingressHealth,
  }));
};

/** Caddy's own answer: one sick application must not take all servers out of the load balancer. */
const ingressHealth: HealthCheckSpec = {
  protocol: 'http',
  port: 80,
  intervalSeconds: 3,
  timeoutSeconds: 1,
  retries: 2,
  http: { path: '/healthz', statusCodes: ['200'], tls: false },
};

const web = { destinationPort: 80, proxyProtocol: false, healthCheck: ingressHealth } as const;
const httpDefaults = { stickySessions: false, redirectHttp: false, timeoutIdleSeconds: 50, certificates: [] };
