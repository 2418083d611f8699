import type { Environment } from '../domain/environment.ts';
import type { AnyObservedItem, Observation } from '../domain/observation.ts';
import { type OwnershipBasis, ownershipOf } from '../domain/ownership.ts';
import type { Outputs } from '../ports/session.ts';

type Server = Extract<AnyObservedItem, { kind: 'server' }>;
type LoadBalancer = Extract<AnyObservedItem, { kind: 'load-balancer' }>;

export const oursOf = (observation: Pick<Observation, 'items'>, basis: OwnershipBasis): AnyObservedItem[] =>
  observation.items.filter((item) => ownershipOf(item, basis).ownership === 'ours');

export const serversOf = (items: readonly AnyObservedItem[]): Server[] =>
  items
    .filter((item): item is Server => item.kind === 'server')
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));

export const loadBalancersOf = (items: readonly AnyObservedItem[]): LoadBalancer[] =>
  items.filter((item): item is LoadBalancer => item.kind === 'load-balancer');

export const environmentUrl = (environment: Environment): string =>
  `${environment.tls === 'off' ? 'http' : 'https'}://${environment.domain}`;

/** What other tools want to know. Without a load balancer its address is the first server's, as in the system replaced. */
export const outputsOf = (environment: Environment, ours: readonly AnyObservedItem[]): Outputs => {
  const servers = serversOf(ours);
  const privateIp = (server: Server): string => server.facts.networks[0]?.ip ?? '';
  const first = servers[0];
  const internal = first === undefined || privateIp(first) === '' ? null : privateIp(first);
  return {
    load_balancer_ip: loadBalancersOf(ours)[0]?.facts.ipv4 ?? first?.facts.ipv4 ?? null,
    nomad_ui_url: internal === null ? null : `https://${internal}:4646/ui/`,
    consul_ui_url: internal === null ? null : `https://${internal}:8501/ui/`,
    environment_url: environmentUrl(environment),
    server_ips: Object.fromEntries(
      servers.map((server) => [server.name, { public: server.facts.ipv4, private: privateIp(server) }]),
    ),
  };
};
