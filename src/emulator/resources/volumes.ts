import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { changeProtectionRequestSchema, listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import type { Server } from '../../hetzner/wire/servers.ts';
import {
  attachVolumeRequestSchema,
  createVolumeRequestSchema,
  createVolumeResponseSchema,
  resizeVolumeRequestSchema,
  updateVolumeRequestSchema,
  type Volume,
  volumeSchema,
} from '../../hetzner/wire/volumes.ts';
import type { Context, Kit } from '../context.ts';
import { effectKind } from '../effects.ts';
import { invalidInput, limitExceeded, operationError, serverLocked } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { actionRoutes } from './actions.ts';
import { assertUniqueName, assertUnprotected, locationOf, rowOf, updateNameAndLabels } from './shared.ts';

const created = effectKind('volume.created', (kit, { id }: { id: number }) => {
  const volume = kit.world.volumes.get(id);
  if (volume !== undefined) volume.status = 'available';
});
const setServer = effectKind('volume.server', (kit, { id, server }: { id: number; server: number | null }) => {
  const volume = kit.world.volumes.get(id);
  if (volume !== undefined) volume.server = server;
});
const resize = effectKind('volume.resize', (kit, { id, size }: { id: number; size: number }) => {
  const volume = kit.world.volumes.get(id);
  if (volume !== undefined) volume.size = size;
});
export const effects = [created, setServer, resize];

const self = (volume: Volume) => ({ id: volume.id, type: 'volume' });
const freeVolume = (context: Context<unknown>): Volume => {
  const volume = rowOf(context.world.volumes, context);
  context.actions.assertFree('volume', volume.id);
  return volume;
};
/** The server that may take one more volume: same location, at most 16 (docs.hetzner.com, volumes). */
const checkedServer = (kit: Kit, id: number, location: string | undefined): Server => {
  const server = kit.world.servers.need(id);
  if (kit.actions.isBusy('server', id)) throw serverLocked();
  if (location !== undefined && server.location.name !== location)
    throw invalidInput({ server: ['volume and server must be in the same location'] });
  const attached = kit.world.volumes.all().filter((volume) => volume.server === id);
  if (attached.length >= kit.limits.volumesPerServer)
    throw limitExceeded('volume limit exceeded', 'server_volume_limit');
  return server;
};

const create = (context: Context<ReturnType<typeof createVolumeRequestSchema.parse>>) => {
  const { world, body, limits, actions } = context;
  assertUniqueName(world.volumes, body.name);
  const labels = checkedLabels(body.labels);
  const wanted = body.location === undefined || body.location === null ? undefined : locationOf(context, body.location);
  const server = typeof body.server === 'number' ? checkedServer(context, body.server, wanted?.name) : undefined;
  const location = server?.location ?? wanted;
  if (location === undefined) throw invalidInput({ location: ['location or server is required'] });
  if (body.automount === true && server === undefined) throw invalidInput({ automount: ['automount needs a server'] });
  if (world.volumes.size >= limits.volumes) throw limitExceeded('volume limit exceeded', 'volume_limit');
  // --- writes begin ---
  const id = world.volumes.nextId();
  const volume = world.volumes.put(id, {
    id,
    name: body.name,
    server: null,
    status: 'creating',
    location,
    size: body.size,
    linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${id}`,
    protection: { delete: false },
    labels,
    created: context.iso(),
    format: body.format ?? null,
  });
  const named = server === undefined ? [] : [{ id: server.id, type: 'server' }];
  const resources = [...named, self(volume)];
  const locks = [self(volume)];
  const action = actions.start({ command: 'create_volume', resources, locks, effect: created.of({ id }) });
  if (server === undefined) return { volume, action, next_actions: [] };
  const effect = setServer.of({ id, server: server.id });
  const next = actions.start({ command: 'attach_volume', resources, locks: resources, effect, after: action });
  return { volume, action, next_actions: [next] };
};

const crud: readonly Route[] = [
  route({
    method: 'GET',
    path: '/volumes',
    response: listSchema('volumes', volumeSchema),
    handle: (context) =>
      list(context, {
        key: 'volumes',
        rows: context.world.volumes.all(),
        sort: ['id', 'name', 'created'],
        filters: { status: (volume, values) => values.includes(volume.status) },
      }),
  }),
  route({
    method: 'POST',
    path: '/volumes',
    body: createVolumeRequestSchema,
    response: createVolumeResponseSchema,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/volumes/:id',
    response: oneSchema('volume', volumeSchema),
    handle: (context) => ({ volume: rowOf(context.world.volumes, context) }),
  }),
  route({
    method: 'PUT',
    path: '/volumes/:id',
    body: updateVolumeRequestSchema,
    response: oneSchema('volume', volumeSchema),
    handle: (context) => {
      const volume = rowOf(context.world.volumes, context);
      updateNameAndLabels(context.world.volumes, volume, context.body);
      return { volume };
    },
  }),
  route({
    method: 'DELETE',
    path: '/volumes/:id',
    handle: (context) => {
      const volume = freeVolume(context);
      assertUnprotected(volume, 'volume deletion is protected');
      if (volume.server !== null) throw operationError('service_error', 'volume is still attached to a server');
      // --- writes begin ---
      context.world.volumes.delete(volume.id);
      return null;
    },
  }),
];

const actions: readonly Route[] = [
  route({
    method: 'POST',
    path: '/volumes/:id/actions/attach',
    body: attachVolumeRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const volume = freeVolume(context);
      if (volume.server !== null)
        throw operationError('volume_already_attached', 'volume is already attached to a server');
      const server = checkedServer(context, context.body.server, volume.location.name);
      // --- writes begin ---
      const resources = [{ id: server.id, type: 'server' }, self(volume)];
      const effect = setServer.of({ id: volume.id, server: server.id });
      return { action: context.actions.start({ command: 'attach_volume', resources, locks: resources, effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/volumes/:id/actions/detach',
    response: actionResponseSchema,
    handle: (context) => {
      const volume = freeVolume(context);
      if (volume.server === null) throw invalidInput({ id: ['volume is not attached to a server'] });
      context.actions.assertFree('server', volume.server);
      // --- writes begin ---
      const resources = [{ id: volume.server, type: 'server' }, self(volume)];
      const effect = setServer.of({ id: volume.id, server: null });
      return { action: context.actions.start({ command: 'detach_volume', resources, locks: resources, effect }) };
    },
  }),
  // Grows only.
  route({
    method: 'POST',
    path: '/volumes/:id/actions/resize',
    body: resizeVolumeRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const volume = freeVolume(context);
      const { size } = context.body;
      if (size <= volume.size) throw invalidInput({ size: [`must be greater than ${volume.size}`] });
      // --- writes begin ---
      const effect = resize.of({ id: volume.id, size });
      return { action: context.actions.start({ command: 'resize_volume', resources: [self(volume)], effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/volumes/:id/actions/change_protection',
    body: changeProtectionRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const volume = freeVolume(context);
      // --- writes begin ---
      volume.protection.delete = context.body.delete ?? volume.protection.delete;
      return { action: context.actions.start({ command: 'change_protection', resources: [self(volume)] }) };
    },
  }),
];

export const routes: readonly Route[] = [
  ...crud,
  ...actions,
  ...actionRoutes('/volumes', 'volume', (context) => rowOf(context.world.volumes, context).id),
];
