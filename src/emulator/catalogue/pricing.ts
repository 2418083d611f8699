import type { LoadBalancerType } from '../../hetzner/wire/load-balancer-types.ts';
import type { Pricing } from '../../hetzner/wire/pricing.ts';
import type { ServerType } from '../../hetzner/wire/server-types.ts';
import { amount, hourlyOf } from './amounts.ts';
import { allLocations } from './locations.ts';
import { on, type Step } from './steps.ts';

const ipv4Net = '0.50';
const floatingNet = { ipv4: '3.00', ipv6: '1.00' } as const;
/** Storage rose by 30 % in April 2026: 0.0572 a GB for volumes, about 0.0143 for snapshots. */
const volumeNet: readonly Step<string>[] = [
  { from: '2018-01-18', value: '0.0440' },
  { from: '2026-04-01', value: '0.0572' },
];
const snapshotNet: readonly Step<string>[] = [
  { from: '2018-01-18', value: '0.0110' },
  { from: '2026-04-01', value: '0.0143' },
];

const pricesOf = (types: readonly (ServerType | LoadBalancerType)[]): Pricing['server_types'] =>
  types.map(({ id, name, prices }) => ({ id, name, prices: structuredClone(prices) }));

export const pricingOn = (
  day: string,
  vatPercent: number,
  serverTypes: readonly ServerType[],
  loadBalancerTypes: readonly LoadBalancerType[],
): Pricing => {
  const money = (net: string) => amount(net, vatPercent);
  const primary = (net: string) =>
    allLocations.map((location) => ({ location, price_hourly: money(hourlyOf(net)), price_monthly: money(net) }));
  const floating = (net: string) => allLocations.map((location) => ({ location, price_monthly: money(net) }));
  return {
    currency: 'EUR',
    vat_rate: vatPercent.toFixed(2),
    primary_ips: [
      { type: 'ipv4', prices: primary(ipv4Net) },
      { type: 'ipv6', prices: primary('0.00') },
    ],
    floating_ips: [
      { type: 'ipv4', prices: floating(floatingNet.ipv4) },
      { type: 'ipv6', prices: floating(floatingNet.ipv6) },
    ],
    image: { price_per_gb_month: money(on(day, snapshotNet) ?? '0') },
    volume: { price_per_gb_month: money(on(day, volumeNet) ?? '0') },
    server_backup: { percentage: '20.00' },
    server_types: pricesOf(serverTypes),
    load_balancer_types: pricesOf(loadBalancerTypes),
    floating_ip: { price_monthly: money(floatingNet.ipv4) },
  };
};
