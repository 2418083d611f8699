import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import {
  addRecordsRequestSchema,
  type DnsRecord,
  recordTypeSchema,
  removeRecordsRequestSchema,
  setRecordsRequestSchema,
  updateRecordsRequestSchema,
} from '../../hetzner/wire/zones.ts';
import type { Kit } from '../context.ts';
import { effectKind } from '../effects.ts';
import { invalidInput } from '../errors.ts';
import { type Route, route } from '../router.ts';
import { checkRecords, checkRrsetName } from './dns-values.ts';
import { assertChangeable, bumpSerial, primaryZoneOf, putRrset, rrsetKey, rrsetOf, startOnZone } from './zone-rows.ts';

/** The rrset's records after the action; an rrset that loses its last record is gone. */
type Change = { zone: number; name: string; type: string; ttl?: number | null; records: DnsRecord[] };
const write = (kit: Kit, { zone, name, type, ttl }: Change, records: readonly DnsRecord[]): void => {
  const key = rrsetKey(zone, name, type);
  const rrset = kit.world.rrsets.get(key);
  if (rrset === undefined) putRrset(kit, zone, { name, type: recordTypeSchema.parse(type), ttl: ttl ?? null, records });
  else if (records.length === 0) kit.world.rrsets.delete(key);
  else rrset.records = records.map(({ value, comment }) => ({ value, comment: comment ?? '' }));
  bumpSerial(kit, zone);
};
const present = (kit: Kit, { zone, name, type }: Change): readonly DnsRecord[] =>
  kit.world.rrsets.get(rrsetKey(zone, name, type))?.records ?? [];
const without = (records: readonly DnsRecord[], gone: readonly DnsRecord[]): DnsRecord[] =>
  records.filter(({ value }) => !gone.some((one) => one.value === value));

const set = effectKind('rrset.set', (kit, change: Change) => write(kit, change, change.records));
const add = effectKind('rrset.add', (kit, change: Change) =>
  write(kit, change, [...without(present(kit, change), change.records), ...change.records]),
);
const remove = effectKind('rrset.remove', (kit, change: Change) => {
  if (present(kit, change).length > 0) write(kit, change, without(present(kit, change), change.records));
});
export const effects = [set, add, remove];

const base = '/zones/:id/rrsets/:name/:type/actions';

/* docs.hetzner.cloud, zone RRSet actions. A record's value names it; the order of records means nothing. */
export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: `${base}/set_records`,
    body: setRecordsRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const { zone, rrset } = rrsetOf(context);
      assertChangeable([rrset]);
      checkRecords(rrset.type, context.body.records);
      // --- writes begin ---
      const { name, type } = rrset;
      const effect = set.of({ zone: zone.id, name, type, records: context.body.records });
      return startOnZone(context, zone.id, 'set_rrset_records', effect);
    },
  }),
  // Makes a missing rrset; a ttl other than the present one is refused.
  route({
    method: 'POST',
    path: `${base}/add_records`,
    body: addRecordsRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const { world, body } = context;
      const zone = primaryZoneOf(context);
      const { name = '' } = context.params;
      const parsed = recordTypeSchema.safeParse(context.params['type']);
      if (!parsed.success) throw invalidInput({ type: [`'${context.params['type']}' is not a record type`] });
      const type = parsed.data;
      const rrset = world.rrsets.get(rrsetKey(zone.id, name, type));
      checkRrsetName(name, zone.name);
      if (rrset !== undefined) assertChangeable([rrset]);
      if (rrset !== undefined && body.ttl !== undefined && body.ttl !== rrset.ttl)
        throw invalidInput({ ttl: ['ttl differs from the ttl of the existing RRSet'] });
      checkRecords(type, [...without(rrset?.records ?? [], body.records), ...body.records]);
      const double = rrset?.records.find(({ value }) => body.records.some((one) => one.value === value));
      if (double !== undefined) throw invalidInput({ records: [`record '${double.value}' already exists`] });
      // --- writes begin ---
      const effect = add.of({ zone: zone.id, name, type, ttl: body.ttl ?? null, records: body.records });
      return startOnZone(context, zone.id, 'add_rrset_records', effect);
    },
  }),
  route({
    method: 'POST',
    path: `${base}/remove_records`,
    body: removeRecordsRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const { zone, rrset } = rrsetOf(context);
      assertChangeable([rrset]);
      const stranger = without(context.body.records, rrset.records)[0];
      if (stranger !== undefined) throw invalidInput({ records: [`record '${stranger.value}' does not exist`] });
      // --- writes begin ---
      const { name, type } = rrset;
      const effect = remove.of({ zone: zone.id, name, type, records: context.body.records });
      return startOnZone(context, zone.id, 'remove_rrset_records', effect);
    },
  }),
  // Comments only, and the one action route that answers 200.
  route({
    method: 'POST',
    path: `${base}/update_records`,
    status: 200,
    body: updateRecordsRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const { zone, rrset } = rrsetOf(context);
      assertChangeable([rrset]);
      const { records } = context.body;
      const stranger = without(records, rrset.records)[0];
      if (stranger !== undefined) throw invalidInput({ records: [`record '${stranger.value}' does not exist`] });
      // --- writes begin ---
      rrset.records = rrset.records.map((record) => records.find(({ value }) => value === record.value) ?? record);
      return startOnZone(context, zone.id, 'update_rrset_records');
    },
  }),
];
