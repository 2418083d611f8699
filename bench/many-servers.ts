import type { AnyObservedItem } from '../src/domain/observation.ts';
import { isEmpty } from '../src/domain/plan.ts';
import type { AnyResource, DesiredState } from '../src/domain/resource.ts';
import type { Remembered } from '../src/domain/statefile.ts';
import type { PlanInput } from '../src/plan/options.ts';
import { makePlan } from '../src/plan/plan.ts';
import { converged, desiredOf, inputOf, production } from '../test/support/builders.ts';
import { createModelWorld } from '../test/support/model-world.ts';
import type { Row } from './table.ts';

/** Production with `count` servers: the third server again and again, with name, address and private address of its own. */
const grown = (count: number): DesiredState => {
  const base = desiredOf(production());
  const third = base.resources.find(({ address }) => address === 'server/production-3');
  if (third?.kind !== 'server') throw new Error('production has no third server');
  const { placementGroup: _tenAtMost, ...spec } = third.spec;
  const more = Array.from({ length: count - 3 }, (_, index): AnyResource => {
    const number = index + 4;
    return {
      ...third,
      address: `server/production-${number}`,
      name: `aipacto-production-${number}`,
      labels: { ...third.labels, address: `server.production-${number}` },
      spec: { ...spec, privateIp: privateIp(number) },
      dependsOn: third.dependsOn.filter((address) => !address.startsWith('placement-group/')),
    };
  });
  return { ...base, resources: [...base.resources, ...more] };
};
const privateIp = (number: number): string => `10.0.${Math.floor(number / 250) + 1}.${(number % 250) + 1}`;

/** The world in which all of them stand as wanted. */
const settled = (count: number): PlanInput => {
  const desired = grown(count);
  const input = inputOf(converged(), { desired });
  const pattern = input.observation.items.find(({ name }) => name === 'aipacto-production-3');
  const known = input.state?.resources['server/production-3'];
  if (pattern?.kind !== 'server' || known === undefined || input.state === null) throw new Error('no pattern to copy');
  const items: AnyObservedItem[] = [...input.observation.items];
  const resources: Record<string, Remembered> = { ...input.state.resources };
  for (const resource of desired.resources.slice(-(count - 3))) {
    if (resource.kind !== 'server') throw new Error(`${resource.address} is no server`);
    const id = String(50_000 + items.length);
    const [network] = pattern.facts.networks;
    if (network === undefined) throw new Error('the pattern has no network');
    const facts = { ...pattern.facts, placementGroupId: null, networks: [{ ...network, ip: resource.spec.privateIp }] };
    items.push({ ...pattern, id, name: resource.name, labels: { ...resource.labels, run: 'run-1' }, facts });
    resources[resource.address] = { ...known, id, name: resource.name };
  }
  return { ...input, observation: { ...input.observation, items }, state: { ...input.state, resources } };
};

const timed = (input: PlanInput, check: (plan: ReturnType<typeof makePlan>) => boolean): number => {
  let best = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 3; count += 1) {
    const start = performance.now();
    const plan = makePlan(input);
    best = Math.min(best, performance.now() - start);
    if (!check(plan)) throw new Error(`not the plan that was to be measured: ${JSON.stringify(plan.summary)}`);
  }
  return best;
};

export const planServers = (): Row[] => {
  const figures = [1_000, 10_000].map((count) => ({
    count,
    noOp: timed(settled(count), isEmpty),
    create: timed(inputOf(createModelWorld(), { desired: grown(count) }), (plan) => plan.summary.create > count),
  }));
  const [small, large] = figures;
  if (small === undefined || large === undefined) throw new Error('two sizes are measured');
  const growth = (which: 'noOp' | 'create'): number => large[which] / small[which];
  return [
    {
      what: 'planning 1,000 servers',
      figure: `${small.noOp.toFixed(0)} ms unchanged, ${small.create.toFixed(0)} ms to create`,
      target: '< 1 s',
      ok: Math.max(small.noOp, small.create) < 1_000,
      anchor: 'Terraform core: 1,000 resources 1.0 s, 3,000 6.2 s',
    },
    {
      what: 'planning 10,000 servers',
      figure: `${growth('noOp').toFixed(1)} × and ${growth('create').toFixed(1)} × the time of 1,000 (${large.noOp.toFixed(0)} and ${large.create.toFixed(0)} ms)`,
      target: 'linear: ≤ 15 ×',
      ok: Math.max(growth('noOp'), growth('create')) <= 15,
      anchor: 'Terraform core: 6.2 × the time for 3 × the resources',
    },
  ];
};
