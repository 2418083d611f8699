import { expect, test } from 'vitest';
import { CloudError, NoReplyError } from '../../src/domain/errors.ts';
import type { CloudApi } from '../../src/ports/cloud-api.ts';
import { createBench } from '../support/execution.ts';
import { change, create, labelsOf, planOf, step } from '../support/plans.ts';

const lostReplies = (cloud: CloudApi, deliver: boolean): CloudApi => ({
  ...cloud,
  perform: async (effect, resolve) => {
    if (deliver) await cloud.perform(effect, resolve);
    throw new NoReplyError('no reply to POST /servers: socket hang up');
  },
});

test('a create whose reply was lost is adopted once its server has settled, with id and address', async () => {
  const bench = createBench(() => 8_000);
  const plan = planOf([create('server/production-1', { fingerprintAfter: 'done' })]);
  const outcome = await bench.execute(plan, { cloud: lostReplies(bench.cloud, true) });
  expect(outcome.succeeded).toEqual(['create server/production-1']);
  expect((await bench.state())?.resources['server/production-1']).toMatchObject({
    id: bench.cloud.things[0]?.id,
    fingerprint: 'done',
    outputs: { ipv4: bench.cloud.things[0]?.facts['ipv4'] },
  });
  expect(bench.clock.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 24) + 8_000);
});

test('what carries our labels but comes from another run is left for a new plan', async () => {
  const bench = createBench();
  bench.cloud.plant({ kind: 'network', name: 'aipacto-production', labels: labelsOf('network/production', 'run-0') });
  const outcome = await bench.execute(planOf([create('network/production')]));
  expect(outcome.failed).toEqual([
    {
      step: 'create network/production',
      message:
        'network aipacto-production (id 101, made 2026-11-24T00:00:00.000Z) appeared after this plan was made, from run run-0; it was left as it is',
      next: 'reconcile production   (a new plan takes it in)',
    },
  ]);
  expect((await bench.state())?.resources).toEqual({});
});

test('a uniqueness error about something else than the name keeps the words of Hetzner', async () => {
  const bench = createBench();
  const refused = new CloudError('SSH key with the same fingerprint already exists (uniqueness_error)', {
    code: 'uniqueness_error',
    status: 409,
    retryable: false,
  });
  const cloud: CloudApi = { ...bench.cloud, perform: () => Promise.reject(refused) };
  const outcome = await bench.execute(planOf([create('ssh-key/deploy')]), { cloud });
  expect(outcome.failed[0]?.message).toBe('SSH key with the same fingerprint already exists (uniqueness_error)');
});

test('a change whose reply was lost counts as done when the object shows it, and is not sent again', async () => {
  const bench = createBench();
  await bench.execute(planOf([create('server/production-1')]));
  const plan = planOf([change('server/production-1', { op: 'power-on' })]);
  const outcome = await bench.execute(plan, { cloud: lostReplies(bench.cloud, true) });
  expect(outcome.succeeded).toEqual(['power-on server/production-1']);
  expect(bench.cloud.count('power-on')).toBe(1);
});

test('a change that does not show is reported as unknown, with the command that looks again', async () => {
  const bench = createBench();
  await bench.execute(planOf([create('server/production-1')]));
  const plan = planOf([change('server/production-1', { op: 'power-on' })]);
  const outcome = await bench.execute(plan, { cloud: lostReplies(bench.cloud, false) });
  expect(outcome.failed).toEqual([
    {
      step: 'power-on server/production-1',
      message:
        'no reply to POST /servers: socket hang up. Whether power-on on server/production-1 took effect is not known',
      next: 'reconcile production   (a new plan looks at what is there)',
    },
  ]);
});

test('a rebuild whose reply was lost is never taken for done: nothing that can be observed would tell', async () => {
  const bench = createBench();
  await bench.execute(planOf([create('server/production-1')]));
  const plan = planOf([
    change('server/production-1', { op: 'rebuild', image: 'debian-12', userData: '#cloud-config' }),
  ]);
  const outcome = await bench.execute(plan, { cloud: lostReplies(bench.cloud, true) });
  expect(outcome.failed[0]?.message).toContain('Whether rebuild on server/production-1 took effect is not known');
});

test.each([
  [true, ['delete network/production'], 0],
  [false, [], 1],
])(
  'a delete whose reply was lost (arrived: %s) is judged by whether the thing is gone',
  async (deliver, succeeded, left) => {
    const bench = createBench();
    await bench.execute(planOf([create('network/production')]));
    const effect = {
      port: 'cloud',
      op: 'delete',
      kind: 'network',
      id: bench.cloud.things[0]?.id ?? '',
      name: 'aipacto-production',
    } as const;
    const outcome = await bench.execute(planOf([step('delete network/production', effect)], { intent: 'destroy' }), {
      cloud: lostReplies(bench.cloud, deliver),
    });
    expect(outcome.succeeded).toEqual(succeeded);
    expect(bench.cloud.things).toHaveLength(left);
    expect(outcome.failed.map(({ next }) => next)).toEqual(deliver ? [] : ['reconcile destroy production']);
  },
);

test('a firewall that still counts as used is deleted as soon as it is free, and after a minute and a half it is not', async () => {
  const bench = createBench();
  const inUse = new CloudError('firewall with ID 1 is still in use', {
    code: 'resource_in_use',
    status: 422,
    retryable: false,
  });
  await bench.execute(planOf([create('firewall/production')]));
  let refusals = 3;
  const cloud: CloudApi = {
    ...bench.cloud,
    perform: async (effect, resolve) => {
      refusals -= 1;
      if (refusals >= 0) throw inUse;
      return bench.cloud.perform(effect, resolve);
    },
  };
  const effect = {
    port: 'cloud',
    op: 'delete',
    kind: 'firewall',
    id: bench.cloud.things[0]?.id ?? '',
    name: 'aipacto-production',
  } as const;
  const plan = planOf([step('delete firewall/production', effect)]);
  expect((await bench.execute(plan, { cloud })).succeeded).toEqual(['delete firewall/production']);
  refusals = Number.POSITIVE_INFINITY;
  expect((await bench.execute(plan, { cloud })).failed[0]?.message).toBe('firewall with ID 1 is still in use');
});

test('a thing made in this run is referred to by its id, and one that is unknown stops the step before any request', async () => {
  const bench = createBench();
  const attach = {
    op: 'attach-network',
    network: { ref: 'network/production', attribute: 'id' },
    ip: '10.0.1.11',
  } as const;
  const outcome = await bench.execute(
    planOf([
      create('server/production-1'),
      change('server/production-1', attach, { dependsOn: ['create server/production-1'] }),
    ]),
  );
  expect(outcome.failed).toEqual([
    {
      step: 'attach-network server/production-1',
      message: 'network/production has no id that is known',
      next: 'make a new plan: it finds what exists',
    },
  ]);
  expect(bench.cloud.count('attach-network')).toBe(0);
});
