import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { resolve } from 'node:path';
import type { Answer, Order, Task } from './messages.ts';
import type { Rest } from './stage.ts';

/* One core's worth of the kill test: serves the cloud and the store of one point after another. */
enableCompileCache();
const { runPoint, runUndisturbed } = await import('./point.ts');
const { scenarios } = await import('./scenarios.ts');
const { setStage } = await import('./stage.ts');

const config = readFileSync(resolve(import.meta.dirname, '../../infra.yaml'), 'utf8');

/** Production as a first run leaves it, made once per worker. */
let standing: Promise<Rest> | undefined;
const makeStanding = async (seed: number): Promise<Rest> => {
  const stage = await setStage({ config });
  try {
    const ended = await stage.run(['production --yes'], { host: 'founder', seed: seed + 100 }).ended;
    if (ended.code !== 0) throw new Error(`production could not be made: ${ended.stderr}`);
    return stage.rest();
  } finally {
    await stage.close();
  }
};

const trialOf = async ({ scenario: name, ...rest }: Task) => {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  standing ??= scenario.from === 'production' ? makeStanding(rest.seed) : undefined;
  return { scenario, config, from: scenario.from === 'production' ? ((await standing) ?? null) : null, ...rest };
};

/** How often a point is tried for: which writes go together depends on how fast the others came. */
const tries = 4;

const answer = async ({ task, point, whole }: Order): Promise<Answer> => {
  const trial = await trialOf(task);
  if (point === undefined || whole === undefined) return { whole: await runUndisturbed(trial) };
  for (let n = 1; ; n += 1) {
    const verdict = await runPoint(trial, point, whole);
    if (verdict.what !== undefined || n === tries) return { verdict };
  }
};

process.on('message', (order: Order) => {
  answer(order).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ broken: error instanceof Error ? `${error.stack}` : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
