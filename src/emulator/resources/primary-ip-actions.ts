import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { changeDnsPtrRequestSchema, changeProtectionRequestSchema } from '../../hetzner/wire/common.ts';
import { assignPrimaryIpRequestSchema, type PrimaryIp } from '../../hetzner/wire/primary-ips.ts';
import type { Server } from '../../hetzner/wire/servers.ts';
import type { Context, Kit } from '../context.ts';
import { effectKind } from '../effects.ts';
import { invalidInput, operationError } from '../errors.ts';
import { setDnsPtr } from '../reverse-dns.ts';
import { type Route, route } from '../router.ts';
import { rowOf } from './shared.ts';

export const setAssignee = effectKind(
  'primary_ip.assignee',
  (kit, { id, server }: { id: number; server: number | null }) => {
    const address = kit.world.primaryIps.get(id);
    if (address === undefined) return;
    address.assignee_id = server;
    // `unassigned` since 2026-08-01 (hetzner.cloud changelog 2026-04-27).
    address.assignee_type = server === null ? 'unassigned' : 'server';
  },
);
export const effects = [setAssignee];

export const resourcesOf = (address: PrimaryIp, server?: number) => [
  ...(server === undefined ? [] : [{ id: server, type: 'server' }]),
  { id: address.id, type: 'primary_ip' },
];
export const lockOf = (address: PrimaryIp) => [{ id: address.id, type: 'primary_ip' }];
export const freePrimaryIp = (context: Context<unknown>): PrimaryIp => {
  const address = rowOf(context.world.primaryIps, context);
  context.actions.assertFree('primary_ip', address.id);
  return address;
};

/** The server that may take an address of this type now: off, in the same location, without one (docs, assign). */
export const assignableServer = (
  kit: Kit,
  id: number,
  type: PrimaryIp['type'],
  location: string | undefined,
): Server => {
  const server = kit.world.servers.need(id);
  kit.actions.assertFree('server', id);
  if (server.status !== 'off') throw operationError('server_not_stopped', 'server must be stopped');
  if (location !== undefined && server.location.name !== location)
    throw invalidInput({ assignee_id: ['primary IP and server are in different locations'] });
  if (kit.world.primaryIps.all().some((one) => one.assignee_id === id && one.type === type))
    throw operationError(`server_has_${type}`, `server already has an ${type} address`);
  return server;
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

export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/primary_ips/:id/actions/assign',
    body: assignPrimaryIpRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const address = freePrimaryIp(context);
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
      const address = freePrimaryIp(context);
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
      const address = freePrimaryIp(context);
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
      const address = freePrimaryIp(context);
      if (context.body.delete === true && address.auto_delete)
        throw invalidInput({ delete: ['a primary IP with auto_delete cannot be protected'] });
      // --- writes begin ---
      address.protection.delete = context.body.delete ?? address.protection.delete;
      return { action: context.actions.start({ command: 'change_protection', resources: resourcesOf(address) }) };
    },
  }),
];
