import type { ServerType } from '../hetzner/wire/server-types.ts';
import type { World } from './world.ts';

export const stockKey = (serverType: string, location: string): string => `${serverType}@${location}`;

/** The type as it is today: the catalogue's row with the world's stock over it. */
export const withStock = (world: World, type: ServerType): ServerType => {
  if (type.locations === undefined || Object.keys(world.state.stock).length === 0) return type;
  const locations = type.locations.map((location) => ({
    ...location,
    available: world.state.stock[stockKey(type.name, location.name)] ?? location.available,
  }));
  return { ...type, locations };
};
