import { expect, test } from 'vitest';
import { cloudKinds } from '../../src/domain/kinds.ts';
import { plan, plant, pullRequest } from '../support/builders.ts';
import { copyOf, loseServer, standing } from '../support/drift.ts';
import { createModelWorld } from '../support/model-world.ts';
import { printPlan } from '../support/print-plan.ts';

const foreignNetwork = {
  kind: 'network',
  name: 'aipacto-production',
  facts: { range: '10.0.0.0/16', subnets: [], routes: [], serverIds: [], deleteProtection: false },
} as const;
const only = (kind: string) => ({
  lists: Object.fromEntries(
    cloudKinds.map((one) => [one, one === kind ? { complete: false, because: 'page 2: 503' } : { complete: true }]),
  ),
});

test('a foreign thing with a wanted name blocks what needs it, and is adopted by one command', () => {
  const world = createModelWorld();
  const foreign = plant(world, structuredClone(foreignNetwork));
  const blocked = plan(world);
  expect(blocked.changes.filter(({ action }) => action === 'blocked').map(({ address }) => address)).toEqual([
    'cluster/production',
    'job/server',
    'job/web',
    'load-balancer/production',
    'network/production',
    'rrset/aipacto.com/@/A',
    'rrset/aipacto.com/@/AAAA',
    'server/production-1',
    'server/production-2',
    'server/production-3',
  ]);
  expect(blocked.changes.find(({ address }) => address === 'network/production')?.next).toBe(
    'reconcile production --adopt network/production',
  );
  const adopt = plan(world, { options: { adopt: ['network/production'] } });
  expect(printPlan(adopt, { steps: false })).toContain(
    'update network/production\n    state: (none) → id 1001, handed over with --adopt',
  );
  world.apply(adopt);
  expect(foreign.labels).toMatchObject({
    project: 'aipacto',
    environment: 'production',
    address: 'network.production',
  });
  expect(plan(world).steps).toEqual([]);
});

test('an adopted server is rebuilt: nobody knows with which user data it booted', () => {
  const world = standing();
  const server = world.find('server', 'aipacto-production-2');
  server.labels = {};
  const { 'server/production-2': _forgotten, ...resources } = world.state?.resources ?? {};
  if (world.state !== null) world.state = { ...world.state, resources };
  expect(plan(world).changes.find(({ address }) => address === 'server/production-2')).toMatchObject({
    action: 'blocked',
  });
  const adopt = plan(world, { options: { adopt: ['server/production-2'] } });
  expect(adopt.changes.find(({ address }) => address === 'server/production-2')).toMatchObject({ action: 'rebuild' });
  world.apply(adopt);
  expect(plan(world).steps).toEqual([]);
});

test('the same name in another environment is not ours either', () => {
  const world = createModelWorld();
  plant(world, {
    ...structuredClone(foreignNetwork),
    labels: { project: 'aipacto', environment: 'staging', address: 'network.staging' },
  });
  expect(plan(world).changes.find(({ kind }) => kind === 'network')?.reasons[0]?.because).toBe(
    'a network of this name exists (id 1001) but belongs to another environment',
  );
});

test('nothing is created or deleted on an incomplete list, everything else goes on', () => {
  const world = standing();
  loseServer(world, 'aipacto-production-2');
  plant(world, {
    ...structuredClone(world.find('server', 'aipacto-production-1')),
    id: '7777',
    name: 'extra',
    labels: { ...world.find('server', 'aipacto-production-1').labels, address: 'server.production-9' },
  });
  world.find('firewall', 'aipacto-production').facts.rules = [];
  expect(printPlan(plan(world, { observation: only('server') }))).toMatchInlineSnapshot(`
    "blocked cluster/production
        members: aipacto-production-2 is no voter of Consul, no voter of Nomad, a node that is down
        depends: it waits for server/production-2, which is blocked
        next: run again: reconcile production
    update firewall/production
        rules: (none) → in icmp from 0.0.0.0/0, ::/0 (ping), it differs from infra.yaml
        rules: (none) → in tcp 22 from 0.0.0.0/0, ::/0 (SSH), it differs from infra.yaml
    blocked server/production-2
        list: it may exist: the list of this kind is incomplete (page 2: 503)
        next: run again: reconcile production
    blocked server/production-9
        list: nothing is deleted on an incomplete list (page 2: 503)
        next: run again: reconcile production
    · set-rules firewall/production
    11 kept, €28.50 → €28.50 a month"
  `);
});

test('destroying on an incomplete list leaves that kind and what it uses', () => {
  const destroy = plan(standing(), { intent: 'destroy', observation: only('server') });
  const left = destroy.changes
    .filter(({ action }) => action !== 'delete')
    .map(({ address, action }) => `${action} ${address}`);
  expect(left).toMatchInlineSnapshot(`
    [
      "keep cluster/production",
      "blocked firewall/production",
      "keep job/server",
      "keep job/web",
      "blocked network/production",
      "blocked placement-group/production",
      "blocked server/production-1",
      "blocked server/production-2",
      "blocked server/production-3",
      "forget zone/aipacto.com",
    ]
  `);
});

test('labels that contradict each other are left alone and named', () => {
  const world = standing();
  const { facts, labels } = world.find('server', 'aipacto-production-1');
  plant(world, {
    kind: 'server',
    name: 'a',
    facts: structuredClone(facts),
    labels: { ...labels, address: 'server.staging-1' },
  });
  plant(world, {
    kind: 'server',
    name: 'b',
    facts: structuredClone(facts),
    labels: { project: 'aipacto', environment: 'production' },
  });
  for (const intent of ['converge', 'destroy'] as const) {
    const made = plan(copyOf(world), { intent });
    expect(
      made.steps.filter(
        ({ effect }) => effect.port === 'cloud' && effect.op === 'delete' && ['a', 'b'].includes(effect.name),
      ),
    ).toEqual([]);
    expect(made.notices.filter((notice) => notice.includes('left alone'))).toHaveLength(2);
  }
});

test("another environment's label on our server does not make that environment delete it", () => {
  const world = standing();
  world.find('server', 'aipacto-production-1').labels['environment'] = 'pr-7';
  const theirs = { ...world, state: null };
  const made = plan(Object.assign(copyOf(world), { state: null, voters: [], nodes: [], jobs: [] }), {
    environment: pullRequest(7),
  });
  expect(made.steps.filter(({ effect }) => effect.port === 'cloud' && effect.op === 'delete')).toEqual([]);
  expect(theirs.items).toHaveLength(world.items.length);
});

test('what is gone and no longer wanted is forgotten', () => {
  const world = standing();
  world.items = world.items.filter(({ kind }) => kind !== 'load-balancer');
  expect(printPlan(plan(world, { intent: 'destroy' }), { steps: false })).toContain(
    'forget load-balancer/production\n    state: it is gone from the cloud and no longer wanted',
  );
});

test('a server that Hetzner is still deleting is waited for, not replaced', () => {
  const world = standing();
  world.find('server', 'aipacto-production-2').facts.status = 'deleting';
  expect(plan(world).changes.find(({ address }) => address === 'server/production-2')).toMatchObject({
    action: 'blocked',
    next: 'run again in a minute: reconcile production',
  });
});

test('several foreign things are handed over by one command', () => {
  const world = createModelWorld();
  plant(world, structuredClone(foreignNetwork));
  plant(world, { kind: 'placement-group', name: 'aipacto-production', facts: { type: 'spread', serverIds: [] } });
  const nexts = plan(world).changes.flatMap(({ next }) => (next === undefined ? [] : [next]));
  expect([...new Set(nexts)]).toEqual([
    'reconcile production --adopt network/production --adopt placement-group/production',
  ]);
});
