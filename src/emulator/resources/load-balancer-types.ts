import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import { loadBalancerTypeSchema } from '../../hetzner/wire/load-balancer-types.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { entryOf } from './catalogue-rows.ts';

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/load_balancer_types',
    response: listSchema('load_balancer_types', loadBalancerTypeSchema),
    handle: (context) =>
      list(context, {
        key: 'load_balancer_types',
        rows: context.world.catalogue.loadBalancerTypes,
        sort: ['id', 'name'],
      }),
  }),
  route({
    method: 'GET',
    path: '/load_balancer_types/:id',
    response: oneSchema('load_balancer_type', loadBalancerTypeSchema),
    handle: (context) => ({
      load_balancer_type: entryOf('load balancer type', context.world.catalogue.loadBalancerTypes, context),
    }),
  }),
];
