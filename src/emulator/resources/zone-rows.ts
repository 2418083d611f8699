import type { Action } from '../../hetzner/wire/actions.ts';
import type { DnsRecord, RecordType, Rrset, Zone } from '../../hetzner/wire/zones.ts';
import type { Context, Kit } from '../context.ts';
import { ApiError, namedNotFound, operationError, protectedError } from '../errors.ts';
import type { Effect } from '../world.ts';

/*
 * Rows behind zones and rrsets. Paths take a zone's id or its name; an rrset's key in the world is
 * `<zone id>/<name>/<TYPE>`, its id on the wire `name/TYPE`.
 */
/** docs.hetzner.cloud, zones: made with every zone. */
export const nameservers = ['hydrogen.ns.hetzner.com.', 'oxygen.ns.hetzner.com.', 'helium.ns.hetzner.de.'];

export const zoneOf = (context: Context<unknown>): Zone => {
  const wanted = context.params['id'] ?? '';
  const found = context.world.zones.all().find((zone) => String(zone.id) === wanted || zone.name === wanted);
  if (found === undefined) throw namedNotFound('zone', wanted);
  return found;
};
/** Rrsets are those of primary zones, to read and to change (docs.hetzner.cloud, `incorrect_zone_mode`). */
export const readableZoneOf = (context: Context<unknown>): Zone => {
  const zone = zoneOf(context);
  if (zone.mode !== 'primary')
    throw operationError('incorrect_zone_mode', 'operation is not supported for the mode of this zone');
  return zone;
};
/** A change waits for another one; reading is never refused for it. */
export const primaryZoneOf = (context: Context<unknown>): Zone => {
  const zone = readableZoneOf(context);
  context.actions.assertFree('zone', zone.id);
  return zone;
};

export const rrsetKey = (zone: number, name: string, type: string): string => `${zone}/${name}/${type}`;
export const rrsetsOf = ({ world }: Kit, zone: number): Rrset[] =>
  world.rrsets.all().filter((rrset) => rrset.zone === zone);
/** The rrset of the path, in the zone that was found for reading or for a change. */
const rrsetIn = (context: Context<unknown>, zone: Zone): Rrset => {
  const { name = '', type = '' } = context.params;
  const rrset = context.world.rrsets.get(rrsetKey(zone.id, name, type));
  if (rrset === undefined) throw new ApiError('not_found', `RRSet '${name}/${type}' not found`);
  return rrset;
};
export const readableRrsetOf = (context: Context<unknown>): Rrset => rrsetIn(context, readableZoneOf(context));
export const rrsetOf = (context: Context<unknown>): { zone: Zone; rrset: Rrset } => {
  const zone = primaryZoneOf(context);
  return { zone, rrset: rrsetIn(context, zone) };
};
/** `RRSet(s) is/are change protected` (hcloud cli test/e2e). */
export const assertChangeable = (rrsets: readonly Rrset[]): void => {
  if (rrsets.some((rrset) => rrset.protection.change)) throw protectedError('RRSet(s) is/are change protected');
};

/** SOA serial: `YYYYMMDDnn`, growing with every change (docs.hetzner.cloud, zones, SOA serial). */
const nextSerial = (before: number, iso: string): number =>
  Math.max(before + 1, Number(`${iso.slice(0, 10).replaceAll('-', '')}00`));
const soaValue = (serial: number): string =>
  `hydrogen.ns.hetzner.com. dns.hetzner.com. ${serial} 86400 10800 3600000 3600`;

export interface RrsetDraft {
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number | null;
  readonly labels?: Record<string, string>;
  readonly records: readonly DnsRecord[];
}
export const putRrset = (kit: Kit, zone: number, draft: RrsetDraft): Rrset =>
  kit.world.rrsets.put(rrsetKey(zone, draft.name, draft.type), {
    id: `${draft.name}/${draft.type}`,
    name: draft.name,
    type: draft.type,
    ttl: draft.ttl,
    labels: { ...draft.labels },
    protection: { change: false },
    // Comments always come back, empty when there are none.
    records: draft.records.map(({ value, comment }) => ({ value, comment: comment ?? '' })),
    zone,
  });

/** SOA and NS, where the zone lacks them. */
export const putOwnRrsets = (kit: Kit, zone: number): void => {
  const has = (type: RecordType): boolean => kit.world.rrsets.get(rrsetKey(zone, '@', type)) !== undefined;
  if (!has('SOA'))
    putRrset(kit, zone, {
      name: '@',
      type: 'SOA',
      ttl: null,
      records: [{ value: soaValue(nextSerial(0, kit.iso())) }],
    });
  if (!has('NS'))
    putRrset(kit, zone, { name: '@', type: 'NS', ttl: null, records: nameservers.map((value) => ({ value })) });
};
/** To be called by every change of a zone's records. */
export const bumpSerial = (kit: Kit, zone: number): void => {
  const soa = kit.world.rrsets.get(rrsetKey(zone, '@', 'SOA'))?.records[0];
  if (soa !== undefined) soa.value = soaValue(nextSerial(Number(soa.value.split(/\s+/)[2] ?? 0) || 0, kit.iso()));
};

export const zoneView = (kit: Kit, zone: Zone): Zone => ({
  ...zone,
  record_count: rrsetsOf(kit, zone.id).reduce((sum, rrset) => sum + rrset.records.length, 0),
});

/** Actions of zones and of their rrsets name the zone. Only a zone's own actions lock it. */
export const startOnZone = (
  kit: Kit,
  zone: number,
  command: string,
  effect?: Effect,
  lock = false,
): { action: Action } => {
  const resources = [{ id: zone, type: 'zone' }];
  const locks = lock ? resources : [];
  return { action: kit.actions.start({ command, resources, locks, ...(effect === undefined ? {} : { effect }) }) };
};
