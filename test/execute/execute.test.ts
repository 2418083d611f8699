import { expect, test } from 'vitest';
import { CloudError, Failure, LeaseHeldError } from '../../src/domain/errors.ts';
import type { CloudApi } from '../../src/ports/cloud-api.ts';
import { createBench } from '../support/execution.ts';
import { change, create, planOf, step } from '../support/plans.ts';

const network = create('network/production', { estimateMs: 1_000 });
const server = (n: number) => {
  const address = `server/production-${n}` as const;
  const attach = {
    op: 'attach-network',
    network: { ref: 'network/production', attribute: 'id' },
    ip: `10.0.1.${10 + n}`,
  } as const;
  return [
    create(address, { dependsOn: [network.id], estimateMs: 8_000 }),
    change(address, attach, { dependsOn: [`create ${address}`] }),
    change(address, { op: 'power-on' }, { dependsOn: [`attach-network ${address}`], fingerprintAfter: `server-${n}` }),
    step(
      `await-boot ${address}`,
      { port: 'machines', op: 'await-boot', serverName: `aipacto-production-${n}`, privateIp: attach.ip },
      { dependsOn: [`power-on ${address}`], estimateMs: 20_000, userDataFingerprintAfter: `boot-${n}` },
    ),
  ];
};
const durations = (command: string) => (command === 'create_server' ? 8_000 : command === 'create_network' ? 0 : 3_000);
const productionSteps = [network, ...server(1), ...server(2), ...server(3)];

test('three servers are made side by side, within a tenth of the critical path', async () => {
  const bench = createBench(durations);
  const startedAt = bench.clock.now();
  const outcome = await bench.execute(planOf(productionSteps));
  const criticalMs = 8_000 + 3_000 + 3_000 + 20_000;
  expect(outcome).toMatchObject({ failed: [], skipped: [], inFlight: [], interrupted: false, stoppedBy: null });
  expect(outcome.succeeded).toHaveLength(productionSteps.length);
  expect(bench.clock.now() - startedAt).toBeLessThanOrEqual(criticalMs * 1.1);
});

test('one poll asks for the actions of all servers: twice for a long action, once for a short one', async () => {
  const bench = createBench(durations);
  await bench.execute(planOf(productionSteps));
  expect(
    bench.cloud.calls.filter((call) => call.includes(' actions ')).map((call) => call.split(' ').length - 2),
  ).toEqual([3, 3, 3, 3]);
});

test('the state remembers ids, addresses and fingerprints, with one serial for each write', async () => {
  const bench = createBench(durations);
  await bench.execute(planOf(productionSteps));
  const state = await bench.state();
  expect(state?.serial).toBe(8);
  expect(state?.resources['server/production-2']).toMatchObject({
    kind: 'server',
    name: 'aipacto-production-2',
    fingerprint: 'server-2',
    userDataFingerprint: 'boot-2',
    outputs: { ipv4: expect.stringMatching(/^203\.0\.113\./) },
  });
});

test('the journal tells of a step when it starts, when Hetzner has accepted it, and when it is done', async () => {
  const bench = createBench(durations);
  await bench.execute(planOf([network, ...server(1).slice(0, 1)]));
  expect(
    bench.events.map(({ step, event, detail }) => [step, event, ...(detail === undefined ? [] : [detail])]),
  ).toEqual([
    ['create network/production', 'started'],
    ['create network/production', 'accepted', 'id 101'],
    ['create network/production', 'succeeded'],
    ['create server/production-1', 'started'],
    ['create server/production-1', 'accepted', 'id 102, Hetzner action 103'],
    ['create server/production-1', 'succeeded'],
  ]);
});

test('never more steps at Hetzner than allowed; waits on servers take no place', async () => {
  const bench = createBench(durations);
  const servers = Array.from({ length: 12 }, (_, n) => create(`server/production-${n + 1}`, { estimateMs: 8_000 }));
  await bench.execute(planOf(servers), { concurrency: 5 });
  expect(bench.cloud.calls.filter((call) => call.includes(' create ')).map((call) => call.split(' ')[0])).toEqual([
    ...Array(5).fill('0.0'),
    ...Array(5).fill('8.0'),
    ...Array(2).fill('16.0'),
  ]);
});

test('what does not need the failed step goes on; what does is skipped and says so', async () => {
  const bench = createBench(durations);
  bench.cloud.plant({ kind: 'server', name: 'aipacto-production-2' });
  const outcome = await bench.execute(planOf([network, ...server(1), ...server(2)]));
  expect(outcome.succeeded).toEqual(expect.arrayContaining(['await-boot server/production-1']));
  expect(outcome.failed).toEqual([
    {
      step: 'create server/production-2',
      message: `the name aipacto-production-2 is taken by server aipacto-production-2 (id 101, made 2026-11-24T00:00:00.000Z), which does not carry the labels of server/production-2; it was left as it is`,
      next: 'rename or delete it, or hand it over: reconcile production --adopt server/production-2',
    },
  ]);
  expect(outcome.skipped).toEqual([
    'attach-network server/production-2',
    'power-on server/production-2',
    'await-boot server/production-2',
  ]);
  expect(bench.reporter.lines).toContain(
    '0.0 skip attach-network server/production-2: it needs "create server/production-2", which failed',
  );
});

test('a lost lease stops the run before its next mutation, and what had begun is brought to its end', async () => {
  const bench = createBench(durations);
  let checks = 0;
  const lost = new LeaseHeldError('this run lost the lease on production');
  const checkLease = async () => {
    checks += 1;
    if (checks > 2) throw lost;
  };
  const outcome = await bench.execute(planOf([network, ...server(1)]), { checkLease });
  expect(outcome.stoppedBy).toBe(lost);
  expect(outcome.succeeded).toEqual(['create network/production', 'create server/production-1']);
  expect(outcome.failed.map(({ step }) => step)).toEqual(['attach-network server/production-1']);
  expect(outcome.skipped).toEqual(['power-on server/production-1', 'await-boot server/production-1']);
  expect(bench.cloud.count('attach-network')).toBe(0);
});

test('a state that cannot be written stops new mutations, and what exists by then is named with its id', async () => {
  const bench = createBench(durations);
  const save = async () => {
    throw new Failure("can't write state/local/production.json: the disk is full (ENOSPC)", {
      done: ['the file is as it was before'],
    });
  };
  const outcome = await bench.execute(planOf([network, ...server(1)]), { save });
  expect(bench.cloud.count('create')).toBe(1);
  expect(outcome.stoppedBy?.message).toBe("can't write state/local/production.json: the disk is full (ENOSPC)");
  expect(outcome.failed).toEqual([
    {
      step: 'create network/production',
      message:
        "can't write state/local/production.json: the disk is full (ENOSPC); the file is as it was before; network/production exists as network aipacto-production (id 101); the next run finds it by its labels",
      next: 'reconcile production',
    },
  ]);
});

test('a journal that cannot be written stops the run before anything is asked of Hetzner', async () => {
  const bench = createBench(durations);
  const journal = {
    intend: async () => {
      throw new Failure("can't write state/local/production.json: the disk is full (ENOSPC)");
    },
    note: () => undefined,
  };
  const outcome = await bench.execute(planOf([network]), { journal });
  expect(bench.cloud.calls).toEqual([]);
  expect(outcome.stoppedBy).not.toBeNull();
});

test('told to stop, the run ends within seconds: accepted creates are in the state and named as in flight', async () => {
  const bench = createBench(durations);
  const run = bench.execute(planOf(productionSteps));
  await bench.clock.sleep(4_000);
  const stoppedAt = bench.clock.now();
  bench.stop.abort();
  const outcome = await run;
  expect(bench.clock.now() - stoppedAt).toBeLessThan(4_000);
  expect(outcome.interrupted).toBe(true);
  expect(outcome.succeeded).toEqual(['create network/production']);
  expect(outcome.inFlight).toEqual([1, 2, 3].map((n) => `create server/production-${n}`));
  expect(outcome.failed).toEqual([]);
  expect(Object.keys((await bench.state())?.resources ?? {})).toEqual([
    'network/production',
    'server/production-1',
    'server/production-2',
    'server/production-3',
  ]);
});

test('told to stop between two tries of a refused request, the step is in flight and not failed', async () => {
  const bench = createBench(durations);
  const locked = new CloudError('server is locked (locked)', { code: 'locked', status: 423, retryable: true });
  const perform: CloudApi['perform'] = async (_effect, _resolve, persistence) => {
    await bench.clock.sleep(60_000, persistence?.signal).catch(() => undefined);
    throw locked;
  };
  const run = bench.execute(planOf([network]), { cloud: { ...bench.cloud, perform } });
  await bench.clock.sleep(5_000);
  bench.stop.abort();
  expect(await run).toMatchObject({ inFlight: ['create network/production'], failed: [] });
  expect(bench.clock.now()).toBeLessThan(Date.UTC(2026, 10, 24) + 9_000);
});

test('told to stop while a server boots, the wait is left at once', async () => {
  const bench = createBench(durations);
  const run = bench.execute(planOf([network, ...server(1)]));
  await bench.clock.sleep(25_000);
  bench.stop.abort();
  expect(await run).toMatchObject({ inFlight: ['await-boot server/production-1'], failed: [] });
});

test('deleting what is already gone is a success, and forgets it', async () => {
  const bench = createBench(durations);
  await bench.execute(planOf([network]));
  const gone = bench.cloud.things.pop();
  const effect = {
    port: 'cloud',
    op: 'delete',
    kind: 'network',
    id: gone?.id ?? '',
    name: 'aipacto-production',
  } as const;
  const outcome = await bench.execute(planOf([step('delete network/production', effect)]));
  expect(outcome.succeeded).toEqual(['delete network/production']);
  expect((await bench.state())?.resources).toEqual({});
});
