import { expect, test } from 'vitest';
import { type Sabotage, sabotages } from './live.ts';
import { storyOf } from './moves.ts';
import { replayRecorded } from './recorded.ts';
import { shrink } from './shrink.ts';
import { simulateSeed } from './simulate.ts';
import type { Rule } from './witness.ts';

const again = (seed: number): string => `npm run test:events -- --sequences 1 --from ${seed} --tell`;

test('300 random sequences of lost, doubled, late and raced events: after one sweep exists what should, and never more', async () => {
  let creations = 0;
  let raced = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const { violations, counts } = await simulateSeed(seed);
    expect(
      violations.map(({ text }) => text),
      again(seed),
    ).toEqual([]);
    creations += counts.creations;
    raced += counts.raced;
  }
  expect(creations).toBeGreaterThan(300);
  expect(raced).toBeGreaterThan(300);
});

const brokenBy: Readonly<Record<Sabotage, Rule>> = {
  'no-recheck': 'untrusted',
  'no-trust': 'untrusted',
  'no-cap': 'over the cap',
  'no-complete': 'incomplete list',
  'no-lease': 'two at one',
  'no-reviews': 'expired although reviewed',
};

test.each(sabotages)('with %s the checkers find what that safeguard keeps from happening', async (sabotage) => {
  const found = new Set<Rule>();
  for (let seed = 1; seed <= 300 && !found.has(brokenBy[sabotage]); seed += 1)
    for (const { rule } of (await simulateSeed(seed, sabotage)).violations) found.add(rule);
  expect([...found]).toContain(brokenBy[sabotage]);
});

test('a sequence that fails is lived through again bit by bit, and shortened', async () => {
  const failing = async (seed = 1): Promise<number> =>
    (await simulateSeed(seed, 'no-cap')).violations.some(({ rule }) => rule === 'over the cap')
      ? seed
      : failing(seed + 1);
  const seed = await failing();
  expect((await simulateSeed(seed, 'no-cap')).story).toEqual((await simulateSeed(seed, 'no-cap')).story);
  const short = await shrink(storyOf(seed), 'over the cap', 'no-cap');
  expect(short.moves.length).toBeLessThan(storyOf(seed).moves.length / 2);
});

test('every recorded event of GitHub is read or ignored, none breaks the reader', () => {
  const replayed = replayRecorded();
  expect(replayed.filter(({ refused }) => refused > 0)).toEqual([]);
  const read = Object.fromEntries(replayed.filter(({ read }) => read > 0).map(({ name, read }) => [name, read]));
  expect(read).toMatchInlineSnapshot(`
    {
      "issue_comment: /deploy": 5,
      "pull_request": 29,
      "pull_request_review": 4,
      "pull_request_review_comment": 3,
      "workflow_run": 2,
    }
  `);
});
