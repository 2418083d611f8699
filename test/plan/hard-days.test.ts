import { expect, test } from 'vitest';
import type { Observation } from '../../src/domain/observation.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { desiredOf, observationOf, plan, plant, production, withServers } from '../support/builders.ts';
import { loseMember, standing } from '../support/drift.ts';
import type { ModelWorld } from '../support/model-world.ts';

/* What random worlds found (test/simulation), each held by the smallest picture of it. */

/** The steps of a verb, each with everything it waits for, directly or not. */
const waitsOf = (made: Plan, verb: string): { readonly id: string; readonly before: ReadonlySet<string> }[] => {
  const byId = new Map(made.steps.map((step) => [step.id, step]));
  return made.steps
    .filter(({ id }) => id.startsWith(`${verb} `))
    .map(({ id }) => {
      const before = new Set<string>();
      const queue = [id];
      for (let at = 0; at < queue.length; at += 1)
        for (const other of byId.get(queue[at] ?? '')?.dependsOn ?? [])
          if (!before.has(other)) {
            before.add(other);
            queue.push(other);
          }
      return { id, before };
    });
};
const gate = 'await-ready cluster/production (before any restart)';

const leaderless = (world: ModelWorld): Partial<Observation> => {
  const { cluster } = observationOf(world);
  if (cluster?.reachable !== true) throw new Error('the cluster of the model world answers');
  return { cluster: { ...cluster, nomad: { ...cluster.nomad, leader: null, voters: [] }, nodes: [], jobs: [] } };
};

test('between two leaders nobody is taken down: the cluster is awaited first, then one member after another', () => {
  const world = standing();
  const made = plan(world, {
    environment: production(withServers({ image: 'debian-13' })),
    observation: leaderless(world),
  });
  const rebuilds = waitsOf(made, 'rebuild');
  expect(rebuilds).toHaveLength(3);
  for (const { before } of rebuilds) expect(before).toContain(gate);
  expect(rebuilds[1]?.before).toContain('await-ready cluster/production (after server/production-1)');
});

test('a killed run left a member waiting for its keys: it is served first, whether or not a leader can say who is down', () => {
  const boot = 'await-boot server/production-1 (before any restart)';
  const world = standing();
  const image = { environment: production(withServers({ image: 'debian-13' })) };
  const unknown = waitsOf(plan(world, { ...image, observation: leaderless(world) }), 'rebuild');
  for (const { before } of unknown) expect(before).toContain(boot);

  // The first was rebuilt and recorded: nothing is to be done to it, but it is no member yet.
  const server = world.items.find(({ name }) => name === 'aipacto-production-1');
  if (server?.kind !== 'server') throw new Error('production has a first server');
  const wanted = desiredOf(image.environment).resources.find(({ address }) => address === 'server/production-1');
  if (wanted?.kind !== 'server') throw new Error('a first server is wanted');
  server.facts.image = 'debian-13';
  Object.assign(server.labels, { 'user-data': wanted.spec.userDataFingerprint });
  loseMember(world, server.name);
  const known = waitsOf(plan(world, image), 'rebuild');
  expect(known.map(({ id }) => id)).toEqual(['rebuild server/production-2', 'rebuild server/production-3']);
  for (const { before } of known) {
    expect(before).toContain(boot);
    expect(before).toContain(gate);
  }
});

test('servers that lost their network come back into it before the cluster is awaited, and only then restart', () => {
  const world = standing();
  for (const item of world.items) if (item.kind === 'server') item.facts.networks = [];
  const made = plan(world, {
    environment: production(withServers({ types: ['cpx32'] })),
    observation: { cluster: { reachable: false, because: 'no server answers' } },
  });
  const [awaited] = waitsOf(made, gate.split(' ')[0] ?? '').filter(({ id }) => id === gate);
  for (const number of [1, 2, 3]) {
    expect(awaited?.before).toContain(`attach-network server/production-${number}`);
    expect(awaited?.before).not.toContain(`power-off server/production-${number}`);
  }
  for (const { before } of waitsOf(made, 'power-off')) expect(before).toContain(gate);
});

test('all members replaced on request: there is no quorum to keep, so nothing waits for one', () => {
  const world = standing();
  const made = plan(world, {
    options: { replace: ['server/production-1', 'server/production-2', 'server/production-3'] },
    observation: leaderless(world),
  });
  const deletes = waitsOf(made, 'delete');
  expect(deletes).toHaveLength(3);
  for (const { before } of deletes) expect([...before].filter((id) => id.startsWith('await-ready'))).toEqual([]);
});

test('all replaced on request while they have a leader: one after another all the same', () => {
  const world = standing();
  const made = plan(world, {
    options: { replace: ['server/production-1', 'server/production-2', 'server/production-3'] },
  });
  expect(waitsOf(made, 'delete')[1]?.before).toContain('await-ready cluster/production (after server/production-1)');
});

test('with --only, what gets a new id in this plan comes along for what has to name it', () => {
  const world = standing();
  world.items = world.items.filter(({ kind }) => kind !== 'server' && kind !== 'load-balancer');
  const made = plan(world, {
    environment: production((environment) => ({
      ...environment,
      network: { ...environment.network, range: '10.77.0.0/16', subnet: '10.77.1.0/24' },
    })),
    options: { only: ['load-balancer/production'] },
  });
  expect(made.steps.map(({ id }) => id)).toContain('create network/production');
});

test('a server that is on its way to running, with nothing holding it, is switched on', () => {
  const world = standing();
  const server = world.items.find(({ name }) => name === 'aipacto-production-2');
  if (server !== undefined) Object.assign(server.facts, { status: 'starting', locked: false });
  expect(plan(world).steps.map(({ id }) => id)).toContain('power-on server/production-2');
});

test('several things to hand over are handed over by one command', () => {
  const world = standing();
  for (const name of ['aipacto-production-1', 'aipacto-production-2']) {
    const mine = world.items.find((item) => item.name === name);
    world.items = world.items.filter((item) => item !== mine);
    plant(world, { kind: 'server', name, facts: { ...mine?.facts } });
  }
  const { changes } = plan(world);
  const nexts = new Set(
    changes.flatMap(({ action, next }) => (action === 'blocked' && next !== undefined ? [next] : [])),
  );
  expect([...nexts]).toEqual(['reconcile production --adopt server/production-1 --adopt server/production-2']);
});

test('what was only handed over is never deleted, even where nothing else would make it fit', () => {
  const world = standing();
  const mine = world.items.find(({ name }) => name === 'aipacto-production-1');
  world.items = world.items.filter((item) => item !== mine);
  const theirs = plant(world, {
    kind: 'server',
    name: 'aipacto-production-1',
    facts: { ...mine?.facts, location: 'ash' },
  });
  const { changes, steps } = plan(world, { options: { adopt: ['server/production-1'] } });
  expect(changes.find(({ address }) => address === 'server/production-1')).toMatchObject({
    action: 'blocked',
    next: `hcloud server update ${theirs.id} --name aipacto-production-1-other`,
  });
  expect(steps.filter(({ effect }) => effect.port === 'cloud' && effect.op === 'delete')).toEqual([]);
});

for (const memory of ['remembered', 'forgotten'])
  for (const label of ['server.production-9', 'server.production-2'])
    test(`a server whose address label was mistyped as ${label} gets it back and nothing is deleted, state ${memory}`, () => {
      const world = standing();
      const server = world.items.find(({ name }) => name === 'aipacto-production-1');
      if (server !== undefined) server.labels = { ...server.labels, address: label };
      if (memory === 'forgotten') world.state = null;
      const made = plan(world);
      expect(made.summary).toMatchObject({ create: 0, delete: 0, rebuild: 0, replace: 0, blocked: 0 });
      expect(made.steps.map(({ id }) => id)).toContain('set-labels server/production-1');
    });
