import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import {
  type CreateZoneRequest,
  createZoneRequestSchema,
  createZoneResponseSchema,
  updateZoneRequestSchema,
  zoneSchema,
} from '../../hetzner/wire/zones.ts';
import type { Context } from '../context.ts';
import { effectKind } from '../effects.ts';
import { invalidInput, limitExceeded, uniquenessError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { type Route, route } from '../router.ts';
import { actionRoutes } from './actions.ts';
import { checkRecords, checkRrsetName } from './dns-values.ts';
import { assertUnprotected } from './shared.ts';
import { checkedZoneName } from './zone-names.ts';
import {
  nameservers,
  putOwnRrsets,
  putRrset,
  type RrsetDraft,
  rrsetKey,
  rrsetsOf,
  startOnZone,
  zoneOf,
  zoneView,
} from './zone-rows.ts';
import { parseZonefile } from './zonefile.ts';

const removed = effectKind('zone.removed', (kit, { id }: { id: number }) => {
  for (const rrset of rrsetsOf(kit, id)) kit.world.rrsets.delete(rrsetKey(id, rrset.name, rrset.type));
  kit.world.zones.delete(id);
});
export const effects = [removed];

/** The rrsets a new zone comes with: listed, or as a zone file, never both (docs.hetzner.cloud, zones, create). */
const firstRrsets = (body: CreateZoneRequest): { ttl: number | null; rrsets: readonly RrsetDraft[] } => {
  const given = body.rrsets ?? [];
  if (typeof body.zonefile === 'string') {
    if (given.length > 0) throw invalidInput({ zonefile: ['rrsets and zonefile exclude each other'] });
    return parseZonefile(body.zonefile, body.name);
  }
  for (const rrset of given) checkRrsetName(rrset.name, body.name);
  const rrsets = given.map(({ name, type, ttl, labels, records }) => ({
    ...{ name, type, ttl: ttl ?? null, labels: checkedLabels(labels), records },
  }));
  return { ttl: null, rrsets };
};

const create = (context: Context<CreateZoneRequest>) => {
  const { world, body, limits } = context;
  const name = checkedZoneName(body.name);
  if (world.zones.all().some((zone) => zone.name === name)) throw uniquenessError('name is already used');
  const labels = checkedLabels(body.labels);
  const servers = body.primary_nameservers ?? [];
  const { ttl, rrsets } = firstRrsets(body);
  if (body.mode === 'secondary' && (servers.length === 0 || rrsets.length > 0))
    throw invalidInput({ primary_nameservers: ['a secondary zone has nameservers and no rrsets'] });
  for (const rrset of rrsets) checkRecords(rrset.type, rrset.records);
  if (world.zones.size >= limits.zones) throw limitExceeded('zone limit exceeded', 'zone_limit');
  // --- writes begin ---
  const id = world.zones.nextId();
  const zone = world.zones.put(id, {
    id,
    name,
    created: context.iso(),
    mode: body.mode,
    ttl: body.ttl ?? ttl ?? 3600,
    labels,
    protection: { delete: false },
    primary_nameservers: servers,
    status: 'ok',
    record_count: 0,
    registrar: 'other',
    authoritative_nameservers: {
      assigned: [...nameservers],
      delegated: [...nameservers],
      delegation_last_check: context.iso(),
      delegation_status: 'valid',
    },
  });
  for (const rrset of rrsets) putRrset(context, id, rrset);
  if (body.mode === 'primary') putOwnRrsets(context, id);
  return { zone: zoneView(context, zone), ...startOnZone(context, id, 'create_zone', undefined, true) };
};

const crud: readonly Route[] = [
  route({
    method: 'GET',
    path: '/zones',
    response: listSchema('zones', zoneSchema),
    handle: (context) =>
      list(context, {
        key: 'zones',
        rows: context.world.zones.all(),
        sort: ['id', 'name', 'created'],
        filters: { mode: (zone, values) => values.includes(zone.mode) },
        view: (zone) => zoneView(context, zone),
      }),
  }),
  route({
    method: 'POST',
    path: '/zones',
    body: createZoneRequestSchema,
    response: createZoneResponseSchema,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/zones/:id',
    response: oneSchema('zone', zoneSchema),
    handle: (context) => ({ zone: zoneView(context, zoneOf(context)) }),
  }),
  route({
    method: 'PUT',
    path: '/zones/:id',
    body: updateZoneRequestSchema,
    response: oneSchema('zone', zoneSchema),
    handle: (context) => {
      const zone = zoneOf(context);
      const { labels } = context.body;
      const checked = labels === undefined || labels === null ? zone.labels : checkedLabels(labels);
      // --- writes begin ---
      zone.labels = checked;
      return { zone: zoneView(context, zone) };
    },
  }),
  // 201 with an action, unlike most deletes (docs.hetzner.cloud).
  route({
    method: 'DELETE',
    path: '/zones/:id',
    status: 201,
    response: actionResponseSchema,
    handle: (context) => {
      const zone = zoneOf(context);
      assertUnprotected(zone, 'zone is delete protected');
      context.actions.assertFree('zone', zone.id);
      // --- writes begin ---
      return startOnZone(context, zone.id, 'delete_zone', removed.of({ id: zone.id }), true);
    },
  }),
];

export const routes: readonly Route[] = [...crud, ...actionRoutes('/zones', 'zone', (context) => zoneOf(context).id)];
