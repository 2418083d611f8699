import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import {
  createPrimaryIpRequestSchema,
  createPrimaryIpResponseSchema,
  primaryIpSchema,
  updatePrimaryIpRequestSchema,
} from '../../hetzner/wire/primary-ips.ts';
import { allotPublicIpv4, allotPublicIpv6, defaultPtr } from '../addresses.ts';
import type { Context } from '../context.ts';
import { invalidInput, limitExceeded, operationError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { actionRoutes } from './actions.ts';
import { assignableServer, freePrimaryIp, lockOf, resourcesOf, setAssignee } from './primary-ip-actions.ts';
import { assertUniqueName, assertUnprotected, checkedName, locationOf, rowOf, updateNameAndLabels } from './shared.ts';

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
      const address = freePrimaryIp(context);
      assertUnprotected(address, 'Primary IP deletion is protected');
      if (address.assignee_id !== null) throw operationError('must_be_unassigned', 'primary IP must be unassigned');
      // --- writes begin ---
      context.world.primaryIps.delete(address.id);
      return null;
    },
  }),
];

export const routes: readonly Route[] = [
  ...crud,
  ...actionRoutes('/primary_ips', 'primary_ip', (context) => rowOf(context.world.primaryIps, context).id),
];
