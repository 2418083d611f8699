import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { changeProtectionRequestSchema, listSchema } from '../../hetzner/wire/common.ts';
import {
  addSubnetRequestSchema,
  changeIpRangeRequestSchema,
  deleteSubnetRequestSchema,
  type Network,
  type NetworkMember,
  type NetworkRoute,
  networkMemberSchema,
  routeSchema,
  type Subnet,
} from '../../hetzner/wire/networks.ts';
import { contains, holds, ipv4Of, rangeOf, rangeText } from '../addresses.ts';
import type { Context, Kit } from '../context.ts';
import { effectKind } from '../effects.ts';
import { ApiError, invalidInput, serviceError } from '../errors.ts';
import { list } from '../listing.ts';
import { checkedNetworkRange, checkedRoute, checkedSubnet } from '../network-rules.ts';
import { takenIps } from '../private-addresses.ts';
import { type Route, route } from '../router.ts';
import type { World } from '../world.ts';
import { actionRoutes } from './actions.ts';
import { rowOf } from './shared.ts';

/* docs.hetzner.cloud, network actions. While one runs, another change of the network answers `conflict`. */
const networkEffect = <Data extends object>(name: string, run: (network: Network, data: Data, kit: Kit) => void) =>
  effectKind<Data & { readonly id: number }>(name, (kit, data) => {
    const network = kit.world.networks.get(data.id);
    if (network !== undefined) run(network, data, kit);
  });
const subnetAdded = networkEffect<{ subnet: Subnet }>('network.subnet-added', (network, { subnet }) => {
  network.subnets.push(subnet);
});
const subnetGone = networkEffect<{ range: string }>('network.subnet-gone', (network, { range }) => {
  network.subnets = network.subnets.filter((subnet) => subnet.ip_range !== range);
});
const routeAdded = networkEffect<{ route: NetworkRoute }>('network.route-added', (network, data) => {
  network.routes.push(data.route);
});
const routeGone = networkEffect<{ route: NetworkRoute }>('network.route-gone', (network, { route: gone }) => {
  network.routes = network.routes.filter((one) => one.destination !== gone.destination || one.gateway !== gone.gateway);
});
const rangeChanged = networkEffect<{ range: string }>('network.range', (network, { range }) => {
  network.ip_range = range;
});
export const effects = [subnetAdded, subnetGone, routeAdded, routeGone, rangeChanged];

const freeNetwork = (context: Context<unknown>): Network => {
  const network = rowOf(context.world.networks, context);
  context.actions.assertFree('network', network.id);
  return network;
};
const of = (network: Network) => [{ id: network.id, type: 'network' }];

const subnetInUse = (world: World, network: Network, subnet: Subnet): boolean => {
  const range = rangeOf(subnet.ip_range);
  const gateway = rangeOf(network.ip_range);
  return [...takenIps(world, network)].some((ip) => {
    const address = ipv4Of(ip) ?? 0;
    return range !== undefined && holds(range, address) && address !== (gateway?.first ?? 0) + 1;
  });
};

const membersOf = (world: World, network: Network): (NetworkMember & { name: string })[] => {
  const subnetOf = (ip: string): string | null => {
    const address = ipv4Of(ip) ?? -1;
    const subnet = network.subnets.find((one) => {
      const range = rangeOf(one.ip_range);
      return range !== undefined && holds(range, address);
    });
    return subnet?.ip_range ?? null;
  };
  const member = (
    type: NetworkMember['type'],
    row: { id: number; name: string },
    place: { ip: string; alias_ips?: string[] },
  ) => ({
    type,
    id: row.id,
    ip: place.ip,
    status: 'ok' as const,
    alias_ips: place.alias_ips ?? [],
    subnet: subnetOf(place.ip),
    name: row.name,
  });
  const placesIn = <Place extends { network: number }>(places: readonly Place[]): Place[] =>
    places.filter((place) => place.network === network.id);
  return [
    ...world.servers.all().flatMap((row) => placesIn(row.private_net).map((place) => member('server', row, place))),
    ...world.loadBalancers
      .all()
      .flatMap((row) => placesIn(row.private_net).map(({ ip }) => member('load_balancer', row, { ip: ip ?? '' }))),
  ];
};

export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/networks/:id/actions/add_subnet',
    body: addSubnetRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const network = freeNetwork(context);
      const subnet = checkedSubnet(context.world, network, context.body, context.limits);
      // --- writes begin ---
      const effect = subnetAdded.of({ id: network.id, subnet });
      return { action: context.actions.start({ command: 'add_subnet', resources: of(network), effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/networks/:id/actions/delete_subnet',
    body: deleteSubnetRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const network = freeNetwork(context);
      const subnet = network.subnets.find((one) => one.ip_range === context.body.ip_range);
      if (subnet === undefined) throw new ApiError('not_found', `subnet '${context.body.ip_range}' not found`);
      // Clients match this text (terraform-provider-hcloud, resource_subnet.go).
      if (subnetInUse(context.world, network, subnet))
        throw serviceError('cannot remove subnet because servers are attached to it');
      // --- writes begin ---
      const effect = subnetGone.of({ id: network.id, range: subnet.ip_range });
      return { action: context.actions.start({ command: 'delete_subnet', resources: of(network), effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/networks/:id/actions/add_route',
    body: routeSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const network = freeNetwork(context);
      const added = checkedRoute(network, context.body, context.limits);
      // --- writes begin ---
      const effect = routeAdded.of({ id: network.id, route: added });
      return { action: context.actions.start({ command: 'add_route', resources: of(network), effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/networks/:id/actions/delete_route',
    body: routeSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const network = freeNetwork(context);
      const { destination, gateway } = context.body;
      const known = network.routes.find((one) => one.destination === destination && one.gateway === gateway);
      if (known === undefined) throw new ApiError('not_found', `route '${destination}' via '${gateway}' not found`);
      // --- writes begin ---
      const effect = routeGone.of({ id: network.id, route: known });
      return { action: context.actions.start({ command: 'delete_route', resources: of(network), effect }) };
    },
  }),
  // The start stays, only the mask grows shorter: /16 to /15.
  route({
    method: 'POST',
    path: '/networks/:id/actions/change_ip_range',
    body: changeIpRangeRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const network = freeNetwork(context);
      const range = checkedNetworkRange(context.body.ip_range);
      const present = rangeOf(network.ip_range);
      if (present === undefined || range.first !== present.first || !contains(range, present))
        throw invalidInput({ ip_range: ['may only extend the present range'] });
      // --- writes begin ---
      const effect = rangeChanged.of({ id: network.id, range: rangeText(range) });
      return { action: context.actions.start({ command: 'change_ip_range', resources: of(network), effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/networks/:id/actions/change_protection',
    body: changeProtectionRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const network = freeNetwork(context);
      // --- writes begin ---
      network.protection.delete = context.body.delete ?? network.protection.delete;
      return { action: context.actions.start({ command: 'change_protection', resources: of(network) }) };
    },
  }),
  // Since 2026-09-15.
  route({
    method: 'GET',
    path: '/networks/:id/members',
    response: listSchema('members', networkMemberSchema),
    handle: (context) => {
      const network = rowOf(context.world.networks, context);
      const either = (field: 'type' | 'subnet' | 'status') => (row: NetworkMember, values: readonly string[]) =>
        values.includes(String(row[field]));
      return list(context, {
        key: 'members',
        rows: membersOf(context.world, network),
        sort: ['id', 'type', 'status', 'ip'],
        filters: {
          type: either('type'),
          'type[]': either('type'),
          subnet: either('subnet'),
          'subnet[]': either('subnet'),
          status: either('status'),
          'status[]': either('status'),
        },
        view: ({ name: _name, ...member }) => member,
      });
    },
  }),
  ...actionRoutes('/networks', 'network', (context) => rowOf(context.world.networks, context).id),
];
