import { canonicalText } from '../domain/fingerprint.ts';
import type { AnyObservedItem, FactsByKind, LoadBalancerFacts } from '../domain/observation.ts';
import type { CloudChange } from '../domain/plan.ts';
import { isReference, type Reference } from '../domain/resource.ts';

export type Resolve = (reference: Reference) => string;

/**
 * Whether an object shows a change whose reply was lost. Undefined where nothing observable tells: then only a new
 * plan can judge.
 */
export const hasLanded = (change: CloudChange, item: AnyObservedItem, resolve: Resolve): boolean | undefined => {
  const judge = judges[change.op] as (
    change: CloudChange,
    facts: Facts,
    item: AnyObservedItem,
    resolve: Resolve,
  ) => boolean | undefined;
  return judge(change, item.facts as Facts, item, resolve);
};

/** Every field any kind has, each possibly absent: the judge of a change asks only for fields of kinds that have it. */
type Facts = Partial<
  Omit<FactsByKind['network'], 'serverIds'> &
    FactsByKind['firewall'] &
    Omit<FactsByKind['server'], 'networks'> &
    LoadBalancerFacts &
    FactsByKind['certificate'] &
    FactsByKind['rrset']
>;

type Judge<C extends CloudChange> = (
  change: C,
  facts: Facts,
  item: AnyObservedItem,
  resolve: Resolve,
) => boolean | undefined;
type Judges = { readonly [Op in CloudChange['op']]: Judge<Extract<CloudChange, { op: Op }>> };

const same = (a: unknown, b: unknown): boolean => canonicalText(a) === canonicalText(b);
const has = (list: readonly unknown[] | undefined, wanted: unknown): boolean =>
  (list ?? []).some((one) => same(one, wanted));
const not = (answer: boolean): boolean => !answer;
/** References replaced by their values, ids as text. */
const text = (value: unknown, resolve: Resolve): string => (isReference(value) ? resolve(value) : String(value));
const settledService = (service: unknown, resolve: Resolve): unknown =>
  JSON.parse(JSON.stringify(service), (_key, value: unknown) => (isReference(value) ? Number(resolve(value)) : value));

const judges: Judges = {
  'set-labels': ({ labels }, _facts, item) => same(item.labels, labels),
  rename: ({ name, labels }, _facts, item) => item.name === name && same(item.labels, labels),
  'set-protection': (change, facts) => facts.deleteProtection === change.delete,
  'add-subnet': ({ subnet }, facts) => has(facts.subnets, subnet),
  'delete-subnet': ({ range }, facts) => not((facts.subnets ?? []).some((subnet) => subnet.range === range)),
  'add-route': ({ route }, facts) => has(facts.routes, route),
  'delete-route': ({ route }, facts) => not(has(facts.routes, route)),
  'change-ip-range': ({ range }, facts) => facts.range === range,
  'set-rules': ({ rules }, facts) => same(facts.rules, rules),
  'apply-firewall': ({ server }, facts, _item, resolve) => has(facts.serverIds, text(server, resolve)),
  'remove-firewall': ({ server }, facts, _item, resolve) => not(has(facts.serverIds, text(server, resolve))),
  'remove-firewall-selector': ({ selector }, facts) => not(has(facts.labelSelectors, selector)),
  'power-off': (_change, facts) => facts.status === 'off',
  shutdown: (_change, facts) => facts.status === 'off',
  'power-on': (_change, facts) => facts.status === 'running',
  'change-type': ({ type }, facts) => facts.type === type && facts.status !== 'migrating',
  // User data is never given back, and an image is the same before and after.
  rebuild: () => undefined,
  'attach-network': ({ network, ip }, facts, _item, resolve) =>
    (facts.networks ?? []).some((one) => one.networkId === text(network, resolve) && one.ip === ip),
  'detach-network': ({ network }, facts, _item, resolve) =>
    not((facts.networks ?? []).some((one) => one.networkId === text(network, resolve))),
  'add-to-placement-group': ({ group }, facts, _item, resolve) => facts.placementGroupId === text(group, resolve),
  'remove-from-placement-group': (_change, facts) => facts.placementGroupId === null,
  'set-backups': ({ enabled }, facts) => facts.backups === enabled,
  'set-algorithm': ({ algorithm }, facts) => facts.algorithm === algorithm,
  'add-service': ({ service }, facts, _item, resolve) => has(facts.services, settledService(service, resolve)),
  'update-service': ({ service }, facts, _item, resolve) => has(facts.services, settledService(service, resolve)),
  'delete-service': ({ listenPort }, facts) => not((facts.services ?? []).some((one) => one.listenPort === listenPort)),
  'add-target': ({ target }, facts) => has(facts.targets, target),
  'remove-target': ({ target }, facts) => not(has(facts.targets, target)),
  'set-public-interface': ({ enabled }, facts) => facts.publicInterface === enabled,
  'retry-certificate': (_change, facts) => facts.issuance === 'pending' || facts.issuance === 'completed',
  'set-ttl': ({ ttlSeconds }, facts) => facts.ttlSeconds === ttlSeconds,
  // A record set's TTL has a change of its own.
  'set-records': ({ records }, facts, _item, resolve) =>
    same([...(facts.records ?? [])].sort(), records.map((record) => text(record, resolve)).sort()),
};
