import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { changeProtectionRequestSchema } from '../../hetzner/wire/common.ts';
import {
  changePrimaryNameserversRequestSchema,
  changeZoneTtlRequestSchema,
  importZonefileRequestSchema,
  zonefileResponseSchema,
} from '../../hetzner/wire/zones.ts';
import { effectKind } from '../effects.ts';
import { invalidInput, operationError } from '../errors.ts';
import { type Route, route } from '../router.ts';
import { checkRecords, checkRrsetName } from './dns-values.ts';
import {
  assertChangeable,
  bumpSerial,
  nameservers,
  primaryZoneOf,
  putOwnRrsets,
  putRrset,
  type RrsetDraft,
  readableZoneOf,
  rrsetKey,
  rrsetsOf,
  startOnZone,
  zoneOf,
} from './zone-rows.ts';
import { parseZonefile, printZonefile } from './zonefile.ts';

type Import = { id: number; ttl: number | null; rrsets: readonly RrsetDraft[] };
const imported = effectKind('zone.imported', (kit, { id, ttl, rrsets }: Import) => {
  const zone = kit.world.zones.get(id);
  if (zone === undefined) return;
  for (const rrset of rrsetsOf(kit, id)) kit.world.rrsets.delete(rrsetKey(id, rrset.name, rrset.type));
  for (const rrset of rrsets) putRrset(kit, id, rrset);
  putOwnRrsets(kit, id);
  zone.ttl = ttl ?? zone.ttl;
  bumpSerial(kit, id);
});
export const effects = [imported];

/* docs.hetzner.cloud, zone actions, and the zone file. */
export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/zones/:id/zonefile',
    response: zonefileResponseSchema,
    handle: (context) => {
      const zone = readableZoneOf(context);
      return { zonefile: printZonefile(zone, rrsetsOf(context, zone.id)) };
    },
  }),
  // Replaces every rrset; fails when one is protected. SOA and NS must be in the file.
  route({
    method: 'POST',
    path: '/zones/:id/actions/import_zonefile',
    body: importZonefileRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const zone = primaryZoneOf(context);
      assertChangeable(rrsetsOf(context, zone.id));
      const { ttl, rrsets } = parseZonefile(context.body.zonefile, zone.name);
      for (const rrset of rrsets) {
        checkRrsetName(rrset.name, zone.name);
        checkRecords(rrset.type, rrset.records);
      }
      const apex = (type: string) => rrsets.find((rrset) => rrset.name === '@' && rrset.type === type);
      if (apex('SOA') === undefined) throw invalidInput({ zonefile: ['a SOA record must be present'] });
      const named = apex('NS')?.records.map(({ value }) => value) ?? [];
      if (!nameservers.every((server) => named.includes(server)))
        throw invalidInput({ zonefile: ['the assigned nameservers must be present as NS records'] });
      // --- writes begin ---
      return startOnZone(context, zone.id, 'import_zonefile', imported.of({ id: zone.id, ttl, rrsets }), true);
    },
  }),
  route({
    method: 'POST',
    path: '/zones/:id/actions/change_ttl',
    body: changeZoneTtlRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const zone = primaryZoneOf(context);
      // --- writes begin ---
      zone.ttl = context.body.ttl;
      bumpSerial(context, zone.id);
      return startOnZone(context, zone.id, 'change_ttl');
    },
  }),
  route({
    method: 'POST',
    path: '/zones/:id/actions/change_protection',
    body: changeProtectionRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const zone = zoneOf(context);
      context.actions.assertFree('zone', zone.id);
      // --- writes begin ---
      zone.protection.delete = context.body.delete ?? zone.protection.delete;
      return startOnZone(context, zone.id, 'change_protection');
    },
  }),
  route({
    method: 'POST',
    path: '/zones/:id/actions/change_primary_nameservers',
    body: changePrimaryNameserversRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const zone = zoneOf(context);
      if (zone.mode !== 'secondary')
        throw operationError('incorrect_zone_mode', 'operation is not supported for the mode of this zone');
      context.actions.assertFree('zone', zone.id);
      // --- writes begin ---
      zone.primary_nameservers = context.body.primary_nameservers;
      return startOnZone(context, zone.id, 'change_primary_nameservers');
    },
  }),
];
