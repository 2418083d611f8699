import type { TypePrice } from '../../hetzner/wire/pricing.ts';
import type { ServerType, ServerTypeLocation } from '../../hetzner/wire/server-types.ts';
import { amount, hourlyOf, percentOf } from './amounts.ts';
import { allLocations, euLocations, locations } from './locations.ts';
import { type ServerTypeRow, serverTypeTable } from './server-type-table.ts';
import { midnight, on } from './steps.ts';

/** Changelog 2026-09-08: `deprecated` of server types, images and load balancer types goes away that day. */
export const deprecatedFieldGone = '2026-11-02';

const bytesPerTb = 1024 ** 4;
const categories = { cx: 'cost_optimized', cax: 'cost_optimized', cpx: 'regular_purpose', ccx: 'general_purpose' };
/** Prices outside the EU as a percentage of the EU's: ccx13 13.49 and 21.50 against 12.49 (price lists of 2025). */
const overseasPercent: Readonly<Record<string, number>> = { ash: 108, hil: 108, sin: 172 };
/** Overseas types include from 0.5 TB up instead of 20; one figure stands for all. */
const overseasTrafficTb = 1;

export const trafficPrice = (location: string): string => (location === 'sin' ? '7.40' : '1.00');

export const typePrice = (place: string, euNet: string, trafficTb: number, vatPercent: number): TypePrice => {
  const percent = overseasPercent[place];
  const net = percent === undefined ? euNet : percentOf(euNet, percent);
  return {
    location: place,
    price_hourly: amount(hourlyOf(net), vatPercent),
    price_monthly: amount(net, vatPercent),
    included_traffic: Math.round((percent === undefined ? trafficTb : overseasTrafficTb) * bytesPerTb),
    price_per_tb_traffic: amount(trafficPrice(place), vatPercent),
  };
};

const soldIn = (row: ServerTypeRow): readonly string[] =>
  row.sold === 'all' ? allLocations : row.sold === 'eu' ? euLocations : [...euLocations, 'sin'];

/** The deprecation as that day showed it: nothing before it was announced. */
const deprecationOn = (row: ServerTypeRow, day: string, place?: string) => {
  const { deprecation } = row;
  if (deprecation === undefined || deprecation.announced > day) return null;
  if (deprecation.in !== 'all' && (place === undefined || !deprecation.in.includes(place))) return null;
  return { announced: midnight(deprecation.announced), unavailable_after: midnight(deprecation.unavailableAfter) };
};

const locationEntry = (row: ServerTypeRow, day: string, place: string): ServerTypeLocation => {
  const deprecation = deprecationOn(row, day, place);
  const gone = deprecation !== null && deprecation.unavailable_after <= midnight(day);
  const id = locations.find((location) => location.name === place)?.id ?? 0;
  return { id, name: place, deprecation, recommended: deprecation === null, available: !gone };
};

const wireOf = (row: ServerTypeRow, day: string, vatPercent: number): ServerType => {
  const [cores, memory, disk] = row.size;
  const deprecation = deprecationOn(row, day);
  const net = on(day, row.prices) ?? '0';
  return {
    id: row.id,
    name: row.name,
    description: row.name.toUpperCase(),
    category: categories[row.line],
    cores,
    memory,
    disk,
    ...(day < deprecatedFieldGone ? { deprecated: deprecation !== null } : {}),
    deprecation,
    prices: soldIn(row).map((place) => typePrice(place, net, row.trafficTb, vatPercent)),
    storage_type: 'local',
    cpu_type: row.line === 'ccx' ? 'dedicated' : 'shared',
    architecture: row.line === 'cax' ? 'arm' : 'x86',
    locations: soldIn(row).map((place) => locationEntry(row, day, place)),
  };
};

/** `retired`: not in the lists any more, still answered by id. */
export const serverTypesOn = (day: string, vatPercent: number): { listed: ServerType[]; retired: ServerType[] } => {
  const known = serverTypeTable.filter((row) => row.since <= day);
  const isRetired = (row: ServerTypeRow): boolean => row.goneFromLists !== undefined && row.goneFromLists <= day;
  return {
    listed: known.filter((row) => !isRetired(row)).map((row) => wireOf(row, day, vatPercent)),
    retired: known.filter(isRetired).map((row) => wireOf(row, day, vatPercent)),
  };
};
