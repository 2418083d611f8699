import { oneSchema } from '../../hetzner/wire/common.ts';
import { pricingSchema } from '../../hetzner/wire/pricing.ts';
import { type Route, route } from '../router.ts';

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/pricing',
    response: oneSchema('pricing', pricingSchema),
    handle: (context) => ({ pricing: context.world.catalogue.pricing }),
  }),
];
