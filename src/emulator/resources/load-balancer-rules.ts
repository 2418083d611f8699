import type { Action, ActionResource } from '../../hetzner/wire/actions.ts';
import type {
  AddServiceRequest,
  HealthCheck,
  LoadBalancer,
  LoadBalancerService,
  ServiceHttp,
  UpdateServiceRequest,
} from '../../hetzner/wire/load-balancers.ts';
import type { Context } from '../context.ts';
import { ApiError, invalidInput, limitExceeded, operationError } from '../errors.ts';
import type { Effect, World } from '../world.ts';
import { rowOf } from './shared.ts';

/*
 * docs.hetzner.cloud, load balancers, add_service: everything but the protocol has a default (hcloud cli
 * test/e2e/load_balancer_test.go: `--protocol http` alone listens on 80 and passes on to 80; 443 to 80 for https).
 */
const listenDefault = { http: 80, https: 443, tcp: undefined } as const;
const healthCheckDefaults = { interval: 15, timeout: 10, retries: 3 };
const healthHttpDefaults = { domain: '', path: '/', response: '', status_codes: ['2??', '3??'], tls: false };
const httpDefaults = { cookie_name: 'HCLBSTICKY', cookie_lifetime: 300, timeout_idle: 50, sticky_sessions: false };

type HealthRequest = NonNullable<AddServiceRequest['health_check']>;
type HttpRequest = NonNullable<AddServiceRequest['http']>;

/** Values given win; undefined and null leave what is there. */
const over = <T extends object>(base: T, given: object | null | undefined): T => ({
  ...base,
  ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined && value !== null)),
});

const healthCheckOf = (base: HealthCheck, given: HealthRequest | null | undefined): HealthCheck => {
  const { http, ...plain } = given ?? {};
  const { http: httpBefore, ...merged } = over(base, plain);
  if (merged.protocol === 'tcp') return merged;
  return { ...merged, http: over(httpBefore ?? healthHttpDefaults, http) };
};

const httpOf = (
  protocol: LoadBalancerService['protocol'],
  base: ServiceHttp | undefined,
  given: HttpRequest | null | undefined,
): ServiceHttp | undefined => {
  if (protocol === 'tcp') return undefined;
  const { certificates, redirect_http, ...merged } = over<ServiceHttp>(base ?? httpDefaults, given);
  if (protocol === 'http') return merged;
  return { ...merged, certificates: certificates ?? [], redirect_http: redirect_http ?? false };
};

/** The service with its defaults. Throws invalid_input for tcp without a port. */
export const newService = (given: AddServiceRequest): LoadBalancerService => {
  const { protocol } = given;
  const listen = given.listen_port ?? listenDefault[protocol];
  if (listen === undefined) throw invalidInput({ listen_port: ['listen_port is required with protocol tcp'] });
  const destination = given.destination_port ?? (protocol === 'tcp' ? listen : 80);
  const http = httpOf(protocol, undefined, given.http);
  return {
    protocol,
    listen_port: listen,
    destination_port: destination,
    proxyprotocol: given.proxyprotocol ?? false,
    ...(http === undefined ? {} : { http }),
    health_check: healthCheckOf(
      { protocol: protocol === 'tcp' ? 'tcp' : 'http', port: destination, ...healthCheckDefaults },
      given.health_check,
    ),
  };
};

/** The service after an update: what is left out stays. */
export const updatedService = (before: LoadBalancerService, given: UpdateServiceRequest): LoadBalancerService => {
  const protocol = given.protocol ?? before.protocol;
  const http = httpOf(protocol, before.http, given.http);
  const { http: _before, ...rest } = before;
  return {
    ...rest,
    protocol,
    destination_port: given.destination_port ?? before.destination_port,
    proxyprotocol: given.proxyprotocol ?? before.proxyprotocol,
    ...(http === undefined ? {} : { http }),
    health_check: healthCheckOf(before.health_check, given.health_check),
  };
};

/** Ports a service takes on the outside: an https service that redirects listens on 80 too (B). */
const portsOf = (service: LoadBalancerService): number[] => [
  service.listen_port,
  ...(service.http?.redirect_http === true ? [80] : []),
];

/**
 * Throws when the service can't stand beside `others`. 412 on create and add_service, 422 on update_service
 * (docs.hetzner.cloud, operation specific errors).
 */
export const checkService = (
  world: World,
  service: LoadBalancerService,
  others: readonly LoadBalancerService[],
  status: 412 | 422,
): void => {
  const taken = new Set(others.flatMap(portsOf));
  const clash = portsOf(service).find((port) => taken.has(port));
  if (clash !== undefined)
    throw operationError('source_port_already_used', `source port ${clash} is already used`, status);
  const { http } = service;
  if (http?.redirect_http === true && service.listen_port !== 443)
    throw invalidInput({ 'http.redirect_http': ['redirect_http needs protocol https on port 443'] });
  if (service.protocol === 'https' && (http?.certificates ?? []).length === 0)
    throw invalidInput({ 'http.certificates': ['https needs at least one certificate'] });
  for (const id of http?.certificates ?? [])
    if (world.certificates.get(id) === undefined)
      throw new ApiError('not_found', `certificate with ID '${id}' not found`);
};

/** Throws resource_limit_exceeded when the type allows fewer services or certificates. */
export const checkServiceLimits = (
  type: LoadBalancer['load_balancer_type'],
  services: readonly LoadBalancerService[],
): void => {
  if (services.length > type.max_services)
    throw limitExceeded(`${type.name} allows ${type.max_services} services`, 'load_balancer_service_limit');
  const certificates = new Set(services.flatMap((service) => service.http?.certificates ?? []));
  if (certificates.size > type.max_assigned_certificates)
    throw limitExceeded(
      `${type.name} allows ${type.max_assigned_certificates} certificates`,
      'load_balancer_certificate_limit',
    );
};

/** The path's load balancer, unless something is changing it: `conflict` (docs.hetzner.cloud, load balancers). */
export const freeLoadBalancer = (context: Context<unknown>): LoadBalancer => {
  const balancer = rowOf(context.world.loadBalancers, context);
  context.actions.assertFree('load_balancer', balancer.id);
  return balancer;
};

export const startOn = (
  { actions }: Context<unknown>,
  balancer: LoadBalancer,
  command: string,
  effect?: Effect,
  others: readonly ActionResource[] = [],
): { action: Action } => ({
  action: actions.start({
    command,
    resources: [{ id: balancer.id, type: 'load_balancer' }, ...others],
    ...(effect === undefined ? {} : { effect }),
  }),
});
