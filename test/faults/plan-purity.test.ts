import { expect, test } from 'vitest';
import type { Address } from '../../src/domain/address.ts';
import type { PlanOptions } from '../../src/ports/session.ts';
import { type Chance, chanceOf } from '../simulation/fast/chance.ts';
import { edits, losses, make, weatherOf, weathers } from '../simulation/fast/moves.ts';
import { type EnvironmentName, environmentNames } from '../simulation/fast/project.ts';
import { type Run, startRun } from '../simulation/fast/run.ts';
import { createWorld, type World } from '../simulation/fast/world.ts';

/*
 * faults.md F19: plans of random worlds, of all kinds and in all weathers, write nothing: no cloud, no cluster, no
 * document of the bucket, no file beside the working directory. Counted where a write would take effect, not by what
 * the code says of itself.
 */
const plans = Number(process.env['RECONCILE_PLANS'] ?? 3_000);
const plansAWorld = 40;
const hourMs = 3_600_000;

const planOf = (world: World, chance: Chance): Run => {
  const environment = chance.pick(environmentNames);
  const weather = weatherOf[chance.pick(weathers)];
  return startRun(world, {
    command: 'plan',
    environment,
    seed: chance.seed(),
    weather,
    ...askedOf(chance, environment),
  });
};

const askedOf = (chance: Chance, name: EnvironmentName): { asked: Partial<PlanOptions>; adopt: readonly Address[] } => {
  const server: Address = `server/${name}-1`;
  const asked: Partial<PlanOptions> = {
    ...(chance.often(0.25) ? { intent: 'destroy' } : {}),
    ...(chance.often(0.1) ? { only: [server] } : {}),
    ...(chance.often(0.1) ? { replace: [server] } : {}),
  };
  return { asked, adopt: chance.often(0.1) ? [`network/${name}`] : [] };
};

/** Something goes on between plans: people edit and interfere, runs begin and die, the store forgets. */
const disturb = async (world: World, chance: Chance): Promise<void> => {
  const environment = chance.pick(environmentNames);
  const more = { afterMs: 0, environment, seed: chance.seed() };
  const dice = chance.below(5);
  if (dice < 2) make(world, { ...more, do: 'edit', what: chance.pick(edits) });
  else if (dice < 3) make(world, { ...more, do: 'store', what: chance.pick(losses) });
  else make(world, { ...more, do: 'run', command: 'converge', weather: chance.pick(weathers), waits: false });
  await end(world);
  // What a run that died had sent arrives, still.
  await world.timeline.run(20_000, () => false);
};

const end = (world: World): Promise<boolean> =>
  world.timeline.run(hourMs, () => world.runs.every((run) => run.exitCode() !== undefined));

/** All that there is: versions and texts of documents, objects and what happened to them, clusters, files. */
const everything = ({ bucket, things, clusters, machines }: World): string =>
  JSON.stringify([
    [...bucket.documents],
    [...things.all],
    [...things.actions.keys()],
    [...clusters.values()].map(({ members, jobs }) => [[...members], [...jobs]]),
    machines.map(({ files }) => [...files]),
  ]);

test(`${plans} plans of random worlds write nothing`, { timeout: 120_000 }, async () => {
  const codes = new Map<number | undefined, number>();
  for (let seed = 1, done = 0; done < plans; seed += 1, done += plansAWorld) {
    const world = createWorld();
    const chance = chanceOf(seed);
    let before = '';
    for (let n = 0; n < plansAWorld; n += 1) {
      if (n % 8 === 0) {
        await disturb(world, chance);
        before = everything(world);
      }
      const run = planOf(world, chance);
      await end(world);
      expect(everything(world) === before, `world ${seed}, plan ${n} changed something: ${run.said()}`).toBe(true);
      codes.set(run.exitCode(), (codes.get(run.exitCode()) ?? 0) + 1);
    }
    expect(world.witness.violations, `world ${seed}`).toEqual([]);
  }
  // Plans of every outcome: nothing to do, something to do, blocked, and no plan as the cloud or the state said no.
  for (const code of [0, 1, 2, 4]) expect(codes.get(code), `exit code ${code}`).toBeGreaterThan(plans / 100);
});

test('whatever a run writes is seen by the same comparison', async () => {
  const world = createWorld();
  const before = everything(world);
  // Dies at its first write: of the lease alone.
  const weather = { ...weatherOf.calm, killed: 1 };
  for (let seed = 1; seed <= 8; seed += 1) {
    startRun(world, { command: 'converge', environment: 'pr-7', seed, weather });
    await end(world);
    await world.timeline.run(20_000, () => false);
  }
  expect([...world.bucket.documents.keys()]).toEqual(['pr-7.lease.json']);
  expect(everything(world)).not.toBe(before);
});
