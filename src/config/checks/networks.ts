import { canonicalCidr, containsCidr, lastOf, overlapCidr, parseCidr } from '../../domain/ip.ts';
import { takenRanges } from '../catalogue.ts';
import type { EnvironmentConfig } from '../merge.ts';
import { type CrossCheck, type Finding, inEnvironment } from './check.ts';

/** Servers get `.10 + n` of the subnet, the load balancer `.5`; the first address of the network is Hetzner's. */
export const networks: CrossCheck = ({ environments }) =>
  environments.flatMap(([type, environment], index) => [
    ...own(environment),
    ...environments.slice(0, index).flatMap(([otherType, other]): Finding[] => {
      const [a, b] = [parseCidr(environment.network.range), parseCidr(other.network.range)];
      if (a === undefined || b === undefined || !overlapCidr(a, b)) return [];
      return [
        {
          path: inEnvironment(type, 'network', 'range'),
          about: [inEnvironment(otherType, 'network', 'range')],
          message: `overlaps the network of ${otherType}, ${other.network.range}`,
          found: environment.network.range,
          allowed: 'a range that no other environment has, so that their traffic can never be confused',
        },
      ];
    }),
  ]);

const own = ({ type, network, servers, workers }: EnvironmentConfig): Finding[] => {
  const [range, subnet] = [parseCidr(network.range), parseCidr(network.subnet)];
  if (range === undefined || subnet === undefined) return [];
  const findings: Finding[] = [];
  if (!containsCidr(range, subnet))
    findings.push({
      path: inEnvironment(type, 'network', 'subnet'),
      about: [inEnvironment(type, 'network', 'range')],
      message: `the subnet lies outside of the network ${network.range}`,
      found: network.subnet,
      allowed: `a part of ${canonicalCidr(range)}`,
    });
  if (BigInt(10 + servers.count) >= lastOf(subnet) - subnet.address)
    findings.push({
      path: inEnvironment(type, 'network', 'subnet'),
      about: [inEnvironment(type, 'servers', 'count')],
      message: `too small for ${servers.count} servers, which get the addresses from .11 on`,
      found: network.subnet,
      allowed: '/24 is usual',
    });
  if (workers !== undefined && BigInt(30 + workers.count) >= lastOf(subnet) - subnet.address)
    findings.push({
      path: inEnvironment(type, 'network', 'subnet'),
      about: [inEnvironment(type, 'workers', 'count')],
      message: `too small for ${workers.count} workers, which get the addresses from .31 on`,
      found: network.subnet,
      allowed: '/24 is usual',
    });
  for (const taken of takenRanges) {
    const other = parseCidr(taken.range);
    if (other === undefined || !overlapCidr(range, other)) continue;
    findings.push({
      path: inEnvironment(type, 'network', 'range'),
      message: `overlaps ${taken.range}: ${taken.by}`,
      found: network.range,
      allowed: 'a range in 10.0.0.0/8 or 192.168.0.0/16',
    });
    break;
  }
  return findings;
};
