import { firstOf, parseCidr } from '../../domain/ip.ts';
import type { NetworkFacts, ObservedItem } from '../../domain/observation.ts';
import type { CloudChange, Reason } from '../../domain/plan.ts';
import type { NetworkSpec, Resource, RouteSpec } from '../../domain/resource.ts';
import { because, reason } from '../describe.ts';
import type { Difference } from '../verdict.ts';

/** Fields: range, subnets, routes, deleteProtection. */
export const diffNetwork = (want: Resource<'network'>, have: ObservedItem<'network'>): Difference => {
  const range = diffRange(want.spec, have.facts);
  if (range.replace || range.blockedNext !== undefined) return range;
  const parts = [range, diffRoutes(want.spec, have.facts), diffSubnets(want.spec, have.facts)];
  const protection = diffProtection(want.spec.deleteProtection, have.facts.deleteProtection);
  return {
    reasons: [...parts, protection].flatMap((part) => part.reasons),
    changes: [...parts, protection].flatMap((part) => part.changes),
  };
};

/** A range can only grow at its end: same first address, shorter mask (docs.hetzner.cloud, change IP range). */
const diffRange = (want: NetworkSpec, have: NetworkFacts): Difference => {
  if (want.range === have.range) return { reasons: [], changes: [] };
  const [wanted, present] = [parseCidr(want.range), parseCidr(have.range)];
  const grows =
    wanted !== undefined &&
    present !== undefined &&
    firstOf(wanted) === firstOf(present) &&
    wanted.prefix < present.prefix;
  if (grows)
    return {
      reasons: [reason('range', because.differs, have.range, want.range)],
      changes: [{ op: 'change-ip-range', range: want.range }],
    };
  const why = reason(
    'range',
    'Hetzner can only widen a range in place, from the same first address',
    have.range,
    want.range,
  );
  if (have.serverIds.length === 0) return { reasons: [why], changes: [], replace: true };
  return {
    reasons: [why],
    changes: [],
    blockedNext: `write range ${have.range} again, or destroy the environment and create it anew: ${have.serverIds.length} servers use this network`,
  };
};

const routeText = ({ destination, gateway }: RouteSpec): string => `${destination} via ${gateway}`;

const diffRoutes = (want: NetworkSpec, have: NetworkFacts): Difference => {
  const extra = have.routes.filter((route) => !want.routes.some((other) => routeText(other) === routeText(route)));
  const missing = want.routes.filter((route) => !have.routes.some((other) => routeText(other) === routeText(route)));
  return {
    reasons: [
      ...extra.map((route) => reason('routes', because.differs, routeText(route), undefined)),
      ...missing.map((route) => reason('routes', because.differs, undefined, routeText(route))),
    ],
    // Old routes go first: a new one may not overlap them.
    changes: [
      ...extra.map((route): CloudChange => ({ op: 'delete-route', route })),
      ...missing.map((route): CloudChange => ({ op: 'add-route', route })),
    ],
  };
};

const subnetText = (subnet: NetworkFacts['subnets'][number]): string =>
  `${subnet.range} ${subnet.type} in ${subnet.zone}`;

/** A vSwitch couples dedicated machines, which this tool does not know of: such a subnet is never deleted by it. */
const diffSubnets = (want: NetworkSpec, have: NetworkFacts): Difference => {
  const owned = have.subnets.filter((subnet) => subnet.type !== 'vswitch');
  const same = (a: NetworkFacts['subnets'][number], b: NetworkFacts['subnets'][number]): boolean =>
    a.range === b.range && a.zone === b.zone;
  const extra = owned.filter((subnet) => !want.subnets.some((other) => same(other, subnet)));
  const missing = want.subnets.filter((subnet) => !owned.some((other) => same(other, subnet)));
  const reasons: Reason[] = [
    ...extra.map((subnet) => reason('subnets', because.differs, subnetText(subnet), undefined)),
    ...missing.map((subnet) => reason('subnets', because.differs, undefined, subnetText(subnet))),
  ];
  if (extra.length > 0 && have.serverIds.length > 0 && missing.length > 0)
    return {
      reasons,
      changes: [],
      blockedNext: `write subnet ${extra[0]?.range ?? ''} again, or destroy the environment and create it anew: servers have addresses in it`,
    };
  return {
    reasons,
    changes: [
      ...extra.map((subnet): CloudChange => ({ op: 'delete-subnet', range: subnet.range })),
      ...missing.map((subnet): CloudChange => ({ op: 'add-subnet', subnet })),
    ],
  };
};

/** The same for every kind that has delete protection. */
export const diffProtection = (want: boolean, have: boolean): Difference =>
  want === have
    ? { reasons: [], changes: [] }
    : {
        reasons: [reason('deleteProtection', because.differs, have ? 'on' : 'off', want ? 'on' : 'off')],
        changes: [{ op: 'set-protection', delete: want }],
      };
