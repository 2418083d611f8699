import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import {
  changeDnsPtrRequestSchema,
  changeProtectionRequestSchema,
  listSchema,
  oneSchema,
} from '../../hetzner/wire/common.ts';
import {
  assignFloatingIpRequestSchema,
  createFloatingIpRequestSchema,
  createFloatingIpResponseSchema,
  type FloatingIp,
  floatingIpSchema,
  updateFloatingIpRequestSchema,
} from '../../hetzner/wire/floating-ips.ts';
import { allotPublicIpv4, allotPublicIpv6, defaultPtr } from '../addresses.ts';
import type { Context } from '../context.ts';
import { effectKind } from '../effects.ts';
import { invalidInput, limitExceeded, operationError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { setDnsPtr } from '../reverse-dns.ts';
import { type Route, route } from '../router.ts';
import { actionRoutes } from './actions.ts';
import { assertUniqueName, assertUnprotected, locationOf, rowOf, updateNameAndLabels } from './shared.ts';

const setServer = effectKind('floating_ip.server', (kit, { id, server }: { id: number; server: number | null }) => {
  const address = kit.world.floatingIps.get(id);
  if (address !== undefined) address.server = server;
});
export const effects = [setServer];

const self = (address: FloatingIp) => ({ id: address.id, type: 'floating_ip' });
const start = (context: Context<unknown>, address: FloatingIp, command: string, server?: number | null) => {
  const named = server === undefined || server === null ? [] : [{ id: server, type: 'server' }];
  return context.actions.start({
    command,
    resources: [...named, self(address)],
    locks: [self(address)],
    ...(server === undefined ? {} : { effect: setServer.of({ id: address.id, server }) }),
  });
};
const freeAddress = (context: Context<unknown>): FloatingIp => {
  const address = rowOf(context.world.floatingIps, context);
  context.actions.assertFree('floating_ip', address.id);
  return address;
};

const create = (context: Context<ReturnType<typeof createFloatingIpRequestSchema.parse>>) => {
  const { world, body, limits } = context;
  assertUniqueName(world.floatingIps, body.name ?? undefined);
  const labels = checkedLabels(body.labels);
  const server = typeof body.server === 'number' ? world.servers.need(body.server) : undefined;
  const wanted = body.home_location === undefined || body.home_location === null ? undefined : body.home_location;
  if (server === undefined && wanted === undefined)
    throw invalidInput({ home_location: ['home_location or server is required'] });
  const home_location = wanted === undefined ? server?.location : locationOf(context, wanted);
  if (home_location === undefined) throw invalidInput({ home_location: ['not found'] });
  if (world.floatingIps.size >= limits.floatingIps)
    throw limitExceeded('Floating IP limit exceeded', 'floating_ip_limit');
  // --- writes begin ---
  const id = world.floatingIps.nextId();
  const ip = body.type === 'ipv4' ? allotPublicIpv4(world) : allotPublicIpv6(world);
  const address = world.floatingIps.put(id, {
    id,
    name: body.name ?? `floating-ip-${id}`,
    description: body.description ?? null,
    ip,
    type: body.type,
    server: null,
    dns_ptr: body.type === 'ipv4' ? [{ ip, dns_ptr: defaultPtr(ip) }] : [],
    home_location,
    blocked: false,
    protection: { delete: false },
    labels,
    created: context.iso(),
  });
  if (server === undefined) return { floating_ip: address };
  return { floating_ip: address, action: start(context, address, 'assign_floating_ip', server.id) };
};

const crud: readonly Route[] = [
  route({
    method: 'GET',
    path: '/floating_ips',
    response: listSchema('floating_ips', floatingIpSchema),
    handle: (context) =>
      list(context, { key: 'floating_ips', rows: context.world.floatingIps.all(), sort: ['id', 'created'] }),
  }),
  route({
    method: 'POST',
    path: '/floating_ips',
    body: createFloatingIpRequestSchema,
    response: createFloatingIpResponseSchema,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/floating_ips/:id',
    response: oneSchema('floating_ip', floatingIpSchema),
    handle: (context) => ({ floating_ip: rowOf(context.world.floatingIps, context) }),
  }),
  route({
    method: 'PUT',
    path: '/floating_ips/:id',
    body: updateFloatingIpRequestSchema,
    response: oneSchema('floating_ip', floatingIpSchema),
    handle: (context) => {
      const { world, body } = context;
      const address = rowOf(world.floatingIps, context);
      updateNameAndLabels(world.floatingIps, address, { ...body, name: body.name === '' ? undefined : body.name });
      address.description = body.description ?? address.description;
      return { floating_ip: address };
    },
  }),
  // An assigned one is refused since 2026-05-01.
  route({
    method: 'DELETE',
    path: '/floating_ips/:id',
    handle: (context) => {
      const address = freeAddress(context);
      assertUnprotected(address, 'Floating IP deletion is protected');
      if (address.server !== null) throw operationError('must_be_unassigned', 'floating IP must be unassigned');
      // --- writes begin ---
      context.world.floatingIps.delete(address.id);
      return null;
    },
  }),
];

const actions: readonly Route[] = [
  // A floating IP may go to a server of another location (docs.hetzner.cloud, floating IPs).
  route({
    method: 'POST',
    path: '/floating_ips/:id/actions/assign',
    body: assignFloatingIpRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const address = freeAddress(context);
      const server = context.world.servers.need(context.body.server);
      if (address.server === server.id)
        throw operationError('floating_ip_assigned', 'floating IP is already assigned to the server');
      // --- writes begin ---
      return { action: start(context, address, 'assign_floating_ip', server.id) };
    },
  }),
  route({
    method: 'POST',
    path: '/floating_ips/:id/actions/unassign',
    response: actionResponseSchema,
    handle: (context) => {
      const address = freeAddress(context);
      if (address.server === null) throw invalidInput({ id: ['floating IP is not assigned'] });
      // --- writes begin ---
      return { action: start(context, address, 'unassign_floating_ip', null) };
    },
  }),
  route({
    method: 'POST',
    path: '/floating_ips/:id/actions/change_dns_ptr',
    body: changeDnsPtrRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const address = freeAddress(context);
      const write = setDnsPtr([address], context.body.ip, context.body.dns_ptr);
      // --- writes begin ---
      write();
      return { action: start(context, address, 'change_dns_ptr') };
    },
  }),
  route({
    method: 'POST',
    path: '/floating_ips/:id/actions/change_protection',
    body: changeProtectionRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const address = freeAddress(context);
      // --- writes begin ---
      address.protection.delete = context.body.delete ?? address.protection.delete;
      return { action: start(context, address, 'change_protection') };
    },
  }),
];

export const routes: readonly Route[] = [
  ...crud,
  ...actions,
  ...actionRoutes('/floating_ips', 'floating_ip', (context) => rowOf(context.world.floatingIps, context).id),
];
