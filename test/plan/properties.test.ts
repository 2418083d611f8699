import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditPlan } from '../../src/audit/audit.ts';
import type { Environment } from '../../src/domain/environment.ts';
import { cloudKinds } from '../../src/domain/kinds.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { inputOf, plan, plant, production, withServers } from '../support/builders.ts';
import { copyOf, loseServer, standing } from '../support/drift.ts';
import { type ModelWorld, nextId } from '../support/model-world.ts';

/** One thing that somebody else does to the project between two runs. `pick` chooses among what there is. */
type Deed = (world: ModelWorld, pick: number) => void;
const choose = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];
const ours = (world: ModelWorld) => world.items.filter(({ labels }) => labels['project'] === 'aipacto');

const deeds: Readonly<Record<string, Deed>> = {
  'delete a thing': (world, pick) => {
    const item = choose(ours(world), pick);
    if (item === undefined) return;
    if (item.kind === 'server') loseServer(world, item.name);
    world.items = world.items.filter((one) => one !== item);
    for (const one of world.items) {
      if (one.facts.networks)
        one.facts.networks = one.facts.networks.filter((net: { networkId: string }) => net.networkId !== item.id);
      if (one.facts.firewallIds) one.facts.firewallIds = one.facts.firewallIds.filter((id: string) => id !== item.id);
      if (one.facts.placementGroupId === item.id) one.facts.placementGroupId = null;
    }
  },
  'strip a label': (world, pick) => {
    const item = choose(ours(world), pick);
    const label = choose(Object.keys(item?.labels ?? {}), pick >> 4);
    if (item !== undefined && label !== undefined) delete item.labels[label];
  },
  'add a label': (world, pick) => {
    const item = choose(ours(world), pick);
    if (item !== undefined) item.labels['color'] = 'blue';
  },
  'rename a thing': (world, pick) => {
    const item = choose(
      ours(world).filter(({ kind }) => kind !== 'rrset' && kind !== 'zone'),
      pick,
    );
    if (item !== undefined) item.name = `renamed-${pick}`;
  },
  'copy a thing': (world, pick) => {
    const item = choose(
      ours(world).filter(({ kind }) => kind !== 'rrset' && kind !== 'zone'),
      pick,
    );
    if (item !== undefined) plant(world, { ...structuredClone(item), id: nextId(world), name: `copy-${pick}` });
  },
  'plant a foreign thing': (world, pick) => {
    const item = choose(
      ours(world).filter(({ kind }) => kind !== 'rrset' && kind !== 'zone'),
      pick,
    );
    if (item !== undefined)
      plant(world, { kind: item.kind, name: `foreign-${pick}`, facts: structuredClone(item.facts) });
  },
  'switch a server off': (world, pick) => {
    const server = choose(
      world.items.filter(({ kind }) => kind === 'server'),
      pick,
    );
    if (server !== undefined) server.facts.status = 'off';
  },
  'empty the firewall': (world) => {
    for (const item of world.items) if (item.kind === 'firewall') item.facts.rules = [];
  },
  'take a server out of its network': (world, pick) => {
    const server = choose(
      world.items.filter(({ kind }) => kind === 'server'),
      pick,
    );
    if (server !== undefined) server.facts.networks = [];
  },
  'protect a thing': (world, pick) => {
    const item = choose(
      world.items.filter(({ kind }) => kind === 'server' || kind === 'network' || kind === 'load-balancer'),
      pick,
    );
    if (item !== undefined)
      Object.assign(item.facts, { deleteProtection: true }, item.kind === 'server' ? { rebuildProtection: true } : {});
  },
  'hurt a job': (world, pick) => {
    const job = choose(world.jobs, pick);
    if (job !== undefined) Object.assign(job, { healthy: 0 });
  },
  'lose the state': (world) => {
    world.state = null;
  },
};
const life = fc.array(fc.tuple(fc.constantFrom(...Object.keys(deeds)), fc.nat(10_000)), { maxLength: 6 });
const worldAfter = (story: readonly (readonly [string, number])[]): ModelWorld => {
  const world = standing();
  for (const [deed, pick] of story) deeds[deed]?.(world, pick);
  return world;
};
/** Named, so that a counterexample can be read. */
const wishes: Readonly<Record<string, Environment>> = {
  'as it is': production(),
  'five servers': production(withServers({ count: 5 })),
  'another type': production(withServers({ types: ['cpx22'] })),
  'another location': production(withServers({ locations: ['hel1'] })),
  'other user data': production((before) => ({ ...before, versions: { ...before.versions, consul: '1.20.6' } })),
  'another domain': production((before) => ({ ...before, domain: 'www.aipacto.com' })),
  'no load balancer': production((before) => ({ ...before, ingress: 'dns', tls: 'caddy' })),
};
const wish = fc.constantFrom(...Object.keys(wishes));
const wished = (name: string): Environment => wishes[name] ?? production();
const runs = { numRuns: 150 };

describe('whatever happened between two runs,', () => {
  test('planning twice changes nothing: what is not blocked converges, in one run and for good', () => {
    fc.assert(
      fc.property(life, wish, (story, name) => {
        const environment = wished(name);
        const world = worldAfter(story);
        const heal = plan(world, { environment });
        fc.pre(heal.summary.blocked === 0);
        world.apply(heal);
        const again = plan(world, { environment });
        expect(again.changes.filter(({ action }) => action !== 'keep')).toEqual([]);
        expect(again.steps).toEqual([]);
      }),
      {
        ...runs,
        examples: [
          [
            [
              ['copy a thing', 7127],
              ['delete a thing', 9020],
            ],
            'no load balancer',
          ],
        ],
      },
    );
  });

  test('every plan passes the audit, destroying ones too', () => {
    fc.assert(
      fc.property(life, wish, fc.constantFrom('converge' as const, 'destroy' as const), (story, name, intent) => {
        const environment = wished(name);
        const input = inputOf(worldAfter(story), { environment, intent });
        expect(auditPlan({ ...input, plan: makePlan(input) })).toEqual([]);
      }),
      runs,
    );
  });

  test('a foreign thing is never in a step and survives everything', () => {
    fc.assert(
      fc.property(
        life,
        fc.nat(10_000),
        fc.constantFrom('converge' as const, 'destroy' as const),
        (story, pick, intent) => {
          const world = worldAfter([...story, ['plant a foreign thing', pick]]);
          const foreign = world.items.filter(
            ({ labels }) => labels['project'] === undefined && Object.keys(labels).length === 0,
          );
          const known = new Set(Object.values(world.state?.resources ?? {}).map(({ id }) => id));
          const strangers = foreign.filter(({ id }) => !known.has(id));
          const before = structuredClone(strangers);
          const made = plan(world, { intent });
          for (const { effect } of made.steps)
            if (effect.port === 'cloud' && effect.op !== 'create')
              expect(strangers.map(({ id }) => id)).not.toContain(effect.id);
          world.apply(made);
          for (const [index, stranger] of strangers.entries()) {
            expect(world.items).toContain(stranger);
            // A network that goes takes its guests' attachment along, as at Hetzner.
            expect({ ...stranger, facts: 0 }).toEqual({ ...before[index], facts: 0 });
          }
        },
      ),
      runs,
    );
  });

  test('nothing of a kind is created or deleted while its list is incomplete', () => {
    fc.assert(
      fc.property(
        life,
        fc.constantFrom(...cloudKinds),
        fc.constantFrom('converge' as const, 'destroy' as const),
        (story, kind, intent) => {
          const lists = Object.fromEntries(cloudKinds.map((one) => [one, { complete: one !== kind }]));
          const made = plan(worldAfter(story), { intent, observation: { lists } });
          for (const { effect } of made.steps) {
            if (effect.port !== 'cloud' || effect.op === 'change') continue;
            const touched = effect.op === 'create' ? effect.resource.kind : effect.kind;
            // A replacement of something seen is no guess about what was not seen.
            const replaces = made.changes.some(({ action, kind: one }) => action === 'replace' && one === kind);
            if (!replaces) expect(touched).not.toBe(kind);
          }
        },
      ),
      runs,
    );
  });

  test('the same input gives the same plan', () => {
    fc.assert(
      fc.property(life, wish, (story, name) => {
        const environment = wished(name);
        const world = worldAfter(story);
        expect(plan(copyOf(world), { environment })).toEqual(plan(world, { environment }));
      }),
      { numRuns: 50 },
    );
  });

  test('the order in which the API lists things does not matter', () => {
    fc.assert(
      fc.property(life, wish, fc.integer(), (story, name, seed) => {
        const environment = wished(name);
        const world = worldAfter(story);
        const shuffled = copyOf(world);
        const rank = (id: string) => ((Number.parseInt(id, 10) || 1) * 7919 + seed) % 1009;
        shuffled.items = shuffled.items.toSorted((a, b) => rank(a.id) - rank(b.id));
        const [one, other] = [plan(world, { environment }), plan(shuffled, { environment })];
        expect(other.changes).toEqual(one.changes);
        expect(other.steps.map(({ id }) => id).toSorted()).toEqual(one.steps.map(({ id }) => id).toSorted());
        expect(other.basis).toEqual(one.basis);
      }),
      { numRuns: 50 },
    );
  });

  test('a run stopped after any step and begun again ends in the same place', () => {
    fc.assert(
      fc.property(life, wish, fc.nat(60), (story, name, stopAfter) => {
        const environment = wished(name);
        const world = worldAfter(story);
        const heal = plan(world, { environment });
        fc.pre(heal.summary.blocked === 0);
        for (const step of heal.steps.slice(0, stopAfter % (heal.steps.length + 1))) world.perform(step, heal);
        const rest = plan(world, { environment });
        fc.pre(rest.summary.blocked === 0);
        world.apply(rest);
        expect(plan(world, { environment }).steps).toEqual([]);
      }),
      runs,
    );
  });
});
