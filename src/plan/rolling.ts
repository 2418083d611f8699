import type { Address } from '../domain/address.ts';
import { isOfKind, type Resource } from '../domain/resource.ts';
import { formedBefore, healthyMembers } from './cluster.ts';
import type { Planning } from './context.ts';
import { bootDraft } from './lifecycle.ts';
import { type Chain, firstOf, lastOf, type MutableStep, stepOf } from './order.ts';

/**
 * The order in which servers come, restart and leave, so that a cluster with a quorum keeps it: first what heals (new
 * servers, servers switched on, members that are down anyway), then the cluster is awaited, then one healthy member
 * after another, and after each the cluster again. A cluster that never formed has nothing to lose and is not rolled.
 */
export const linkRolling = (planning: Planning, chains: ReadonlyMap<Address, Chain>, extra: MutableStep[]): void => {
  const cluster = clusterChain(chains);
  const servers = [...chains.values()].filter(({ verdict }) => verdict.kind === 'server');
  const disruptive = servers.filter(({ verdict }) => verdict.disruption !== 'none');
  const want = cluster?.verdict.want ?? wantedCluster(planning);
  const rolls = want !== undefined && formedBefore(planning, want as Resource<'cluster'>) && !allReplaced(planning);
  const healthy = healthyMembers(planning);
  // Where nobody can be asked, a server that is off is still known to be down.
  const isDown = ({ verdict: { have } }: Chain): boolean =>
    have?.kind === 'server' && (have.facts.status !== 'running' || (healthy !== null && !healthy.has(have.name)));
  const rolled = rolls ? disruptive.filter((chain) => !isDown(chain)).sort(restartsFirst) : [];
  const healing = servers.filter((chain) => !rolled.includes(chain));
  const final = cluster === undefined ? undefined : lastOf(cluster);
  for (const chain of healing) waitFor(final, lastOf(chain));
  const before = [...healing.map(lastOf), ...rolled.map(lastBeforeDisturbing)].filter((step) => step !== undefined);
  let gate = rolled.length > 0 ? firstGate(planning, want, { before, rolled, chains, extra }) : undefined;
  for (const [index, chain] of rolled.entries()) {
    const first = firstDisturbing(chain);
    const last = lastOf(chain);
    waitFor(first, gate);
    if (gate === undefined) for (const healed of before) waitFor(first, healed);
    if (index === rolled.length - 1 || want === undefined) {
      waitFor(final, last);
      gate = last;
    } else {
      gate = readyStep(want as Resource<'cluster'>, `after ${chain.verdict.address}`);
      waitFor(gate, last);
      extra.push(gate);
    }
  }
};

const clusterChain = (chains: ReadonlyMap<Address, Chain>): Chain | undefined =>
  [...chains.values()].find(
    ({ verdict, steps }) => verdict.kind === 'cluster' && steps.some(({ effect }) => effect.port === 'cluster'),
  );
const wantedCluster = ({ world }: Planning): Resource<'cluster'> | undefined =>
  [...world.wanted.values()].find((resource): resource is Extract<typeof resource, { kind: 'cluster' }> =>
    isOfKind(resource, 'cluster'),
  );

const waitFor = (step: MutableStep | undefined, before: MutableStep | undefined): void => {
  if (step !== undefined && before !== undefined && step.id !== before.id) step.after.add(before.id);
};

/** Without a leader, whoever asks for all to be replaced has no quorum to keep: so a cluster that lost it begins anew. */
const allReplaced = (planning: Planning): boolean => {
  const { standing, replace } = planning;
  if (healthyMembers(planning) !== null) return false;
  const members = [...standing].filter(([, { kind }]) => kind === 'server');
  return members.length > 0 && members.every(([address]) => replace.has(address));
};

/**
 * What comes before takes nothing from the cluster and may heal it: a server that was cut off its private network comes
 * back into it first, or the cluster would be awaited in vain.
 */
const disturbing: readonly string[] = [
  'set-protection',
  'power-off',
  'shutdown',
  'rebuild',
  'change-type',
  'detach-network',
  'remove-from-placement-group',
  'add-to-placement-group',
];
const disturbs = ({ effect }: MutableStep): boolean =>
  effect.port === 'cloud' &&
  (effect.op === 'delete' || (effect.op === 'change' && disturbing.includes(effect.change.op)));
const firstDisturbing = (chain: Chain): MutableStep | undefined => chain.steps.find(disturbs) ?? firstOf(chain);
const lastBeforeDisturbing = ({ steps }: Chain): MutableStep | undefined => steps[steps.findIndex(disturbs) - 1];

/** Restarts before departures: a member that leaves shrinks the quorum for those after it. Then by number. */
const restartsFirst = (a: Chain, b: Chain): number =>
  Number(a.verdict.disruption === 'leave') - Number(b.verdict.disruption === 'leave') ||
  a.verdict.address.localeCompare(b.verdict.address, 'en', { numeric: true });

/** Nobody healthy is taken down while another is still missing. Not needed where every member is known to be well. */
const firstGate = (
  planning: Planning,
  want: Chain['verdict']['want'],
  roll: Roll & { readonly before: readonly MutableStep[] },
): MutableStep | undefined => {
  if (want === undefined || !isOfKind(want, 'cluster')) return undefined;
  const healthy = healthyMembers(planning);
  const cluster = want as Resource<'cluster'>;
  const whole = healthy !== null && cluster.spec.servers.every(({ name }) => healthy.has(name));
  if (whole || cluster.spec.servers.length < 2) return undefined;
  const gate = readyStep(cluster, 'before any restart');
  for (const step of [...roll.before, ...bootsBefore(planning, cluster, roll)]) waitFor(gate, step);
  roll.extra.push(gate);
  return gate;
};

interface Roll {
  readonly rolled: readonly Chain[];
  readonly chains: ReadonlyMap<Address, Chain>;
  readonly extra: MutableStep[];
}

/**
 * A member that a killed run had begun to rebuild waits for its keys, and the cluster waits for it: each that is not
 * known to be well is awaited first. Whoever has booted already answers at once.
 */
const bootsBefore = (
  planning: Planning,
  cluster: Resource<'cluster'>,
  { rolled, chains, extra }: Roll,
): MutableStep[] => {
  const healthy = healthyMembers(planning);
  return cluster.spec.servers.flatMap(({ name, address }) => {
    const chain = chains.get(address);
    const isRolled = chain !== undefined && rolled.includes(chain);
    const server = planning.world.wanted.get(address);
    const boots = chain?.steps.some(({ effect }) => effect.port === 'machines') === true;
    if (healthy?.has(name) || server === undefined || !isOfKind(server, 'server')) return [];
    if (planning.verdicts.get(address)?.have === undefined || (boots && !isRolled)) return [];
    const draft = { ...bootDraft(server as Resource<'server'>), detail: 'before any restart' };
    const step: MutableStep = { ...stepOf(address, draft, new Map()), after: new Set() };
    if (chain !== undefined) waitFor(step, isRolled ? lastBeforeDisturbing(chain) : lastOf(chain));
    extra.push(step);
    return [step];
  });
};

const readyStep = (want: Resource<'cluster'>, detail: string): MutableStep => ({
  ...stepOf(
    want.address,
    { verb: 'await-ready', detail, effect: { port: 'cluster', op: 'await-ready', resource: want } },
    new Map(),
  ),
  after: new Set(),
});
