import type { LoadBalancerType } from '../../hetzner/wire/load-balancer-types.ts';
import { allLocations } from './locations.ts';
import { deprecatedFieldGone, typePrice } from './server-types.ts';
import { on, type Step } from './steps.ts';

interface Row {
  readonly id: number;
  readonly name: string;
  readonly services: number;
  readonly targets: number;
  readonly certificates: number;
  readonly connections: number;
  readonly trafficTb: number;
  readonly prices: readonly Step<string>[];
}
const priced = (first: string, now: string): readonly Step<string>[] => [
  { from: '2020-07-15', value: first },
  { from: '2026-06-15', value: now },
];
/*
 * lb11: limits of the API (5 services, 25 targets, 10 certificates), 5.39 net at first, 7.49 today (8.91 gross).
 * lb21 and lb31: limits and today's prices are believed (the same rise as lb11's).
 */
const rows: readonly Row[] = [
  {
    ...{ id: 1, name: 'lb11', services: 5, targets: 25, certificates: 10, connections: 10_000, trafficTb: 20 },
    prices: priced('5.39', '7.49'),
  },
  {
    ...{ id: 2, name: 'lb21', services: 15, targets: 75, certificates: 25, connections: 20_000, trafficTb: 20 },
    prices: priced('16.40', '22.79'),
  },
  {
    ...{ id: 3, name: 'lb31', services: 30, targets: 150, certificates: 50, connections: 40_000, trafficTb: 20 },
    prices: priced('32.90', '45.69'),
  },
];

export const loadBalancerTypesOn = (day: string, vatPercent: number): readonly LoadBalancerType[] =>
  rows.map((row) => ({
    id: row.id,
    name: row.name,
    description: row.name.toUpperCase(),
    max_connections: row.connections,
    max_services: row.services,
    max_targets: row.targets,
    max_assigned_certificates: row.certificates,
    prices: allLocations.map((place) => typePrice(place, on(day, row.prices) ?? '0', row.trafficTb, vatPercent)),
    ...(day < deprecatedFieldGone ? { deprecated: null } : {}),
    deprecation: null,
  }));
