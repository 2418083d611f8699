import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import type { Image } from '../../hetzner/wire/images.ts';
import type { Iso } from '../../hetzner/wire/isos.ts';
import {
  actionWithPasswordResponseSchema,
  attachIsoRequestSchema,
  changeServerTypeRequestSchema,
  createImageRequestSchema,
  createImageResponseSchema,
  rebuildServerRequestSchema,
} from '../../hetzner/wire/server-requests.ts';
import type { ServerType } from '../../hetzner/wire/server-types.ts';
import { effectKind } from '../effects.ts';
import { operationError, protectedError, unsupported } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { type Route, route } from '../router.ts';
import { boot, factsOf, halt, reinstall } from '../server-machine.ts';
import { assertOrderable, checkedUserData, imageFor, serverTypeOf } from '../server-rules.ts';
import { freeServer, of, serverEffect } from './server-power.ts';
import { byIdOrName } from './shared.ts';

/* docs.hetzner.cloud, server actions: rebuild, change_type, create_image, backups, ISOs. */
interface Rebuilt {
  readonly image: Image;
  /** Undefined: the former user data is used again. */
  readonly userData?: string | null;
  readonly rootPassword: string | null;
}
const rebuilt = serverEffect<Rebuilt>('server.rebuilt', (kit, server, { image, userData, rootPassword }) => {
  const facts = factsOf(kit.world, server.id);
  server.image = image;
  if (userData !== undefined) facts.userData = userData;
  facts.rootPassword = rootPassword;
  reinstall(kit, server);
  boot(kit, server);
});
interface Resized {
  readonly type: ServerType;
  readonly upgradeDisk: boolean;
}
/** "The server is started again afterwards" (docs.hetzner.cloud, change_type). */
const resized = serverEffect<Resized>('server.resized', (kit, server, { type, upgradeDisk }) => {
  server.server_type = type;
  if (upgradeDisk) server.primary_disk_size = type.disk;
  const price = type.prices.find((one) => one.location === server.location.name);
  server.included_traffic = price?.included_traffic ?? null;
  boot(kit, server);
});
const imageReady = effectKind<{ image: number }>('image.ready', ({ world }, { image }) => {
  const row = world.images.get(image);
  if (row === undefined) return;
  row.status = 'available';
  // Compressed, and a fresh system fills about a twentieth of its disk.
  row.image_size = Math.round(row.disk_size * 5) / 100;
});
const isoSet = serverEffect<{ iso: Iso | null }>('server.iso', (_kit, server, { iso }) => {
  server.iso = iso;
});
const backupsSet = serverEffect<{ window: string | null }>('server.backups', ({ world }, server, { window }) => {
  server.backup_window = window;
  if (window !== null) return;
  for (const image of world.images.all())
    if (image.type === 'backup' && image.bound_to === server.id) world.images.delete(image.id);
});
export const effects = [rebuilt, resized, imageReady, isoSet, backupsSet];

export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/servers/:id/actions/rebuild',
    body: rebuildServerRequestSchema,
    response: actionWithPasswordResponseSchema,
    handle: (context) => {
      const { world, actions, body, random } = context;
      const server = freeServer(context);
      if (server.protection.rebuild) throw protectedError('server rebuild is protected');
      const image = imageFor(world, server.server_type, body.image);
      const userData = typeof body.user_data === 'string' ? checkedUserData(context, body.user_data) : undefined;
      // --- writes begin ---
      halt(context, server);
      server.status = 'rebuilding';
      const rootPassword = factsOf(world, server.id).sshKeys.length > 0 ? null : random.text(20);
      const data = { id: server.id, image, rootPassword, ...(userData === undefined ? {} : { userData }) };
      const action = actions.start({ command: 'rebuild_server', resources: of(server), effect: rebuilt.of(data) });
      return { action, root_password: rootPassword };
    },
  }),
  route({
    method: 'POST',
    path: '/servers/:id/actions/change_type',
    body: changeServerTypeRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const { world, actions, body } = context;
      const server = freeServer(context);
      const type = serverTypeOf(world, body.server_type);
      if (server.status !== 'off') throw operationError('server_not_stopped', 'server must be stopped');
      const { storage_type, architecture } = server.server_type;
      const fits = type.storage_type === storage_type && type.architecture === architecture;
      if (!fits || type.disk < server.primary_disk_size || type.id === server.server_type.id)
        throw operationError('invalid_server_type', 'server type is not compatible with the current one');
      assertOrderable(context, type, server.location);
      // --- writes begin ---
      server.status = 'migrating';
      const effect = resized.of({ id: server.id, type, upgradeDisk: body.upgrade_disk });
      return { action: actions.start({ command: 'change_server_type', resources: of(server), effect }) };
    },
  }),
  route({
    method: 'POST',
    path: '/servers/:id/actions/create_image',
    body: createImageRequestSchema,
    response: createImageResponseSchema,
    handle: (context) => {
      const { world, actions, body } = context;
      const server = freeServer(context);
      const type = body.type ?? 'snapshot';
      if (type === 'backup' && server.backup_window === null)
        throw unsupported('backups are not enabled for this server');
      const labels = checkedLabels(body.labels);
      // --- writes begin ---
      const id = world.images.nextId();
      const image = world.images.put(id, {
        id,
        type,
        status: 'creating',
        name: null,
        description: body.description ?? `${type} of ${server.name}`,
        image_size: null,
        disk_size: server.primary_disk_size,
        created: context.iso(),
        created_from: { id: server.id, name: server.name },
        bound_to: type === 'backup' ? server.id : null,
        os_flavor: server.image?.os_flavor ?? 'unknown',
        os_version: server.image?.os_version ?? null,
        rapid_deploy: false,
        protection: { delete: false },
        deprecation: null,
        deleted: null,
        labels,
        architecture: server.server_type.architecture,
      });
      const resources = [...of(server), { id, type: 'image' }];
      const action = actions.start({ command: 'create_image', resources, effect: imageReady.of({ image: id }) });
      return { action, image };
    },
  }),
  route({
    method: 'POST',
    path: '/servers/:id/actions/attach_iso',
    body: attachIsoRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      const iso = byIdOrName('ISO', context.world.catalogue.isos, context.body.iso);
      // --- writes begin ---
      const resources = [...of(server), { id: iso.id, type: 'iso' }];
      const effect = isoSet.of({ id: server.id, iso });
      return { action: context.actions.start({ command: 'attach_iso', resources, effect }) };
    },
  }),
  // Without an ISO it succeeds at once.
  route({
    method: 'POST',
    path: '/servers/:id/actions/detach_iso',
    response: actionResponseSchema,
    handle: (context) => {
      const server = freeServer(context);
      // --- writes begin ---
      const effect = isoSet.of({ id: server.id, iso: null });
      const duration = server.iso === null ? { duration: 0 } : {};
      return { action: context.actions.start({ command: 'detach_iso', resources: of(server), effect, ...duration }) };
    },
  }),
  ...([true, false] as const).map((enable) =>
    route({
      method: 'POST',
      path: `/servers/:id/actions/${enable ? 'enable' : 'disable'}_backup`,
      response: actionResponseSchema,
      handle: (context) => {
        const server = freeServer(context);
        // --- writes begin ---
        const effect = backupsSet.of({ id: server.id, window: enable ? '22-02' : null });
        const command = enable ? 'enable_backup' : 'disable_backup';
        return { action: context.actions.start({ command, resources: of(server), effect }) };
      },
    }),
  ),
];
