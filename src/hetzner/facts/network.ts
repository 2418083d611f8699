import type { NetworkFacts, ObservedItem } from '../../domain/observation.ts';
import type { Network, Subnet } from '../wire/networks.ts';
import { idsOf, itemOf } from './item.ts';

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const networkItem = (wire: Network): ObservedItem<'network'> =>
  itemOf('network', wire, {
    range: wire.ip_range,
    subnets: wire.subnets.map(subnetOf).sort((a, b) => byText(a.range, b.range)),
    routes: wire.routes
      .map(({ destination, gateway }) => ({ destination, gateway }))
      .sort((a, b) => byText(`${a.destination} ${a.gateway}`, `${b.destination} ${b.gateway}`)),
    serverIds: idsOf(wire.servers),
    deleteProtection: wire.protection.delete,
  });

/** `server` is the deprecated spelling of `cloud` (docs.hetzner.cloud, networks), but it is shown as it is. */
const subnetOf = ({ type, ip_range: range, network_zone: zone }: Subnet): NetworkFacts['subnets'][number] =>
  type === 'cloud' ? { range, type, zone } : { range, type, zone };
