import { Failure } from '../domain/errors.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { Listing } from '../ports/cloud-api.ts';
import { rrsetItem } from './facts/dns.ts';
import { type Reader, readerOf, readers } from './kinds.ts';
import { getOne, listWith } from './lists.ts';
import type { Memory } from './memory.ts';
import { rrsetPath } from './perform/dns.ts';
import type { Call } from './request.ts';
import { rrsetSchema } from './wire/zones.ts';

/** rrsets live in a zone and have no list of their own across the project. */
interface ZoneFact {
  readonly name: string;
  readonly createdAt: string;
}
export const rrsetReader = (zone: ZoneFact): Reader<AnyObservedItem> =>
  readerOf(`/zones/${encodeURIComponent(zone.name)}/rrsets`, ['rrsets', 'rrset'], rrsetSchema, (wire) =>
    rrsetItem(wire, zone),
  );

/** The zone by id or name: remembered, else asked. Failure when there is none. */
export const zoneOf = async (call: Call, memory: Memory, nameOrId: string): Promise<ZoneFact> => {
  const known = memory.zone(nameOrId);
  if (known !== undefined) return known;
  const zone = await getOne(call, `${readers.zone.path}/${encodeURIComponent(nameOrId)}`, readers.zone);
  if (zone === undefined) throw new Failure(`there is no zone ${nameOrId} in this Hetzner project`);
  memory.note(zone);
  return zone;
};

export const listRrsets = async (call: Call, memory: Memory, zone: { id: string; name: string }): Promise<Listing> => {
  const reader = rrsetReader(await zoneOf(call, memory, zone.id));
  return listWith(call, reader, ({ id }) => id, { per_page: 100, sort: 'id:asc' });
};

/**
 * By `<zone>/<name>/<TYPE>`, or by `<name>/<TYPE>` alone, as resources are named: then in the zones this process has
 * dealt with, which is the one it works on.
 */
export const findRrset = async (call: Call, memory: Memory, name: string): Promise<AnyObservedItem | undefined> => {
  const zones = name.split('/').length === 3 ? [name.slice(0, name.indexOf('/'))] : memory.zoneNames;
  const rest = name.split('/').slice(-2).join('/');
  for (const zoneName of zones) {
    const zone = await zoneOf(call, memory, zoneName);
    const item = await getOne(call, rrsetPath(`${zone.name}/${rest}`), rrsetReader(zone));
    if (item !== undefined) return item;
  }
  return undefined;
};
