import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import { serverTypeSchema } from '../../hetzner/wire/server-types.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { withStock } from '../stock.ts';
import { entryOf } from './catalogue-rows.ts';

export const routes: readonly Route[] = [
  // `sort` is not documented for types and ISOs; hcloud 1.30 (Debian 12) sends it with every list, so it can't be refused.
  route({
    method: 'GET',
    path: '/server_types',
    response: listSchema('server_types', serverTypeSchema),
    handle: (context) =>
      list(context, {
        key: 'server_types',
        rows: context.world.catalogue.serverTypes,
        sort: ['id', 'name'],
        view: (type) => withStock(context.world, type),
      }),
  }),
  // A retired type still answers by id while its name finds nothing (terraform-provider-hcloud, resource_test.go).
  route({
    method: 'GET',
    path: '/server_types/:id',
    response: oneSchema('server_type', serverTypeSchema),
    handle: (context) => {
      const { serverTypes, retiredServerTypes } = context.world.catalogue;
      const type = entryOf('server type', [...serverTypes, ...retiredServerTypes], context);
      return { server_type: withStock(context.world, type) };
    },
  }),
];
