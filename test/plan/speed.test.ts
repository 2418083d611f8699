import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { auditPlan } from '../../src/audit/audit.ts';
import type { DesiredState, Resource } from '../../src/domain/resource.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { desiredOf, inputOf, production } from '../support/builders.ts';
import { createModelWorld, type ModelWorld } from '../support/model-world.ts';

/** Production with many servers; user data is rendered once, for rendering is not what is measured. */
const crowd = (count: number): DesiredState => {
  const small = desiredOf(production());
  const rest = small.resources.filter(
    ({ kind }) => kind !== 'server' && kind !== 'cluster' && kind !== 'placement-group',
  );
  const first = small.resources.find(({ kind }) => kind === 'server') as Resource<'server'>;
  const cluster = small.resources.find(({ kind }) => kind === 'cluster') as Resource<'cluster'>;
  const { placementGroup: _none, ...spec } = first.spec;
  const servers = Array.from({ length: count }, (_, index): Resource<'server'> => {
    const privateIp = `10.0.${1 + Math.floor(index / 200)}.${11 + (index % 200)}`;
    return {
      ...first,
      address: `server/production-${index + 1}`,
      name: `aipacto-production-${index + 1}`,
      labels: { ...first.labels, address: `server.production-${index + 1}` },
      spec: { ...spec, privateIp },
      dependsOn: ['network/production', 'firewall/production'],
    };
  });
  const members = servers.map(({ address, name, spec: { privateIp } }) => ({ address, name, privateIp }));
  const whole = {
    ...cluster,
    dependsOn: members.map(({ address }) => address),
    spec: { ...cluster.spec, servers: members },
  };
  return { ...small, resources: [...rest, ...servers, whole] };
};

const timed = <T>(work: () => T): { readonly ms: number; readonly value: T } => {
  const start = performance.now();
  const value = work();
  return { ms: performance.now() - start, value };
};

const measure = (count: number) => {
  const desired = crowd(count);
  const world: ModelWorld = createModelWorld();
  const creating = inputOf(world, { desired });
  const first = timed(() => makePlan(creating));
  const audit = timed(() => auditPlan({ ...creating, plan: first.value }));
  expect(audit.value).toEqual([]);
  return { plan: first.ms, audit: audit.ms, steps: first.value.steps.length };
};

test('planning and auditing 1,000 servers takes well under a second', () => {
  measure(50);
  const { plan, audit, steps } = measure(1_000);
  expect(steps).toBeGreaterThan(4_000);
  expect(plan).toBeLessThan(1_000);
  expect(audit).toBeLessThan(1_000);
});
