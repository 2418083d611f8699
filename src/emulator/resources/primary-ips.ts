import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import {
  changeDnsPtrRequestSchema,
  changeProtectionRequestSchema,
  listSchema,
  oneSchema,
} from '../../hetzner/wire/common.ts';
import {
  assignPrimaryIpRequestSchema,
  createPrimaryIpRequestSchema,
  createPrimaryIpResponseSchema,
  type PrimaryIp,
  primaryIpSchema,
  updatePrimaryIpRequestSchema,
} from '../../hetzner/wire/primary-ips.ts';
import type { Server } from '../../hetzner/wire/servers.ts';
import { allotPublicIpv4, allotPublicIpv6, defaultPtr } from '../addresses.ts';
import type { Context, Kit } from '../context.ts';
import { effectKind } from '../effects.ts';
import { invalidInput, limitExceeded, operationError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { setDnsPtr } from '../reverse-dns.ts';
import { type Route, route } from '../router.ts';
import { actionRoutes } from './actions.ts';
import { assertUniqueName, assertUnprotected, checkedName, locationOf, rowOf, updateNameAndLabels } from './shared.ts';

const setAssignee = effectKind('primary_ip.assignee', (kit, { id, server }: { id: number; server: number | null }) => {
  const address = kit.world.primaryIps.get(id);
  if (address === undefined) return;
  address.assignee_id = server;
  // `unassigned` since 2026-08-01 (hetzner.cloud changelog 2026-04-27).
  address.assignee_type = server === null ? 'unassigned' : 'server';
});
export const effects = [setAssignee];

const resourcesOf = (address: PrimaryIp, server?: number) => [
  ...(server === undefined ? [] : [{ id: server, type: 'server' }]),
  { id: address.id, type: 'primary_ip' },
];
const lockOf = (address: PrimaryIp) => [{ id: address.id, type: 'primary_ip' }];
const freeAddress = (context: Context<unknown>): PrimaryIp => {
  const address = rowOf(context.world.primaryIps, context);
  context.actions.assertFree('primary_ip', address.id);
  return address;
};

/** The server that may take an address of this type now: off, in the same location, without one (docs, assign). */
const assignableServer = (kit: Kit, id: number, type: PrimaryIp['type'], location: string | undefined): Server => {
  const server = kit.world.servers.need(id);
  kit.actions.assertFree('server', id);
  if (server.status !== 'off') throw operationError('server_not_stopped', 'server must be stopped');
  if (location !== undefined && server.location.name !== location)
    throw invalidInput({ assignee_id: ['primary IP and server are in different locations'] });
  if (kit.world.primaryIps.all().some((one) => one.assignee_id === id && one.type === type))
    throw operationError(`server_has_${type}`, `server already has an ${type} address`);
  return server;
};

const create = (context: Context<ReturnType<typeof createPrimaryIpRequestSchema.parse>>) => {
  const { world, body, limits } = context;
  const name = checkedName(body.name);
  assertUniqueName(world.primaryIps, name);
  const labels = checkedLabels(body.labels);
  const wanted = body.location === undefined ? undefined : locationOf(context, body.location);
  const server =
    typeof body.assignee_id === 'number'
      ? assignableServer(context, body.assignee_id, body.type, wanted?.name)
      : undefined;
  const location = server?.location ?? wanted;
  if (location === undefined) throw invalidInput({ location: ['location or assignee_id is required'] });
  if (world.primaryIps.size >= limits.primaryIps) throw limitExceeded('Primary IP limit exceeded', 'primary_ip_limit');
  // --- writes begin ---
  const id = world.primaryIps.nextId();
  const ip = body.type === 'ipv4' ? allotPublicIpv4(world) : allotPublicIpv6(world);
  const address = world.primaryIps.put(id, {
    id,
    name,
    labels,
    created: context.iso(),
    blocked: false,
    location,
    ip,
    dns_ptr: body.type === 'ipv4' ? [{ ip, dns_ptr: defaultPtr(ip) }] : [],
    protection: { delete: false },
    type: body.type,
    auto_delete: body.auto_delete ?? false,
    assignee_type: 'unassigned',
    assignee_id: null,
  });
  if (server === undefined) return { primary_ip: address };
  const effect = setAssignee.of({ id, server: server.id });
  const resources = resourcesOf(address, server.id);
  const action = context.actions.start({ command: 'assign_primary_ip', resources, locks: lockOf(address), effect });
  return { primary_ip: address, action };
};

/** docs.hetzner.cloud, primary IPs, unassign: the server must be off, and its IPv4 no load balancer's target. */
const assertUnassignable = (kit: Kit, address: PrimaryIp): number => {
  const id = address.assignee_id;
  if (id === null) throw invalidInput({ id: ['primary IP is not assigned'] });
  kit.actions.assertFree('server', id);
  if (kit.world.servers.get(id)?.status !== 'off') throw operationError('server_not_stopped', 'server must be stopped');
  const isTarget = kit.world.loadBalancers
    .all()
    .some((balancer) =>
      balancer.targets.some((one) => one.type === 'server' && one.server.id === id && !one.use_private_ip),
    );
  if (isTarget && address.type === 'ipv4')
    throw operationError('server_is_load_balancer_target', 'IPv4 of the server is a load balancer target');
  return id;
};

const crud: readonly Route[] = [
  route({
    method: 'GET',
    path: '/primary_ips',
    response: listSchema('primary_ips', primaryIpSchema),
    handle: (context) =>
      list(context, {
        key: 'primary_ips',
        rows: context.world.primaryIps.all(),
        sort: ['id', 'created'],
        filters: { ip: (address, values) => values.includes(address.ip) },
      }),
  }),
  route({
    method: 'POST',
    path: '/primary_ips',
    body: createPrimaryIpRequestSchema,
    response: createPrimaryIpResponseSchema,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/primary_ips/:id',
    response: oneSchema('primary_ip', primaryIpSchema),
    handle: (context) => ({ primary_ip: rowOf(context.world.primaryIps, context) }),
  }),
  route({
    method: 'PUT',
    path: '/primary_ips/:id',
    body: updatePrimaryIpRequestSchema,
    response: oneSchema('primary_ip', primaryIpSchema),
    handle: (context) => {
      const { world, body } = context;
      const address = rowOf(world.primaryIps, context);
      if (body.auto_delete === true && address.protection.delete)
        throw invalidInput({ auto_delete: ['a delete protected primary IP cannot be deleted automatically'] });
      updateNameAndLabels(world.primaryIps, address, body);
      address.auto_delete = body.auto_delete ?? address.auto_delete;
      return { primary_ip: address };
    },
  }),
  // An assigned one is refused since 2026-05-01.
  route({
    method: 'DELETE',
    path: '/primary_ips/:id',
    handle: (context) => {
      const address = freeAddress(context);
      assertUnprotected(address, 'Primary IP deletion is protected');
      if (address.assignee_id !== null) throw operationError('must_be_unassigned', 'primary IP must be unassigned');
      // --- writes begin ---
      context.world.primaryIps.delete(address.id);
      return null;
    },
  }),
];

const actions: readonly Route[] = [
  route({
    method: 'POST',
    path: '/primary_ips/:id/actions/assign',
    body: assignPrimaryIpRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const address = freeAddress(context);
      if (address.assignee_id !== null)
        throw operationError('primary_ip_already_assigned', 'primary IP is already assigned');
      const server = assignableServer(context, context.body.assignee_id, address.type, address.location.name);
      // --- writes begin ---
      const resources = resourcesOf(address, server.id);
      const effect = setAssignee.of({ id: address.id, server: server.id });
      const locks = lockOf(address);
      return { action: context.actions.start({ command: 'assign_primary_ip', resources, locks, effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/primary_ips/:id/actions/unassign',
    response: actionResponseSchema,
    handle: (context) => {
      const address = freeAddress(context);
      const server = assertUnassignable(context, address);
      // --- writes begin ---
      const resources = resourcesOf(address, server);
      const effect = setAssignee.of({ id: address.id, server: null });
      const locks = lockOf(address);
      return { action: context.actions.start({ command: 'unassign_primary_ip', resources, locks, effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/primary_ips/:id/actions/change_dns_ptr',
    body: changeDnsPtrRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const address = freeAddress(context);
      const write = setDnsPtr([address], context.body.ip, context.body.dns_ptr);
      // --- writes begin ---
      write();
      return { action: context.actions.start({ command: 'change_dns_ptr', resources: resourcesOf(address) }) };
    },
  }),
  // Delete protection and auto_delete exclude each other.
  route({
    method: 'POST',
    path: '/primary_ips/:id/actions/change_protection',
    body: changeProtectionRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const address = freeAddress(context);
      if (context.body.delete === true && address.auto_delete)
        throw invalidInput({ delete: ['a primary IP with auto_delete cannot be protected'] });
      // --- writes begin ---
      address.protection.delete = context.body.delete ?? address.protection.delete;
      return { action: context.actions.start({ command: 'change_protection', resources: resourcesOf(address) }) };
    },
  }),
];

export const routes: readonly Route[] = [
  ...crud,
  ...actions,
  ...actionRoutes('/primary_ips', 'primary_ip', (context) => rowOf(context.world.primaryIps, context).id),
];
