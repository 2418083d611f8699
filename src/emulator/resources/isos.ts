import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import { isoSchema } from '../../hetzner/wire/isos.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { entryOf } from './catalogue-rows.ts';

export const routes: readonly Route[] = [
  // docs.hetzner.cloud, ISOs: `architecture` alone hides the ISOs for every architecture.
  route({
    method: 'GET',
    path: '/isos',
    response: listSchema('isos', isoSchema),
    handle: (context) => {
      const wildcard = context.query.get('include_architecture_wildcard') === 'true';
      return list(context, {
        key: 'isos',
        rows: context.world.catalogue.isos,
        sort: ['id', 'name'],
        filters: {
          architecture: (iso, values) => (iso.architecture === null ? wildcard : values.includes(iso.architecture)),
        },
      });
    },
  }),
  route({
    method: 'GET',
    path: '/isos/:id',
    response: oneSchema('iso', isoSchema),
    handle: (context) => ({ iso: entryOf('ISO', context.world.catalogue.isos, context) }),
  }),
];
