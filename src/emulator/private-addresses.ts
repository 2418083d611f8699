import type { Network } from '../hetzner/wire/networks.ts';
import { holds, ipv4Of, ipv4Text, type Range, rangeOf } from './addresses.ts';
import { invalidInput, limitExceeded, operationError } from './errors.ts';
import type { Limits } from './limits.ts';
import type { World } from './world.ts';

/** A place in a network, chosen when the request is accepted and taken when its action ends. */
export interface PrivatePlace {
  readonly network: number;
  readonly ip: string;
  readonly alias_ips?: readonly string[];
}

/** Effects of pending attachments carry `{network, ip, alias_ips}` or `{networks: [...]}`: those are taken already. */
const promised = (world: World, network: number): string[] =>
  world.state.pending.flatMap((pending) => {
    const data = pending.effect?.data as (Partial<PrivatePlace> & { networks?: readonly PrivatePlace[] }) | undefined;
    const places = data === undefined || data === null ? [] : [data, ...(data.networks ?? [])];
    return places
      .filter((place) => place.network === network)
      .flatMap((place) => [...(place.ip === undefined ? [] : [place.ip]), ...(place.alias_ips ?? [])]);
  });

export const takenIps = (world: World, network: Network): Set<string> => {
  const servers = world.servers.all().flatMap((server) => server.private_net);
  const balancers = world.loadBalancers.all().flatMap((balancer) => balancer.private_net);
  const whole = rangeOf(network.ip_range);
  return new Set([
    ...servers.filter((one) => one.network === network.id).flatMap((one) => [one.ip, ...one.alias_ips]),
    ...balancers.filter((one) => one.network === network.id).flatMap((one) => (one.ip ? [one.ip] : [])),
    ...promised(world, network.id),
    ...(whole === undefined ? [] : [ipv4Text(whole.first + 1)]),
  ]);
};

const freeIn = (range: Range, taken: ReadonlySet<string>): string | undefined => {
  for (let address = range.first + 1; address < range.end - 1; address += 1)
    if (!taken.has(ipv4Text(address))) return ipv4Text(address);
  return undefined;
};

export interface WantedPlace {
  /** The network zone of the thing that is attached. */
  readonly zone: string;
  readonly ip?: string | null | undefined;
  /** Picks the subnet; since 2025-09-11. */
  readonly ip_range?: string | null | undefined;
  /** Since then vSwitch subnets are for servers only. */
  readonly limits: Limits;
}

/**
 * The address in this network that an attachment gets: the wanted one if it lies in a subnet and is free, else the
 * first free one of the first subnet in the same network zone. docs.hetzner.cloud, servers, attach_to_network.
 */
export const chooseAddress = (world: World, network: Network, wanted: WantedPlace): string => {
  const members =
    world.servers.all().filter((server) => server.private_net.some((one) => one.network === network.id)).length +
    world.loadBalancers.all().filter((balancer) => balancer.private_net.some((one) => one.network === network.id))
      .length;
  if (members >= wanted.limits.networkMembers)
    throw limitExceeded('network attachment limit exceeded', 'network_attachment_limit');
  const subnets = network.subnets.filter((subnet) => subnet.network_zone === wanted.zone);
  const range = typeof wanted.ip_range === 'string' ? rangeOf(wanted.ip_range) : undefined;
  const picked =
    typeof wanted.ip_range === 'string'
      ? subnets.filter((one) => rangeOf(one.ip_range)?.first === range?.first)
      : subnets;
  if (picked.length === 0) throw operationError('no_subnet_available', 'no subnet or IP available');
  const ranges = picked.map((subnet) => rangeOf(subnet.ip_range)).filter((one) => one !== undefined);
  const taken = takenIps(world, network);
  if (typeof wanted.ip === 'string') {
    const address = ipv4Of(wanted.ip);
    if (address === undefined) throw invalidInput({ ip: ['not a valid IP address'] });
    const inside = ranges.some((one) => holds(one, address) && address !== one.first && address !== one.end - 1);
    if (!inside || taken.has(wanted.ip)) throw operationError('ip_not_available', 'IP not available');
    return wanted.ip;
  }
  const found = ranges.map((one) => freeIn(one, taken)).find((one) => one !== undefined);
  if (found === undefined) throw operationError('no_subnet_available', 'no subnet or IP available');
  return found;
};

/** Alias IPs lie in a subnet of the network, are free, and are few. `own`: those the server has already. */
export const checkedAliases = (
  world: World,
  network: Network,
  aliases: readonly string[],
  own: readonly string[],
  limits: Limits,
): string[] => {
  if (aliases.length > limits.aliasIpsPerNetwork) throw limitExceeded('alias IP limit exceeded', 'alias_ip_limit');
  const taken = takenIps(world, network);
  for (const alias of aliases) {
    const address = ipv4Of(alias);
    if (address === undefined) throw invalidInput({ alias_ips: [`'${alias}' is not a valid IP address`] });
    const inside = network.subnets.some((subnet) => {
      const range = rangeOf(subnet.ip_range);
      return range !== undefined && holds(range, address);
    });
    if (!inside || (taken.has(alias) && !own.includes(alias)))
      throw operationError('ip_not_available', 'IP not available');
  }
  return [...new Set(aliases)];
};
