import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { runPoint, runUndisturbed } from './point.ts';
import type { Running } from './process.ts';
import { scenarios } from './scenarios.ts';
import { type Stage, setStage, type Write } from './stage.ts';

/* Two terminals, one bucket: real processes on two machines, as far as they can tell. */
const config = readFileSync(resolve(import.meta.dirname, '../../infra.yaml'), 'utf8');
const stages: Stage[] = [];
afterAll(() => Promise.all(stages.map((stage) => stage.close())));

const first = { host: 'laptop', seed: 1 };
const second = { host: 'runner', seed: 2 };
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** A first run that has just ordered a server. `then`: what happens before it hears so. */
const underWay = async (then: (run: Running) => Promise<'lost' | undefined>) => {
  const stage = await setStage({ config });
  stages.push(stage);
  const reached = Promise.withResolvers<void>();
  let seen = false;
  stage.onWrite = async ({ phase, what }: Write) => {
    if (seen || phase === 'before' || what !== 'POST /v1/servers') return undefined;
    seen = true;
    reached.resolve();
    return then(run);
  };
  const run = stage.run(['production --yes'], first);
  await Promise.race([reached.promise, run.ended]);
  return { stage, run };
};

describe.concurrent('two runs of production at once', { timeout: 60_000 }, () => {
  test('one converges; the other ends with 3, who has it, until when, and how to wait or take over', async ({
    expect,
  }) => {
    const other = Promise.withResolvers<undefined>();
    const { stage, run } = await underWay(() => other.promise);
    const refused = await stage.run(['production --yes'], second).ended;
    other.resolve(undefined);
    expect(refused.code).toBe(3);
    const said = flat(refused.stderr);
    expect(said).toContain('production is being changed by ci@laptop (process ');
    expect(said).toContain('reconcile production');
    expect(said).toContain('--wait 10m');
    expect(said).toContain('reconcile state unlock production');
    expect((await run.ended).code).toBe(0);
  });

  test('with --wait the other waits, and then finds nothing to do', async ({ expect }) => {
    const other = Promise.withResolvers<undefined>();
    const { stage, run } = await underWay(() => other.promise);
    const waiting = stage.run(['production --yes --wait 60s'], second);
    await until(() => waiting.said().includes('waiting for ci@laptop'), waiting.said);
    other.resolve(undefined);
    expect((await run.ended).code).toBe(0);
    const writes = stage.counts().api;
    const ended = await waiting.ended;
    expect(ended.code).toBe(0);
    expect(flat(ended.stdout)).toContain('production: no changes');
    expect(stage.counts().api).toBe(writes);
  });

  test('kill -9 of the first: the other waits until the lease has run out, takes over, adopts, converges, and says so', async ({
    expect,
  }) => {
    const { stage, run } = await underWay(async (victim) => {
      victim.send('SIGKILL');
      await victim.ended;
      return 'lost';
    });
    await run.ended;
    const waiting = stage.run(['production --yes --wait 60s', 'plan production'], second);
    await until(() => waiting.said().includes('waiting for ci@laptop'), waiting.said);
    stage.time.reach(stage.time.now() + 61_000);
    const ended = await waiting.ended;
    expect(ended.code).toBe(0);
    const said = flat(ended.stdout);
    expect(said).toContain('an earlier run by ci@laptop (reconcile production, begun ');
    expect(said).toMatch(/at create server\/production-1, create server\/production-2/);
    expect(said).toMatch(/\d adopted/);
    expect(stage.emulator.world.servers.all()).toHaveLength(3);
  });

  test('the first is stopped for longer than its lease (SIGSTOP): when it goes on it changes nothing any more', async ({
    expect,
  }) => {
    const scenario = scenarios[0];
    if (scenario === undefined) throw new Error('there is no scenario');
    const trial = { scenario, config, from: null, seed: 1, sabotage: null, stop: true };
    const whole = await runUndisturbed(trial);
    for (const nth of [7, 15, 17])
      expect(await runPoint(trial, { where: 'api', nth, when: 'after' }, whole)).toMatchObject({
        orphans: [],
        duplicates: [],
        manual: [],
      });
  });
});

const until = async (reached: () => boolean, said: () => string): Promise<void> => {
  for (const end = Date.now() + 30_000; !reached(); ) {
    if (Date.now() > end) throw new Error(`not reached within 30 s; it said ${said()}`);
    await new Promise((wait) => setTimeout(wait, 10));
  }
};
