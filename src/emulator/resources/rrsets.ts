import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import {
  type CreateRrsetRequest,
  changeRrsetProtectionRequestSchema,
  changeRrsetTtlRequestSchema,
  createRrsetRequestSchema,
  createRrsetResponseSchema,
  rrsetSchema,
  updateRrsetRequestSchema,
} from '../../hetzner/wire/zones.ts';
import type { Context } from '../context.ts';
import { effectKind } from '../effects.ts';
import { invalidInput, operationError, uniquenessError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { checkRecords, checkRrsetName } from './dns-values.ts';
import {
  assertChangeable,
  bumpSerial,
  primaryZoneOf,
  putRrset,
  readableRrsetOf,
  readableZoneOf,
  rrsetKey,
  rrsetOf,
  startOnZone,
} from './zone-rows.ts';

const removed = effectKind('rrset.removed', (kit, { zone, key }: { zone: number; key: string }) => {
  kit.world.rrsets.delete(key);
  bumpSerial(kit, zone);
});
export const effects = [removed];

const create = (context: Context<CreateRrsetRequest>) => {
  const { world, body } = context;
  const zone = primaryZoneOf(context);
  checkRrsetName(body.name, zone.name);
  const labels = checkedLabels(body.labels);
  checkRecords(body.type, body.records);
  if (body.type === 'SOA') throw invalidInput({ type: ['the SOA RRSet is managed by Hetzner'] });
  const names = world.rrsets.all().filter((rrset) => rrset.zone === zone.id && rrset.name === body.name);
  if (names.some((rrset) => rrset.type === body.type)) throw uniquenessError('RRSet already exists');
  // RFC 1034: a CNAME stands alone at its name.
  if (names.length > 0 && (body.type === 'CNAME' || names.some((rrset) => rrset.type === 'CNAME')))
    throw invalidInput({ type: ['a CNAME RRSet cannot stand beside other RRSets'] });
  // --- writes begin ---
  const { name, type, ttl, records } = body;
  const rrset = putRrset(context, zone.id, { name, type, ttl: ttl ?? null, labels, records });
  bumpSerial(context, zone.id);
  return { rrset, ...startOnZone(context, zone.id, 'create_rrset') };
};

export const routes: readonly Route[] = [
  // Up to 100 a page, unlike other kinds (docs.hetzner.cloud, zone RRSets).
  route({
    method: 'GET',
    path: '/zones/:id/rrsets',
    response: listSchema('rrsets', rrsetSchema),
    handle: (context) => {
      const zone = readableZoneOf(context);
      return list(context, {
        key: 'rrsets',
        rows: context.world.rrsets.all().filter((rrset) => rrset.zone === zone.id),
        sort: ['id', 'name', 'type'],
        filters: { type: (rrset, values) => values.includes(rrset.type) },
        perPageMax: context.limits.rrsetsPerPageMax,
      });
    },
  }),
  route({
    method: 'POST',
    path: '/zones/:id/rrsets',
    body: createRrsetRequestSchema,
    response: createRrsetResponseSchema,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/zones/:id/rrsets/:name/:type',
    response: oneSchema('rrset', rrsetSchema),
    handle: (context) => ({ rrset: readableRrsetOf(context) }),
  }),
  route({
    method: 'PUT',
    path: '/zones/:id/rrsets/:name/:type',
    body: updateRrsetRequestSchema,
    response: oneSchema('rrset', rrsetSchema),
    handle: (context) => {
      const { rrset } = rrsetOf(context);
      const { labels } = context.body;
      const checked = labels === undefined || labels === null ? rrset.labels : checkedLabels(labels);
      // --- writes begin ---
      rrset.labels = checked;
      return { rrset };
    },
  }),
  // 201 with an action, unlike most deletes.
  route({
    method: 'DELETE',
    path: '/zones/:id/rrsets/:name/:type',
    status: 201,
    response: actionResponseSchema,
    handle: (context) => {
      const { zone, rrset } = rrsetOf(context);
      assertChangeable([rrset]);
      if (rrset.type === 'SOA') throw operationError('invalid_input', 'the SOA RRSet cannot be deleted');
      // --- writes begin ---
      const key = rrsetKey(zone.id, rrset.name, rrset.type);
      return startOnZone(context, zone.id, 'delete_rrset', removed.of({ zone: zone.id, key }));
    },
  }),
  route({
    method: 'POST',
    path: '/zones/:id/rrsets/:name/:type/actions/change_ttl',
    body: changeRrsetTtlRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const { zone, rrset } = rrsetOf(context);
      assertChangeable([rrset]);
      // --- writes begin ---
      rrset.ttl = context.body.ttl;
      bumpSerial(context, zone.id);
      return startOnZone(context, zone.id, 'change_rrset_ttl');
    },
  }),
  route({
    method: 'POST',
    path: '/zones/:id/rrsets/:name/:type/actions/change_protection',
    body: changeRrsetProtectionRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const { zone, rrset } = rrsetOf(context);
      // --- writes begin ---
      rrset.protection.change = context.body.change;
      return startOnZone(context, zone.id, 'change_rrset_protection');
    },
  }),
];
