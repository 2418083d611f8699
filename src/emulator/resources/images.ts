import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { changeProtectionRequestSchema, listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import { type Image, imageSchema, updateImageRequestSchema } from '../../hetzner/wire/images.ts';
import type { Context, Kit } from '../context.ts';
import { invalidInput, notFound, operationError, protectedError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { actionRoutes } from './actions.ts';

/** Hetzner's own images and the project's snapshots and backups. */
const imagesOf = ({ world }: Kit): readonly Image[] => [...world.catalogue.images, ...world.images.all()];
const imageOf = (context: Context<unknown>): Image => {
  const id = context.params['id'] ?? '';
  const found = imagesOf(context).find((image) => String(image.id) === id);
  if (found === undefined) throw notFound('image', id);
  return found;
};
/** Only snapshots and backups can be changed or deleted (docs.hetzner.cloud, images). */
const ownImageOf = (context: Context<unknown>): Image => {
  const image = imageOf(context);
  if (context.world.images.get(image.id) === undefined)
    throw operationError('forbidden', 'only snapshots and backups can be changed', 403);
  return image;
};
const deprecationOf = (image: Image): string | undefined =>
  image.deprecated ?? image.deprecation?.announced ?? undefined;

const listImages = (context: Context): Record<string, unknown> => {
  const withDeprecated = context.query.get('include_deprecated') === 'true';
  return list(context, {
    key: 'images',
    rows: imagesOf(context).filter((image) => withDeprecated || deprecationOf(image) === undefined),
    sort: ['id', 'name', 'created'],
    filters: {
      type: (image, values) => values.includes(image.type),
      status: (image, values) => values.includes(image.status),
      bound_to: (image, values) => values.includes(String(image.bound_to)),
      architecture: (image, values) => values.includes(image.architecture),
    },
  });
};

export const routes: readonly Route[] = [
  route({ method: 'GET', path: '/images', response: listSchema('images', imageSchema), handle: listImages }),
  route({
    method: 'GET',
    path: '/images/:id',
    response: oneSchema('image', imageSchema),
    handle: (context) => ({ image: imageOf(context) }),
  }),
  route({
    method: 'PUT',
    path: '/images/:id',
    body: updateImageRequestSchema,
    response: oneSchema('image', imageSchema),
    handle: (context) => {
      const { body } = context;
      const image = ownImageOf(context);
      const labels = body.labels === undefined || body.labels === null ? image.labels : checkedLabels(body.labels);
      if (body.type === 'snapshot' && image.type !== 'backup')
        throw invalidInput({ type: ['only a backup can be converted to a snapshot'] });
      // --- writes begin ---
      image.labels = labels;
      image.description = body.description ?? image.description;
      if (body.type === 'snapshot') {
        image.type = 'snapshot';
        image.bound_to = null;
      }
      return { image };
    },
  }),
  route({
    method: 'DELETE',
    path: '/images/:id',
    handle: (context) => {
      const image = ownImageOf(context);
      if (image.protection.delete) throw protectedError(`${image.type} deletion is protected`);
      context.actions.assertFree('image', image.id);
      // --- writes begin ---
      context.world.images.delete(image.id);
      return null;
    },
  }),
  route({
    method: 'POST',
    path: '/images/:id/actions/change_protection',
    body: changeProtectionRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const image = ownImageOf(context);
      if (image.type !== 'snapshot') throw operationError('forbidden', 'only snapshots can be protected', 403);
      // --- writes begin ---
      image.protection.delete = context.body.delete ?? image.protection.delete;
      const resources = [{ id: image.id, type: 'image' }];
      return { action: context.actions.start({ command: 'change_protection', resources }) };
    },
  }),
  ...actionRoutes('/images', 'image', (context) => imageOf(context).id),
];
