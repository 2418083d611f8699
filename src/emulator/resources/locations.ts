import { z } from 'zod';
import { listSchema, metaSchema, oneSchema } from '../../hetzner/wire/common.ts';
import { locationSchema } from '../../hetzner/wire/locations.ts';
import type { Context } from '../context.ts';
import { goneEndpoint } from '../errors.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { entryOf } from './catalogue-rows.ts';

/** Only this file and worlds before 2026-10-01 know data centres; the product never asks for them. */
const datacenterSchema = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  location: locationSchema,
  server_types: z.object({
    supported: z.array(z.int()),
    available: z.array(z.int()),
    available_for_migration: z.array(z.int()),
  }),
});
type Datacenter = z.infer<typeof datacenterSchema>;

/** Deprecated 2026-06-02, 410 since 2026-10-01 (hetzner.cloud changelog). */
const announcement = 'https://docs.hetzner.cloud/changelog#2026-06-02-datacenters-deprecated';
const datacentersOf = (context: Context<unknown>): readonly Datacenter[] => {
  const { datacenters } = context.world.catalogue;
  if (datacenters === null) throw goneEndpoint(announcement);
  return datacenters.map((row) => datacenterSchema.parse(row));
};

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/locations',
    response: listSchema('locations', locationSchema),
    handle: (context) =>
      list(context, { key: 'locations', rows: context.world.catalogue.locations, sort: ['id', 'name'] }),
  }),
  route({
    method: 'GET',
    path: '/locations/:id',
    response: oneSchema('location', locationSchema),
    handle: (context) => ({ location: entryOf('location', context.world.catalogue.locations, context) }),
  }),
  route({
    method: 'GET',
    path: '/datacenters',
    response: z.object({ datacenters: z.array(datacenterSchema), recommendation: z.int(), meta: metaSchema }),
    handle: (context) => ({
      ...list(context, { key: 'datacenters', rows: datacentersOf(context), sort: ['id', 'name'] }),
      recommendation: datacentersOf(context)[0]?.id ?? 1,
    }),
  }),
  route({
    method: 'GET',
    path: '/datacenters/:id',
    response: oneSchema('datacenter', datacenterSchema),
    handle: (context) => ({ datacenter: entryOf('datacenter', datacentersOf(context), context) }),
  }),
];
