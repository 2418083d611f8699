import { expect, test } from 'vitest';
import type { Delivery } from '../../src/emulator/github/deliveries.ts';
import type { EmulatedGitHub } from '../../src/emulator/github/github.ts';
import { sha256Hex } from '../../src/local/hash.ts';
import { readEvent } from '../../src/preview/events.ts';
import { createLifeCycle, type LifeCycle } from '../../src/preview/life.ts';
import { acmeShop } from '../emulator/github/support.ts';
import { hostOf } from '../github/support.ts';
import { words } from '../preview-words/words.ts';
import { createModelWorld, type ModelWorld, policyOf } from './model/world.ts';

interface Team {
  readonly github: EmulatedGitHub;
  readonly world: ModelWorld;
  /** Requests to GitHub that the run for this event took; each event is a run of its own. */
  readonly hears: (delivery: Delivery) => Promise<number>;
  readonly life: () => LifeCycle;
  readonly comments: () => readonly string[];
}

const createTeam = (images: 'commit' | 'configured' = 'configured'): Team => {
  const github = acmeShop();
  const world = createModelWorld(() => github.clock.now(), policyOf({ images }));
  const life = (): LifeCycle =>
    createLifeCycle({
      host: hostOf(github),
      world: world.port(),
      clock: github.clock,
      words,
      hash: sha256Hex,
      repositoryUrl: 'https://github.com/acme/shop',
      runUrl: 'https://github.com/acme/shop/actions/runs/1',
    });
  return {
    github,
    world,
    life,
    hears: async ({ event, payload }) => {
      const before = github.requests.length;
      const report = await life().on(readEvent(event, payload, { repository: 'acme/shop' }));
      expect(report.problems).toEqual([]);
      return github.requests.length - before;
    },
    comments: () => github.state.comments.map(({ body }) => body),
  };
};

test("the life of a pull request by GitHub's own events and calls: no event takes more than 8 requests", async () => {
  const { github, world, hears, comments } = createTeam();
  const { people } = github;
  const taken: Record<string, number> = {};
  taken['opened'] = await hears(people.openPull({ author: 'ann', ref: 'topic', title: 'A change' }));
  expect([...world.made.keys()]).toEqual(['pr-1']);
  taken['pushed'] = await hears(people.push(1, { by: 'ann' }));
  expect(world.made.get('pr-1')?.times).toBe(2);
  for (const body of ['/status', '/logs web', '/help', '/extend 24h', '/redeploy', '/destroy', '/deploy', '/deplyo'])
    taken[body] = await hears(people.comment(1, { by: 'ann', body }));
  taken['by rob'] = await hears(people.comment(1, { by: 'rob', body: '/destroy' }));
  taken['reviewed'] = await hears(people.review(1, { by: 'rob' }));
  expect([...world.made.keys()]).toEqual(['pr-1']);
  taken['draft'] = await hears(people.draft(1, 'ann'));
  taken['ready'] = await hears(people.ready(1, 'ann'));
  taken['merged'] = await hears(people.merge(1, 'ann'));
  expect(world.made.size).toBe(0);
  expect(Math.max(...Object.values(taken)), JSON.stringify(taken)).toBeLessThanOrEqual(8);
  expect(taken).toMatchObject({ opened: 8, pushed: 8 });
  expect(comments().filter((body) => body.startsWith(words.marker(1)))).toHaveLength(1);
});

test("a stranger's fork waits for a writer's word; what it was pushed to afterwards is not deployed", async () => {
  const { github, world, hears, comments } = createTeam();
  const { people } = github;
  const opened = people.openPull({ author: 'eve', fork: true, ref: 'x', title: 'Mine' });
  expect(await hears(opened)).toBeLessThanOrEqual(8);
  expect(world.made.size).toBe(0);
  const { sha } = opened;
  expect(comments().at(-1)).toContain(sha.slice(0, 7));
  expect(await hears(people.comment(1, { by: 'eve', body: `/deploy ${sha}` }))).toBeLessThanOrEqual(8);
  expect(world.made.size).toBe(0);
  expect(await hears(people.comment(1, { by: 'ann', body: `/deploy ${sha}` }))).toBeLessThanOrEqual(8);
  expect(world.made.get('pr-1')?.times).toBe(1);
  expect(await hears(people.push(1, { by: 'eve' }))).toBeLessThanOrEqual(8);
  expect(world.made.get('pr-1')?.times).toBe(1);
});

test('our comment is deleted by a maintainer: it is found missing, and there is one again', async () => {
  const { github, hears, comments } = createTeam();
  const { people } = github;
  await hears(people.openPull({ author: 'ann', ref: 'topic', title: 'A change' }));
  people.deleteComment(github.state.comments[0]?.id ?? 0, 'ann');
  await hears(people.push(1, { by: 'ann' }));
  expect(comments()).toEqual([expect.stringContaining(words.marker(1))]);
});

test('reviewed, of which no event tells: after three days GitHub is asked, and it stays as long as somebody reviews it', async () => {
  const { github, world, hears, life } = createTeam();
  const { people, clock } = github;
  const day = 24 * 3_600_000;
  await hears(people.openPull({ author: 'ann', ref: 'topic', title: 'A change' }));
  await clock.sleep(2 * day);
  people.codeComment(1, { by: 'ann', body: 'why?' });
  await clock.sleep(day);
  people.review(1, { by: 'eve' });
  const before = github.requests.length;
  expect((await life().sweep()).problems).toEqual([]);
  expect([...world.made.keys()]).toEqual(['pr-1']);
  expect(github.requests.slice(before).map(({ path }) => path.split('?')[0])).toEqual([
    '/repos/acme/shop/pulls',
    '/repos/acme/shop/pulls/1',
    '/repos/acme/shop/pulls/1/reviews',
    expect.stringContaining('/issues/comments/'),
  ]);
  await clock.sleep(2 * day);
  expect((await life().sweep()).problems).toEqual([]);
  expect(world.made.size).toBe(0);
});

test('a sweep over what is as it should be takes one request', async () => {
  const { github, hears, life } = createTeam();
  await hears(github.people.openPull({ author: 'ann', ref: 'topic', title: 'A change' }));
  const before = github.requests.length;
  expect((await life().sweep()).problems).toEqual([]);
  expect(github.requests.length - before).toBe(1);
});
