import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { cloudCensus } from '../kill/census.ts';
import type { Running } from '../kill/process.ts';
import { withoutAsking } from '../kill/scenarios.ts';
import { type Stage, setStage } from '../kill/stage.ts';

/*
 * faults.md F2: the program itself, in real time, told to stop while Hetzner is slow. A pipeline that is cancelled sends
 * SIGINT or SIGTERM and kills after 7.5 s.
 */
const config = withoutAsking(readFileSync(resolve(import.meta.dirname, '../../infra.yaml'), 'utf8'));
const servers = ['server/production-1', 'server/production-2', 'server/production-3'];

const stages: Stage[] = [];
afterAll(() => Promise.all(stages.map((stage) => stage.close())));

/** Production, begun: the cloud has taken the order of all three servers, and makes none of them. */
const begun = async (
  when: 'replies come' | 'no reply comes',
): Promise<{ readonly stage: Stage; readonly run: Running }> => {
  const set = await setStage({ config, now: Date.now() });
  stages.push(set);
  set.emulator.faults.add({ command: 'create_server', times: 3, fault: { kind: 'action-never' } });
  const stop = set.goOn(1);
  const ordered = Promise.withResolvers<void>();
  let orders = 0;
  set.onWrite = async ({ phase, what }) => {
    if (phase === 'before' || what !== 'POST /v1/servers') return undefined;
    orders += 1;
    if (orders === 3) ordered.resolve();
    if (when === 'replies come') return undefined;
    // Committed, and the reply takes longer than anybody waits.
    await run.ended;
    return 'lost';
  };
  const run = set.runProgram('production --yes');
  await Promise.race([ordered.promise, run.ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  // The ids of what was ordered are on their way into the state.
  if (when === 'replies come') await until(() => servers.every((address) => resourcesIn(set).includes(address)));
  stop();
  return { stage: set, run };
};

const until = async (reached: () => boolean): Promise<void> => {
  for (const end = Date.now() + 10_000; !reached(); ) {
    if (Date.now() > end) throw new Error('not reached within 10 s');
    await new Promise((wait) => setTimeout(wait, 10));
  }
};

const documentIn = (set: Stage, key: string) => JSON.parse(set.bucket.objects.text(key) ?? '{}');
const resourcesIn = (set: Stage): string[] => Object.keys(documentIn(set, 'production.json').resources ?? {});

/** How it ended, and how long after the signal. */
const ending = async (run: Running, signal: NodeJS.Signals) => {
  const at = performance.now();
  run.send(signal);
  const ended = await run.ended;
  return { ...ended, tookMs: performance.now() - at };
};

/** The same command in another process, on another machine, in virtual time. */
const goOn = async (set: Stage): Promise<{ readonly code: number | null; readonly stderr: string }> => {
  set.onWrite = async () => undefined;
  set.time.reach(set.time.now() + 120_000);
  // What never came to its end at Hetzner is there after all.
  for (const row of set.emulator.world.state.pending) Object.assign(row, { never: false, endsAt: set.time.now() });
  return set.run(['production --yes', 'plan production'], { host: 'heir', seed: 2 }).ended;
};

// Side by side: most of it is waiting.
describe.concurrent('a run that is told to stop', { timeout: 60_000 }, () => {
  test.for(['SIGINT', 'SIGTERM'] as const)(
    '%s, while servers are being made: nothing new begins, all is recorded, the lease is free, and it says how to go on',
    async (signal, { expect }) => {
      const { stage, run } = await begun('replies come');
      const before = stage.counts();
      const ended = await ending(run, signal);
      expect(ended.tookMs).toBeLessThan(5_000);
      expect(ended.code).toBe(1);
      for (const address of servers) expect(ended.stderr).toContain(`create ${address}`);
      expect(ended.stderr).toContain(`${signal}: no new step is started`);
      expect(ended.stderr).toContain('next: reconcile production');
      expect(stage.counts()).toMatchObject({ api: before.api, machine: before.machine });
      expect(resourcesIn(stage)).toEqual(expect.arrayContaining(servers));
      expect(documentIn(stage, 'production.lease.json').released).toBe(true);
    },
  );

  test('SIGTERM while the replies to three orders are outstanding: they are given up in time, and the next run finds them', async ({
    expect,
  }) => {
    const { stage, run } = await begun('no reply comes');
    const ended = await ending(run, 'SIGTERM');
    expect(ended.tookMs).toBeLessThan(5_000);
    expect(ended.code).toBe(1);
    for (const address of servers) expect(ended.stderr).toContain(`create ${address}`);
    expect(resourcesIn(stage)).not.toContain(servers[0]);
    const heir = await goOn(stage);
    expect(heir).toMatchObject({ code: 0 });
    expect(cloudCensus(stage.emulator).filter(({ name }) => name.startsWith('server '))).toHaveLength(3);
    expect(heir.stderr).not.toContain('create server/');
  });

  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s twice ends it at once with %i, and the lease runs out by itself',
    async ([signal, code], { expect }) => {
      const { stage, run } = await begun('no reply comes');
      run.send(signal);
      await until(() => run.said().includes('no new step is started'));
      const ended = await ending(run, signal);
      expect(ended.code).toBe(code);
      expect(ended.tookMs).toBeLessThan(2_000);
      expect(ended.stderr).toContain(`${signal} again: leaving at once`);
      expect(documentIn(stage, 'production.lease.json').released).toBe(false);
      expect((await goOn(stage)).code).toBe(0);
    },
  );
});
