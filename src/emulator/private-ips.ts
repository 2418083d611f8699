import type { Network } from '../hetzner/wire/networks.ts';
import { holds, ipv4Of, ipv4Text, rangeOf } from './addresses.ts';
import { operationError } from './errors.ts';
import type { World } from './world.ts';

/** Every private address in use in a network: servers, their aliases, load balancers. */
export const takenPrivateIps = (world: World, network: number): ReadonlySet<string> =>
  new Set([
    ...world.servers
      .all()
      .flatMap((server) => server.private_net.filter((one) => one.network === network))
      .flatMap((one) => [one.ip, ...one.alias_ips]),
    ...world.loadBalancers
      .all()
      .flatMap((balancer) => balancer.private_net.filter((one) => one.network === network).map((one) => one.ip)),
  ]);

export interface PrivateIpWish {
  readonly ip?: string | null | undefined;
  /** Picks the subnet. */
  readonly ipRange?: string | null | undefined;
  readonly networkZone: string;
}

/**
 * The address a resource gets in a network: the one asked for, or the first free one of a subnet in its zone.
 * `ip_not_available` and `no_subnet_available`: docs.hetzner.cloud, attach_to_network. The first and last address of a
 * subnet and the network's gateway are reserved (docs.hetzner.com, networks FAQ).
 */
export const choosePrivateIp = (world: World, network: Network, wish: PrivateIpWish): string => {
  const usable = network.subnets.filter(
    (subnet) =>
      subnet.network_zone === wish.networkZone &&
      subnet.type !== 'vswitch' &&
      (typeof wish.ipRange !== 'string' || subnet.ip_range === wish.ipRange),
  );
  const taken = takenPrivateIps(world, network.id);
  const gateway = network.subnets[0]?.gateway;
  const isFree = (value: number, text: string): boolean =>
    !taken.has(text) &&
    text !== gateway &&
    usable.some((subnet) => {
      const range = rangeOf(subnet.ip_range);
      return range !== undefined && holds(range, value) && value !== range.first && value !== range.end - 1;
    });
  if (usable.length === 0) throw operationError('no_subnet_available', 'no subnet or IP available');
  if (typeof wish.ip === 'string') {
    const value = ipv4Of(wish.ip);
    if (value === undefined || !isFree(value, wish.ip)) throw operationError('ip_not_available', 'IP not available');
    return wish.ip;
  }
  for (const subnet of usable) {
    const range = rangeOf(subnet.ip_range);
    for (let value = (range?.first ?? 0) + 1; value < (range?.end ?? 0) - 1; value += 1)
      if (isFree(value, ipv4Text(value))) return ipv4Text(value);
  }
  throw operationError('no_subnet_available', 'no subnet or IP available');
};
