import { expect, test } from 'vitest';
import { createClusterOperations } from '../../src/cluster/operations.ts';
import { connectWith } from '../../src/compose/connect.ts';
import type { ClusterKeys } from '../../src/domain/cluster-keys.ts';
import { Failure } from '../../src/domain/errors.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { KeyRing } from '../../src/ports/key-ring.ts';
import type { BootStatus, DeliveredFile, Machines, TimedPart } from '../../src/ports/machines.ts';
import { clusterOf, createStage, formedStage, keys, nameOf, targetOf } from '../support/machines.ts';

/** Machines of which only a part answers, as each test says. */
const bare = (parts: Partial<Machines> = {}, ring: ClusterKeys | null = keys) => {
  const clock = createVirtualClock();
  const keyRing: KeyRing = { current: () => ring, update: () => Promise.reject(new Error('not asked for')) };
  const machines: Machines = {
    bootStatus: async () => ({ stage: 'done' }),
    fetchThrough: () => () => Promise.reject(new Error('connect ECONNREFUSED')),
    deliver: async () => undefined,
    logTail: async () => '',
    close: async () => undefined,
    ...parts,
  };
  const timed: TimedPart[] = [];
  const said: string[] = [];
  const operations = createClusterOperations({
    environment: 'production',
    machines,
    keyRing,
    connect: connectWith(keyRing),
    clock,
    random: seededRandom(1),
    extraFiles: async ({ name }) => [{ path: '/etc/extra', mode: '0600', owner: 'root:root', content: name }],
  });
  const waiting = {
    progress: (detail: string) => void said.push(detail),
    timed: (part: TimedPart) => void timed.push(part),
    signal: new AbortController().signal,
  };
  return { clock, operations, waiting, timed, said };
};
const failure = async (work: Promise<unknown>): Promise<Failure> => {
  const error: unknown = await work.catch((caught: unknown) => caught);
  if (!(error instanceof Failure)) throw new Error('it did not fail as a Failure', { cause: error });
  return error;
};

test('a booting server gets its keys as soon as it waits for them, and again while it still does', async () => {
  const boots: BootStatus[] = [
    { stage: 'unreachable', because: 'no route' },
    { stage: 'running', detail: 'bootstrap: packages', awaitsFiles: true },
    { stage: 'running', detail: 'bootstrap: packages', awaitsFiles: true },
    { stage: 'running', detail: 'bootstrap: services', awaitsFiles: false },
    { stage: 'done', timings: [{ what: 'bootstrap: packages', ms: 4_000 }] },
  ];
  const delivered: (readonly DeliveredFile[])[] = [];
  const { operations, waiting, timed, said } = bare({
    bootStatus: async () => boots.shift() ?? { stage: 'error', detail: 'asked too often' },
    deliver: async (_target, files) => void delivered.push(files),
  });
  await operations.awaitBoot(targetOf(1), waiting);
  expect(said).toEqual(['no route', 'bootstrap: packages', 'bootstrap: services']);
  expect(timed).toEqual([{ what: 'bootstrap: packages', ms: 4_000 }]);
  expect(delivered).toHaveLength(2);
  expect(delivered[0]?.map(({ path }) => path).slice(-2)).toEqual(['/etc/ingress/consul-token', '/etc/extra']);
});

test('a delivery that breaks off is tried again; a wrong host key is not', async () => {
  let tries = 0;
  let done = false;
  const flaky = bare({
    bootStatus: async () =>
      done ? { stage: 'done' } : { stage: 'running', detail: 'awaiting keys', awaitsFiles: true },
    deliver: async () => {
      tries += 1;
      if (tries < 3) throw new Error('the connection broke');
      done = true;
    },
  });
  await flaky.operations.awaitBoot(targetOf(1), flaky.waiting);
  expect(tries).toBe(3);

  const stranger = bare({
    bootStatus: () => Promise.reject(new Failure('a stranger answers', { next: 'look who it is' })),
  });
  const before = stranger.clock.now();
  const error = await failure(stranger.operations.awaitBoot(targetOf(1), stranger.waiting));
  expect(error).toMatchObject({ message: 'a stranger answers', next: 'look who it is' });
  expect(stranger.clock.now()).toBe(before);
});

test('servers that stand while nobody holds their keys are told as such', async () => {
  const { operations } = bare({}, null);
  expect(await operations.observe([targetOf(1)])).toEqual({
    reachable: false,
    because: 'the keys of its servers are not in the state',
    keysLost: true,
  });
});

test('agents that never start end the wait after three minutes with what they said last', async () => {
  const asked: string[] = [];
  const { operations, waiting, clock } = bare({
    logTail: async ({ name }, unit) => {
      asked.push(`${unit} on ${name}`);
      return unit === 'nomad' ? 'Error parsing /etc/nomad.d/nomad.hcl' : '';
    },
  });
  const before = clock.now();
  const error = await failure(operations.awaitReady(clusterOf(3), waiting));
  expect(clock.now() - before).toBeLessThan(190_000);
  expect(error.message).toMatch(
    /^waiting for Consul and Nomad of cluster\/production to form met nothing but errors for 3 min/,
  );
  expect(error.message).toContain(`nomad on ${nameOf(1)} said last:\nError parsing /etc/nomad.d/nomad.hcl`);
  expect(asked).toEqual([`consul on ${nameOf(1)}`, `nomad on ${nameOf(1)}`]);
});

test('an interrupted wait asks nobody for logs', async () => {
  const stop = new AbortController();
  const { operations, waiting } = bare({ logTail: () => Promise.reject(new Error('asked for a log')) });
  const interrupted = new Failure('interrupted');
  const progress = (): void => stop.abort(interrupted);
  await expect(operations.awaitReady(clusterOf(1), { ...waiting, progress, signal: stop.signal })).rejects.toBe(
    interrupted,
  );
});

test('forming tells where its time went; once formed, it only reads, and strangers are refused', async () => {
  const stage = await createStage();
  for (let n = 1; n <= 3; n += 1) await stage.serve(n, 3);
  for (let n = 1; n <= 3; n += 1) await stage.operations.awaitBoot(targetOf(n), stage.waiting);
  const timed: TimedPart[] = [];
  await stage.operations.awaitReady(clusterOf(3), { ...stage.waiting, timed: (part) => void timed.push(part) });
  expect(timed.map(({ what }) => what)).toEqual([
    'Consul has a leader',
    'Consul access control',
    'Nomad has a leader',
    'Nomad access control',
    'workload identity',
    'voters and nodes',
    'jobs settled',
    'strangers refused',
  ]);
  expect((await stage.ask(1, 4646, '/v1/nodes', { headers: {} })).status).toBe(403);
  expect((await stage.ask(1, 8501, '/v1/operator/autopilot/health', { headers: {} })).status).toBe(403);
});

test('a run killed right after the deployer’s token was made finds that token again', async () => {
  const stage = await formedStage(1);
  // A ring that never learnt of it.
  let held: ClusterKeys = keys;
  const keyRing: KeyRing = {
    current: () => held,
    update: async (change) => {
      held = change(held);
      return held;
    },
  };
  const { clock } = stage.emulator;
  const { machines } = stage;
  const next = createClusterOperations({
    environment: 'production',
    machines,
    keyRing,
    connect: connectWith(keyRing),
    clock,
    random: seededRandom(2),
  });
  expect(keys.nomad.deployer).toBeNull();
  await next.awaitReady(clusterOf(1), stage.waiting);
  const tokens = await stage.read(1, 4646, '/v1/acl/tokens');
  expect(tokens.filter(({ Name }: { Name: string }) => Name === 'deployer')).toHaveLength(1);
  expect(held.nomad.deployer).not.toBeNull();
});
