import { expect, test } from 'vitest';
import { Failure } from '../../src/domain/errors.ts';
import type { Resource } from '../../src/domain/resource.ts';
import type { MachineTarget } from '../../src/ports/machines.ts';
import { createBench } from '../support/execution.ts';
import { create, nameFor, planOf, step } from '../support/plans.ts';

const cluster = { name: 'production' } as unknown as Resource<'cluster'>;
const job = { name: 'web', spec: { jobId: 'web' } } as unknown as Resource<'job'>;
const awaitReady = step(
  'await-ready cluster/production',
  { port: 'cluster', op: 'await-ready', resource: cluster },
  { fingerprintAfter: 'c1' },
);
const submit = step(
  'submit job/web',
  { port: 'jobs', op: 'submit', resource: job },
  { dependsOn: [awaitReady.id], fingerprintAfter: 'j1' },
);

test('cluster and jobs are remembered under ids of their own, with what was applied and since when', async () => {
  const bench = createBench();
  await bench.execute(planOf([awaitReady, submit]));
  const first = (await bench.state())?.resources;
  expect(first).toMatchObject({
    'cluster/production': {
      kind: 'cluster',
      id: 'production',
      fingerprint: 'c1',
      createdAt: '2026-11-24T00:00:05.000Z',
    },
    'job/web': { kind: 'job', id: 'web', name: 'web', fingerprint: 'j1', createdAt: '2026-11-24T00:00:09.000Z' },
  });
  await bench.execute(planOf([{ ...submit, dependsOn: [], fingerprintAfter: 'j2' }]));
  expect((await bench.state())?.resources['job/web']).toEqual({ ...first?.['job/web'], fingerprint: 'j2' });
});

test('a job that is stopped is forgotten', async () => {
  const bench = createBench();
  await bench.execute(planOf([{ ...submit, dependsOn: [] }]));
  const outcome = await bench.execute(planOf([step('stop job/web', { port: 'jobs', op: 'stop', jobId: 'web' })]));
  expect(outcome.succeeded).toEqual(['stop job/web']);
  expect((await bench.state())?.resources).toEqual({});
});

test('a job that never gets healthy fails with the reason it gave, and what it waits for is reported meanwhile', async () => {
  const bench = createBench();
  const operations = {
    ...bench.operations,
    submit: async (_job: unknown, { progress }: { progress: (detail: string) => void }) => {
      progress('0 of 2 allocations healthy');
      throw new Failure('job web: Failed to pull image', { next: 'docker pull it' });
    },
  };
  const outcome = await bench.execute(planOf([{ ...submit, dependsOn: [] }]), { operations });
  expect(outcome.failed).toEqual([
    { step: 'submit job/web', message: 'job web: Failed to pull image', next: 'docker pull it' },
  ]);
  expect(bench.reporter.lines).toContain('0.0 wait submit job/web: 0 of 2 allocations healthy');
});

test('a server is waited for by its name, its private address, and the public one it got in this very run', async () => {
  const bench = createBench();
  const targets: MachineTarget[] = [];
  const operations = { ...bench.operations, awaitBoot: async (target: MachineTarget) => void targets.push(target) };
  const boot = {
    port: 'machines',
    op: 'await-boot',
    serverName: nameFor('server/production-1'),
    privateIp: '10.0.1.11',
  } as const;
  await bench.execute(
    planOf([
      create('server/production-1'),
      step('await-boot server/production-1', boot, { dependsOn: ['create server/production-1'] }),
    ]),
    { operations },
  );
  expect(targets).toEqual([
    { name: 'aipacto-production-1', privateIp: '10.0.1.11', publicIp: bench.cloud.things[0]?.facts['ipv4'] },
  ]);
});

test('an adopted object keeps the fingerprint it was remembered with; a new one has none; a forgotten one is gone', async () => {
  const bench = createBench();
  const adopt = (id: string, more = {}) =>
    step(
      'adopt network/production',
      { port: 'state', op: 'adopt', id, name: 'aipacto-production', createdAt: 'c', outputs: {} },
      more,
    );
  const fingerprint = async () => (await bench.state())?.resources['network/production']?.fingerprint;
  await bench.execute(planOf([adopt('7', { fingerprintAfter: 'f1' })]));
  await bench.execute(planOf([adopt('7')]));
  expect(await fingerprint()).toBe('f1');
  await bench.execute(planOf([adopt('8')]));
  expect(await fingerprint()).toBe('');
  await bench.execute(planOf([step('forget network/production', { port: 'state', op: 'forget' })]));
  expect((await bench.state())?.resources).toEqual({});
});

test('a plan without steps writes nothing at all', async () => {
  const bench = createBench();
  const outcome = await bench.execute(planOf([]));
  expect(outcome).toEqual({
    succeeded: [],
    failed: [],
    skipped: [],
    inFlight: [],
    timings: [],
    interrupted: false,
    stoppedBy: null,
  });
  expect([bench.store.documents.size, bench.events, bench.cloud.calls]).toEqual([0, [], []]);
});

test('whatever hands something to servers, cluster or jobs needs the lease', async () => {
  const bench = createBench();
  let checks = 0;
  const checkLease = async () => {
    checks += 1;
  };
  await bench.execute(planOf([awaitReady]), { checkLease });
  expect(checks).toBe(1);
  await bench.execute(planOf([{ ...submit, dependsOn: [] }]), { checkLease });
  expect(checks).toBe(2);
});
