import type { z } from 'zod';
import type { addSubnetRequestSchema, Network, NetworkRoute, Subnet } from '../hetzner/wire/networks.ts';
import { contains, holds, ipv4Of, ipv4Text, isPrivate, overlaps, type Range, rangeOf, rangeText } from './addresses.ts';
import { invalidInput, limitExceeded, operationError } from './errors.ts';
import type { Limits } from './limits.ts';
import type { World } from './world.ts';

/* Rules of docs.hetzner.cloud, networks, and docs.hetzner.com, networks FAQ. */
const neverAGateway = '172.31.1.1';
const parsed = (text: string): Range => rangeOf(text) ?? { first: 0, prefix: 0, end: 0 };
const firstOf = (network: Network): string => ipv4Text(parsed(network.ip_range).first + 1);

/** Inside RFC 1918, /24 or larger; host bits are dropped. */
export const checkedNetworkRange = (text: string): Range => {
  const range = rangeOf(text);
  if (range === undefined || !isPrivate(range))
    throw invalidInput({ ip_range: ['must be a network in one of the private ranges of RFC 1918'] });
  if (range.prefix > 24) throw invalidInput({ ip_range: ['must be at least a /24'] });
  return range;
};

/** The first /24 that is free; a network has room for one unless it is all taken. */
const firstFree = (network: Network): Range => {
  const whole = parsed(network.ip_range);
  for (let first = whole.first; first < whole.end; first += 256) {
    const candidate = { first, prefix: 24, end: first + 256 };
    if (!taken(network, candidate)) return candidate;
  }
  throw operationError('no_subnet_available', 'no subnet or IP available');
};
const taken = (network: Network, range: Range): boolean =>
  network.subnets.some((subnet) => overlaps(parsed(subnet.ip_range), range)) ||
  network.routes.some((one) => one.destination !== '0.0.0.0/0' && overlaps(parsed(one.destination), range));

/** A subnet that may be added. Its gateway is the first address of the whole network (cli test/e2e network_test.go). */
export const checkedSubnet = (
  world: World,
  network: Network,
  wanted: z.infer<typeof addSubnetRequestSchema>,
  limits: Limits,
): Subnet => {
  const zones = world.catalogue.locations.map((location) => location.network_zone);
  if (!zones.includes(wanted.network_zone))
    throw invalidInput({ network_zone: [`'${wanted.network_zone}' is not a network zone`] });
  const other = network.subnets.find((subnet) => subnet.network_zone !== wanted.network_zone);
  if (other !== undefined)
    throw invalidInput({
      network_zone: [`all subnets of a network share one zone, this one has ${other.network_zone}`],
    });
  const vswitch = wanted.type === 'vswitch';
  if (vswitch !== (typeof wanted.vswitch_id === 'number'))
    throw invalidInput({ vswitch_id: [vswitch ? 'Missing data for required field.' : 'only with type vswitch'] });
  const range = typeof wanted.ip_range === 'string' ? rangeOf(wanted.ip_range) : firstFree(network);
  if (range === undefined) throw invalidInput({ ip_range: ['not a valid network'] });
  if (range.prefix > 30) throw invalidInput({ ip_range: ['must be at least a /30'] });
  if (!contains(parsed(network.ip_range), range)) throw invalidInput({ ip_range: ['must be inside of the network'] });
  if (taken(network, range)) throw invalidInput({ ip_range: ['overlaps with another subnet or route'] });
  if (network.subnets.length >= limits.subnetsPerNetwork)
    throw limitExceeded('subnet limit exceeded', 'network_subnet_limit');
  return {
    // `server` is the former name of `cloud` and comes back as it was sent.
    type: wanted.type,
    ip_range: rangeText(range),
    network_zone: wanted.network_zone,
    gateway: firstOf(network),
    vswitch_id: wanted.vswitch_id ?? null,
  };
};

export const checkedRoute = (network: Network, wanted: NetworkRoute, limits: Limits): NetworkRoute => {
  const destination = rangeOf(wanted.destination);
  const everything = wanted.destination === '0.0.0.0/0';
  if (destination === undefined || !(everything || isPrivate(destination)))
    throw invalidInput({ destination: ['must be a private network or 0.0.0.0/0'] });
  const gateway = ipv4Of(wanted.gateway);
  if (gateway === undefined) throw invalidInput({ gateway: ['not a valid IP address'] });
  // A gateway outside of every subnet is accepted (cli test/e2e); it must be in the network.
  if (!holds(parsed(network.ip_range), gateway)) throw invalidInput({ gateway: ['must be inside of the network'] });
  if (wanted.gateway === firstOf(network) || wanted.gateway === neverAGateway)
    throw invalidInput({ gateway: ['is reserved'] });
  const same = network.routes.some((one) =>
    everything
      ? one.destination === wanted.destination
      : one.destination !== '0.0.0.0/0' && overlaps(parsed(one.destination), destination),
  );
  const onSubnet = !everything && network.subnets.some((subnet) => overlaps(parsed(subnet.ip_range), destination));
  if (same || onSubnet) throw invalidInput({ destination: ['overlaps with a subnet or another route'] });
  if (network.routes.length >= limits.routesPerNetwork)
    throw limitExceeded('route limit exceeded', 'network_route_limit');
  return { destination: rangeText(destination), gateway: wanted.gateway };
};
