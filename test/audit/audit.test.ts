import { expect, test } from 'vitest';
import { auditPlan } from '../../src/audit/audit.ts';
import type { Plan, Step } from '../../src/domain/plan.ts';
import { summarize } from '../../src/domain/plan.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { type Asked, inputOf, plant, production } from '../support/builders.ts';
import { standing } from '../support/drift.ts';
import { createModelWorld, type ModelWorld } from '../support/model-world.ts';

/*
 * Each test takes a sound plan and breaks one thing in it, as a fault of the planner would. An audit that finds nothing
 * then is worth nothing.
 */
const messages = (world: ModelWorld, asked: Asked, tamper: (plan: Plan) => Plan): string[] => {
  const input = inputOf(world, asked);
  const made = makePlan(input);
  expect(auditPlan({ ...input, plan: made })).toEqual([]);
  return auditPlan({ ...input, plan: tamper(made) }).map(({ severity, message }) => `${severity}: ${message}`);
};
const first = (tamper: (plan: Plan) => Plan): string[] => messages(createModelWorld(), {}, tamper);
const step = (plan: Plan, id: string): Step => {
  const found = plan.steps.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no step ${id}`);
  return found;
};
const swap = (plan: Plan, id: string, change: (before: Step) => Step): Plan => ({
  ...plan,
  steps: plan.steps.map((one) => (one.id === id ? change(one) : one)),
});
const newConsul = production((before) => ({ ...before, versions: { ...before.versions, consul: '1.20.6' } }));

test('a step that deletes or changes a foreign thing', () => {
  const world = standing();
  const foreign = plant(world, {
    kind: 'volume',
    name: 'database',
    facts: { sizeGb: 100, serverId: null, location: 'nbg1' },
  });
  const asked: Asked = { intent: 'destroy' };
  expect(
    messages(world, asked, (plan) =>
      swap(plan, 'delete firewall/production', (one) => ({
        ...one,
        effect: { port: 'cloud', op: 'delete', kind: 'volume', id: foreign.id, name: 'database' },
      })),
    ),
  ).toEqual(['error: delete firewall/production deletes volume database, which is not ours']);
  expect(
    messages(world, asked, (plan) =>
      swap(plan, 'delete firewall/production', (one) => ({
        ...one,
        effect: {
          port: 'cloud',
          op: 'change',
          kind: 'volume',
          id: foreign.id,
          change: { op: 'set-labels', labels: {} },
        },
      })),
    ),
  ).toContain('error: delete firewall/production changes volume database, which is not ours');
});

test('a step for a thing that nobody observed', () => {
  expect(
    messages(standing(), { intent: 'destroy' }, (plan) =>
      swap(plan, 'delete server/production-1', (one) => ({
        ...one,
        effect: { port: 'cloud', op: 'delete', kind: 'server', id: '424242', name: 'x' },
      })),
    ),
  ).toEqual(['error: delete server/production-1 names server 424242, which was not observed']);
});

test('a delete on an incomplete list, of a protected thing, or in a protected environment', () => {
  const input = inputOf(standing(), { intent: 'destroy' });
  const plan = makePlan(input);
  const lists = { ...input.observation.lists, server: { complete: false } };
  expect(auditPlan({ ...input, observation: { ...input.observation, lists }, plan })[0]?.message).toBe(
    'delete server/production-1 deletes on an incomplete list of kind server',
  );
  const items = input.observation.items.map((item) =>
    item.kind === 'network' ? { ...item, facts: { ...item.facts, deleteProtection: true } } : item,
  );
  expect(
    auditPlan({ ...input, observation: { ...input.observation, items }, plan }).map(({ message }) => message),
  ).toEqual(['delete network/production deletes aipacto-production, which is protected at Hetzner']);
  const environment = { ...input.environment, protected: true };
  expect(auditPlan({ ...input, environment, plan }).length).toBeGreaterThan(5);
});

test('a circle of dependencies, one that does not exist, two steps of one name', () => {
  expect(
    first((plan) =>
      swap(plan, 'create network/production', (one) => ({ ...one, dependsOn: ['await-ready cluster/production'] })),
    ),
  ).toEqual([expect.stringContaining('error: steps wait for one another in a circle through')]);
  expect(first((plan) => swap(plan, 'submit job/web', (one) => ({ ...one, dependsOn: ['make coffee'] })))).toEqual([
    'error: submit job/web waits for make coffee, which is no step of the plan',
  ]);
  expect(first((plan) => ({ ...plan, steps: [...plan.steps, step(plan, 'submit job/web')] }))).toEqual([
    'error: two steps are called submit job/web',
  ]);
});

test('a reference to something that no step makes', () => {
  expect(
    first((plan) => ({
      ...plan,
      steps: plan.steps
        .filter(({ id }) => id !== 'create zone/aipacto.com')
        .map((one) => ({ ...one, dependsOn: one.dependsOn.filter((id) => id !== 'create zone/aipacto.com') })),
    })),
  ).toContain('error: create zone/aipacto.com has no step');
  expect(
    first((plan) =>
      swap(plan, 'attach-network server/production-1', (one) => ({
        ...one,
        effect: {
          port: 'cloud',
          op: 'change',
          kind: 'server',
          id: null,
          change: { op: 'attach-network', network: { ref: 'network/staging', attribute: 'id' }, ip: '10.0.1.11' },
        },
      })),
    ),
  ).toEqual(['error: attach-network server/production-1 needs network/staging, which no step makes']);
});

test('an order without its labels, with too much user data, or without a place', () => {
  const broken = (
    change: (resource: { labels: Record<string, string>; spec: { userData: string } }) => void,
    placed = true,
  ) =>
    first((plan) =>
      swap(plan, 'create server/production-1', (one) => {
        if (one.effect.port !== 'cloud' || one.effect.op !== 'create') return one;
        const resource = structuredClone(one.effect.resource) as never;
        change(resource);
        const { placement, ...effect } = one.effect;
        return { ...one, effect: { ...effect, resource, ...(placed && placement !== undefined ? { placement } : {}) } };
      }),
    );
  expect(broken(({ labels }) => delete labels['run'])).toEqual([
    'error: create server/production-1 lacks the label run',
  ]);
  expect(broken(({ labels }) => Object.assign(labels, { environment: 'staging' }))).toEqual([
    'error: create server/production-1 has the label environment=staging, not production',
  ]);
  expect(broken(({ labels }) => Object.assign(labels, { note: 'a b' }))).toEqual([
    'error: create server/production-1 has the label note=a b, which Hetzner refuses',
  ]);
  expect(broken(({ spec }) => Object.assign(spec, { userData: 'é'.repeat(16_385) }))).toEqual([
    'error: create server/production-1 sends 32770 bytes of user data; Hetzner takes 32768',
  ]);
  expect(broken(() => undefined, false)).toEqual(['error: create server/production-1 says neither type nor location']);
});

test('verdicts and steps that tell different stories', () => {
  expect(
    first((plan) => ({ ...plan, changes: plan.changes.slice(1), summary: summarize(plan.changes.slice(1)) })),
  ).toContain('error: create certificate/production is for certificate/production, of which the plan says nothing');
  expect(first((plan) => ({ ...plan, summary: { ...plan.summary, create: 1 } }))).toEqual([
    'error: the summary counts 1 create, the changes are 14',
  ]);
  expect(first((plan) => ({ ...plan, monthlyCents: { before: 0, after: 1 } }))).toEqual([
    'error: the plan costs 1 cents after, its changes 2850',
  ]);
  const kept = (plan: Plan): Plan => {
    const changes = plan.changes.map((change) =>
      change.address === 'server/production-1' ? { ...change, action: 'keep' as const } : change,
    );
    return { ...plan, changes, summary: summarize(changes) };
  };
  expect(messages(standing(), { intent: 'destroy' }, kept)).toEqual([
    'error: delete server/production-1 has a step although server/production-1 is kept',
    'error: delete server/production-1 deletes what is to be keep',
  ]);
});

test('two healthy members that may be down side by side', () => {
  const together = (plan: Plan): Plan => ({
    ...plan,
    steps: plan.steps
      .filter(({ id }) => id !== 'await-ready cluster/production (after server/production-1)')
      .map((one) => ({
        ...one,
        dependsOn: one.dependsOn.filter((id) => id !== 'await-ready cluster/production (after server/production-1)'),
      })),
  });
  expect(messages(standing(), { environment: newConsul }, together)).toEqual([
    'error: rebuild server/production-2 may start while aipacto-production-1 is down: the quorum is at risk',
  ]);
});

test('one after another is not enough: the cluster has to be awaited in between', () => {
  const hurried = (plan: Plan): Plan => ({
    ...plan,
    steps: plan.steps.map((one) =>
      one.id === 'await-ready cluster/production (after server/production-1)'
        ? {
            ...one,
            effect: { port: 'machines', op: 'await-boot', serverName: 'aipacto-production-1', privateIp: '10.0.1.11' },
          }
        : one,
    ),
  });
  expect(messages(standing(), { environment: newConsul }, hurried)).toEqual([
    'error: rebuild server/production-2 may start while aipacto-production-1 is down: the quorum is at risk',
  ]);
});
