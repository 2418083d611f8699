import { expect, test } from 'vitest';
import { movesOf } from './moves.ts';
import { readRegressions } from './regressions.ts';
import { shrink } from './shrink.ts';
import { simulate, simulateSeed } from './simulate.ts';
import { type Sabotage, sabotages } from './world.ts';

const seeds = 300;

test(`${seeds} seeds: runs that meet, die, are cut off, and a store that forgets; nothing is broken, lost or left`, async () => {
  const total = { runs: 0, mutations: 0 };
  const faults = new Set<string>();
  for (let seed = 1; seed <= seeds; seed += 1) {
    const seen = await simulateSeed(seed);
    expect(seen.violations, `npm run simulate -- --seeds 1 --from ${seed}\n${seen.story.join('\n')}`).toEqual([]);
    total.runs += seen.runs;
    total.mutations += seen.mutations;
    for (const fault of seen.faults.keys()) faults.add(fault);
  }
  // A simulation in which nothing happens finds nothing.
  expect(total.runs).toBeGreaterThan(3 * seeds);
  expect(total.mutations).toBeGreaterThan(10 * seeds);
  expect(faults.size).toBeGreaterThan(25);
}, 120_000);

test('a seed has one course: the same trace, to the last write', async () => {
  for (const seed of [3, 17, 42]) {
    const once = await simulateSeed(seed);
    const again = await simulateSeed(seed);
    expect(again).toEqual(once);
  }
  expect((await simulateSeed(3)).hash).not.toBe((await simulateSeed(4)).hash);
});

test('stories that once went wrong go well', async () => {
  for (const { seed, because, moves } of readRegressions())
    expect((await simulate(moves)).violations, `from seed ${seed}: ${because}`).toEqual([]);
});

/** The first seed at which the missing safeguard shows. */
const caught = async (sabotage: Sabotage, seedsMax: number): Promise<number | undefined> => {
  for (let seed = 1; seed <= seedsMax; seed += 1)
    if ((await simulateSeed(seed, sabotage)).violations.length > 0) return seed;
  return undefined;
};

test.each(sabotages)('with %s the checkers find something', async (sabotage) => {
  expect(await caught(sabotage, 100)).toBeDefined();
});

test('a failing story is shortened to the moves that it takes', async () => {
  const seed = (await caught('no-fence', 100)) as number;
  const { violations } = await simulateSeed(seed, 'no-fence');
  const moves = movesOf(seed);
  const short = await shrink(moves, violations[0] ?? '', 'no-fence');
  expect(short.length).toBeLessThan(moves.length);
  expect((await simulate(short, 'no-fence')).violations).not.toEqual([]);
});
