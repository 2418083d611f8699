import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import {
  createServerRequestSchema,
  createServerResponseSchema,
  updateServerRequestSchema,
} from '../../hetzner/wire/server-requests.ts';
import { type Server, serverSchema } from '../../hetzner/wire/servers.ts';
import { macOf } from '../addresses.ts';
import type { Kit } from '../context.ts';
import { delays } from '../durations.ts';
import { effectKind } from '../effects.ts';
import { protectedError } from '../errors.ts';
import { list } from '../listing.ts';
import type { PrivatePlace } from '../private-addresses.ts';
import { type Route, route } from '../router.ts';
import { boot } from '../server-machine.ts';
import { checkedHostname } from '../server-rules.ts';
import { viewServer } from '../views.ts';
import { actionRoutes } from './actions.ts';
import { checkedOrder, placeOrder } from './server-create.ts';
import { rowOf, updateNameAndLabels } from './shared.ts';

/* docs.hetzner.cloud, servers: list, create, read, change, delete. Their actions are in server-*.ts beside this. */
export const attachTo = (server: Server, place: PrivatePlace): void => {
  server.private_net.push({
    network: place.network,
    ip: place.ip,
    alias_ips: [...(place.alias_ips ?? [])],
    mac_address: macOf('private', server.id * 64 + server.private_net.length),
  });
};

interface Created {
  readonly id: number;
  readonly networks: readonly PrivatePlace[];
  readonly start: boolean;
  /** A fault: it never leaves `initializing`. */
  readonly stuck: boolean;
}
const created = effectKind<Created>('server.created', ({ world }, { id, networks, start, stuck }) => {
  const server = world.servers.get(id);
  if (server === undefined) return;
  for (const place of networks) if (world.networks.get(place.network) !== undefined) attachTo(server, place);
  if (!stuck) server.status = start ? 'starting' : 'off';
});
const started = effectKind<{ id: number }>('server.started', (kit, { id }) => {
  const server = kit.world.servers.get(id);
  if (server !== undefined && server.status !== 'initializing') boot(kit, server);
});
const volumeArrived = effectKind<{ id: number; volume: number }>('server.volume', ({ world }, { id, volume }) => {
  const row = world.volumes.get(volume);
  if (row !== undefined) row.server = id;
});

/** Primary IPs with auto_delete go some time after their server (terraform-provider-hcloud #1523). */
const addressesGone = effectKind<{ id: number }>('server.addresses-gone', ({ world }, { id }) => {
  for (const address of world.primaryIps.all()) if (address.assignee_id === id) world.primaryIps.delete(address.id);
});
const removed = effectKind<{ id: number }>('server.removed', (kit, { id }) => {
  const { world } = kit;
  for (const volume of world.volumes.all()) if (volume.server === id) volume.server = null;
  for (const address of world.floatingIps.all()) if (address.server === id) address.server = null;
  for (const firewall of world.firewalls.all())
    firewall.applied_to = firewall.applied_to.filter((target) => target.server?.id !== id);
  for (const balancer of world.loadBalancers.all())
    balancer.targets = balancer.targets.filter((target) => target.type !== 'server' || target.server.id !== id);
  for (const image of world.images.all())
    if (image.type === 'backup' && image.bound_to === id) world.images.delete(image.id);
  for (const address of world.primaryIps.all()) {
    if (address.assignee_id !== id || address.auto_delete) continue;
    address.assignee_id = null;
    address.assignee_type = 'unassigned';
  }
  world.servers.delete(id);
  world.serverFacts.delete(id);
  kit.actions.later(delays.autoDelete * kit.pace.scale, addressesGone.of({ id }));
});
export const effects = [created, started, volumeArrived, addressesGone, removed];

export const serverView = (kit: Kit, server: Server): { server: Server } => ({ server: viewServer(kit.world, server) });

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/servers',
    response: listSchema('servers', serverSchema),
    handle: (context) =>
      list(context, {
        key: 'servers',
        rows: context.world.servers.all(),
        sort: ['id', 'name', 'created'],
        filters: { status: (server, values) => values.includes(server.status) },
        view: (server) => viewServer(context.world, server),
      }),
  }),
  route({
    method: 'POST',
    path: '/servers',
    body: createServerRequestSchema,
    response: createServerResponseSchema,
    handle: (context) => {
      const { actions, body, faults } = context;
      const order = checkedOrder(context, body);
      // --- writes begin ---
      const { server, rootPassword } = placeOrder(context, order);
      const { id } = server;
      const resources = [{ id, type: 'server' }];
      const networks = order.places;
      const effect = created.of({ id, networks, start: order.start, stuck: faults.onBoot() });
      const action = actions.start({ command: 'create_server', resources, effect });
      const volumeActions = order.volumes.map((volume) =>
        actions.start({
          command: 'attach_volume',
          resources: [...resources, { id: volume.id, type: 'volume' }],
          locks: [...resources, { id: volume.id, type: 'volume' }],
          after: action,
          effect: volumeArrived.of({ id, volume: volume.id }),
        }),
      );
      const start = order.start
        ? [actions.start({ command: 'start_server', resources, after: action, effect: started.of({ id }) })]
        : [];
      const next_actions = [...start, ...volumeActions];
      return { ...serverView(context, server), action, next_actions, root_password: rootPassword };
    },
  }),
  route({
    method: 'GET',
    path: '/servers/:id',
    response: oneSchema('server', serverSchema),
    handle: (context) => serverView(context, rowOf(context.world.servers, context)),
  }),
  // Name and labels are all that PUT changes; a running action doesn't refuse it.
  route({
    method: 'PUT',
    path: '/servers/:id',
    body: updateServerRequestSchema,
    response: oneSchema('server', serverSchema),
    handle: (context) => {
      const server = rowOf(context.world.servers, context);
      if (context.body.name !== undefined) checkedHostname(context.body.name);
      updateNameAndLabels(context.world.servers, server, context.body, 'server name is already used');
      return serverView(context, server);
    },
  }),
  route({
    method: 'DELETE',
    path: '/servers/:id',
    response: actionResponseSchema,
    handle: (context) => {
      const { world, actions } = context;
      const server = rowOf(world.servers, context);
      if (server.protection.delete) throw protectedError('server deletion is protected');
      actions.assertFree('server', server.id);
      // --- writes begin ---
      server.status = 'deleting';
      const resources = [{ id: server.id, type: 'server' }];
      return { action: actions.start({ command: 'delete_server', resources, effect: removed.of({ id: server.id }) }) };
    },
  }),
  ...actionRoutes('/servers', 'server', (context) => rowOf(context.world.servers, context).id),
];
