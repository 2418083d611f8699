import type { Location } from '../../hetzner/wire/locations.ts';
import type { ServerType } from '../../hetzner/wire/server-types.ts';
import { datacenterName, locations } from './locations.ts';

/** hetzner.cloud changelog 2026-06-02: deprecated; 410 since 2026-10-01. */
const goneFrom = '2026-10-01';

const soldIn = (types: readonly ServerType[], place: Location, availableOnly: boolean): number[] =>
  types
    .filter((type) => type.locations?.some((entry) => entry.name === place.name && (entry.available || !availableOnly)))
    .map((type) => type.id);

/** Wire rows of the old GET /datacenters, one per location; null once the endpoint was removed. */
export const datacentersOn = (
  day: string,
  types: readonly ServerType[],
): readonly Readonly<Record<string, unknown>>[] | null =>
  day >= goneFrom
    ? null
    : locations.map((place) => ({
        id: place.id + 1,
        name: datacenterName(place.name),
        description: `${place.city} virtual DC`,
        location: place,
        server_types: {
          supported: soldIn(types, place, false),
          available: soldIn(types, place, true),
          available_for_migration: soldIn(types, place, true),
        },
      }));
