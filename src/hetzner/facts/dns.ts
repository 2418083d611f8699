import type { ObservedItem } from '../../domain/observation.ts';
import type { Rrset, Zone } from '../wire/zones.ts';
import { canonicalAddress } from './addresses.ts';
import { itemOf } from './item.ts';

export const zoneItem = (wire: Zone): ObservedItem<'zone'> =>
  itemOf('zone', wire, {
    ttlSeconds: wire.ttl,
    deleteProtection: wire.protection.delete,
    recordCount: wire.record_count,
  });

/** An rrset has no id of its own in the project and no date: it carries its zone's. The API's record order is not stable. */
export const rrsetItem = (
  wire: Rrset,
  zone: { readonly name: string; readonly createdAt: string },
): ObservedItem<'rrset'> => ({
  kind: 'rrset',
  id: rrsetId(wire),
  name: `${wire.name}/${wire.type}`,
  labels: wire.labels,
  createdAt: zone.createdAt,
  facts: {
    zone: zone.name,
    name: wire.name,
    type: wire.type,
    ttlSeconds: wire.ttl,
    records: wire.records.map(({ value }) => (wire.type === 'AAAA' ? canonicalAddress(value) : value)).sort(),
    changeProtection: wire.protection.change,
  },
});

/** `<zone id>/<name>/<TYPE>` */
export const rrsetId = (wire: Rrset): string => `${wire.zone}/${wire.name}/${wire.type}`;
