import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { changeDnsPtrRequestSchema } from '../../hetzner/wire/common.ts';
import {
  addToPlacementGroupRequestSchema,
  attachServerToNetworkRequestSchema,
  changeAliasIpsRequestSchema,
  changeServerProtectionRequestSchema,
  detachFromNetworkRequestSchema,
} from '../../hetzner/wire/server-requests.ts';
import { overlaps, rangeOf } from '../addresses.ts';
import type { Context } from '../context.ts';
import { invalidInput, limitExceeded, operationError } from '../errors.ts';
import { checkedAliases, chooseAddress, type PrivatePlace } from '../private-addresses.ts';
import { setDnsPtr } from '../reverse-dns.ts';
import { type Route, route } from '../router.ts';
import { factsOf } from '../server-machine.ts';
import { viewServer } from '../views.ts';
import { assertRoomInGroup } from './placement-groups.ts';
import { freeServer, of, serverEffect } from './server-power.ts';
import { attachTo } from './servers.ts';

/* docs.hetzner.cloud, server actions: networks, alias IPs, placement groups, protection, reverse DNS. */
const attached = serverEffect<PrivatePlace>('server.attached', ({ world }, server, place) => {
  if (world.networks.get(place.network) !== undefined) attachTo(server, place);
});
const detached = serverEffect<{ from: number }>('server.detached', (_kit, server, { from }) => {
  server.private_net = server.private_net.filter((one) => one.network !== from);
});
const aliased = serverEffect<{ on: number; aliases: readonly string[] }>(
  'server.aliased',
  (_kit, server, { on, aliases }) => {
    const place = server.private_net.find((one) => one.network === on);
    if (place !== undefined) place.alias_ips = [...aliases];
  },
);
const grouped = serverEffect<{ group: number | null }>('server.grouped', ({ world }, server, { group }) => {
  if (group === null || world.placementGroups.get(group) !== undefined)
    factsOf(world, server.id).placementGroup = group;
});
export const effects = [attached, detached, aliased, grouped];

const attach = (
  context: Context<{
    network: number;
    ip?: string | null | undefined;
    ip_range?: string | null | undefined;
    alias_ips?: string[] | null | undefined;
  }>,
): object => {
  const { world, actions, body, limits } = context;
  const server = freeServer(context);
  const network = world.networks.need(body.network);
  if (server.private_net.some((one) => one.network === network.id))
    throw operationError('server_already_attached', 'server is already attached to this network');
  if (server.private_net.length >= limits.networksPerServer)
    throw limitExceeded('network limit exceeded', 'server_network_limit');
  actions.assertFree('network', network.id);
  const range = rangeOf(network.ip_range);
  const others = server.private_net.map((one) => rangeOf(world.networks.need(one.network).ip_range));
  if (range !== undefined && others.some((other) => other !== undefined && overlaps(other, range)))
    throw operationError('networks_overlap', 'networks of a server must not overlap');
  const zone = server.location.network_zone;
  const ip = chooseAddress(world, network, { zone, ip: body.ip, ip_range: body.ip_range, limits });
  const alias_ips = checkedAliases(world, network, body.alias_ips ?? [], [], limits);
  // --- writes begin ---
  const resources = [...of(server), { id: network.id, type: 'network' }];
  const effect = attached.of({ id: server.id, network: network.id, ip, alias_ips });
  return { action: actions.start({ command: 'attach_to_network', resources, effect }) };
};

export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/servers/:id/actions/attach_to_network',
    body: attachServerToNetworkRequestSchema,
    response: actionResponseSchema,
    handle: attach,
  }),
  route({
    method: 'POST',
    path: '/servers/:id/actions/detach_from_network',
    body: detachFromNetworkRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      const network = context.world.networks.need(context.body.network);
      if (!server.private_net.some((one) => one.network === network.id))
        throw invalidInput({ network: ['server is not attached to this network'] });
      context.actions.assertFree('network', network.id);
      // --- writes begin ---
      const resources = [...of(server), { id: network.id, type: 'network' }];
      const effect = detached.of({ id: server.id, from: network.id });
      return { action: context.actions.start({ command: 'detach_from_network', resources, effect }) };
    },
  }),
  // Replaces the whole list.
  route({
    method: 'POST',
    path: '/servers/:id/actions/change_alias_ips',
    body: changeAliasIpsRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const { world, body, limits } = context;
      const server = freeServer(context);
      const network = world.networks.need(body.network);
      const place = server.private_net.find((one) => one.network === network.id);
      if (place === undefined) throw invalidInput({ network: ['server is not attached to this network'] });
      const aliases = checkedAliases(world, network, body.alias_ips, place.alias_ips, limits);
      // --- writes begin ---
      const resources = [...of(server), { id: network.id, type: 'network' }];
      const effect = aliased.of({ id: server.id, on: network.id, aliases });
      return { action: context.actions.start({ command: 'change_alias_ips', resources, effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/servers/:id/actions/add_to_placement_group',
    body: addToPlacementGroupRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      const group = context.world.placementGroups.need(context.body.placement_group);
      if (factsOf(context.world, server.id).placementGroup !== null)
        throw operationError('already_in_placement_group', 'server is already in a placement group');
      if (server.status !== 'off') throw operationError('server_not_stopped', 'server must be stopped');
      assertRoomInGroup(context, group.id);
      // --- writes begin ---
      const resources = [...of(server), { id: group.id, type: 'placement_group' }];
      const effect = grouped.of({ id: server.id, group: group.id });
      return { action: context.actions.start({ command: 'add_to_placement_group', resources, effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/servers/:id/actions/remove_from_placement_group',
    response: actionResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      const group = factsOf(context.world, server.id).placementGroup;
      // --- writes begin ---
      const resources = [...of(server), ...(group === null ? [] : [{ id: group, type: 'placement_group' }])];
      const effect = grouped.of({ id: server.id, group: null });
      return { action: context.actions.start({ command: 'remove_from_placement_group', resources, effect }) };
    },
  }),
  // Both flags must carry the same value; a locked server may be protected.
  route({
    method: 'POST',
    path: '/servers/:id/actions/change_protection',
    body: changeServerProtectionRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      const protection = { ...server.protection };
      protection.delete = context.body.delete ?? protection.delete;
      protection.rebuild = context.body.rebuild ?? protection.rebuild;
      if (protection.delete !== protection.rebuild)
        throw invalidInput({ rebuild: ['delete and rebuild protection must have the same value'] });
      // --- writes begin ---
      server.protection = protection;
      return { action: context.actions.start({ command: 'change_protection', resources: of(server) }) };
    },
  }),
  route({
    method: 'POST',
    path: '/servers/:id/actions/change_dns_ptr',
    body: changeDnsPtrRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      const { ipv4, ipv6 } = viewServer(context.world, server).public_net;
      const ids = [ipv4?.id, ipv6?.id].filter((id) => id !== undefined);
      const addresses = ids.map((id) => context.world.primaryIps.need(id));
      const write = setDnsPtr(addresses, context.body.ip, context.body.dns_ptr);
      // --- writes begin ---
      write();
      return { action: context.actions.start({ command: 'change_dns_ptr', resources: of(server) }) };
    },
  }),
];
