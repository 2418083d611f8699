import { expect, test } from 'vitest';
import { NoReplyError } from '../../src/domain/errors.ts';
import { cloudOn, failureOf, listOf } from './kit.ts';

const page = 'GET /volumes?per_page=50&sort=id:asc&page=1';
const answer = (remaining: number, limit = 3600) => ({
  request: page,
  reply: listOf('volumes', []),
  headers: {
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(Date.UTC(2026, 10, 24) / 1000 + limit - remaining),
  },
});

test('what a client used and what is left is known after the first reply', async () => {
  const { cloud } = cloudOn([answer(3599)]);
  expect(cloud.usage()).toEqual({ requests: { read: 0, write: 0 }, budget: null });
  await cloud.list('volume');
  expect(cloud.usage()).toEqual({
    requests: { read: 1, write: 0 },
    budget: { limit: 3600, remaining: 3599, resetAt: '2026-11-24T00:00:01.000Z' },
  });
});

test('far from zero nothing waits', async () => {
  const { cloud, slept } = cloudOn([answer(500), answer(499), answer(498)]);
  for (let n = 0; n < 3; n += 1) await cloud.list('volume');
  expect(slept).toEqual([]);
});

test('below a twentieth of the budget, requests sent at once go out one per refill', async () => {
  const { cloud, clock, done } = cloudOn([answer(100), answer(100), answer(100), answer(100)]);
  await cloud.list('volume');
  const before = clock.now();
  await Promise.all([cloud.list('volume'), cloud.list('volume'), cloud.list('volume')]);
  // The first goes at once, the others one and two seconds later: 3600 an hour are refilled one a second.
  expect(clock.now() - before).toBe(2_000);
  done();
});

test('another client that eats the budget is noticed by the headers', async () => {
  const { cloud, slept } = cloudOn([answer(3000), answer(10), answer(10), answer(10)]);
  for (let n = 0; n < 4; n += 1) await cloud.list('volume');
  expect(slept.map((ms) => Math.round(ms))).toEqual([1_000]);
});

test('a larger limit is refilled faster', async () => {
  const { cloud, slept } = cloudOn([answer(10, 7200), answer(10, 7200), answer(10, 7200)]);
  for (let n = 0; n < 3; n += 1) await cloud.list('volume');
  expect(slept).toEqual([500]);
});

test('a reply without the headers, or with nonsense in them, changes nothing', async () => {
  const { cloud } = cloudOn([
    answer(3599),
    { request: page, reply: listOf('volumes', []) },
    { ...answer(3598), headers: { 'ratelimit-limit': 'many', 'ratelimit-remaining': '-1', 'ratelimit-reset': 'soon' } },
  ]);
  for (let n = 0; n < 3; n += 1) await cloud.list('volume');
  expect(cloud.usage().budget?.remaining).toBe(3599);
});

test('told to stop while it waits for its turn, a write is not sent, and that is certain', async () => {
  const stop = new AbortController();
  const { cloud, clock, done } = cloudOn([answer(10), answer(10)]);
  await cloud.list('volume');
  await cloud.list('volume');
  const effect = { port: 'cloud', op: 'delete', kind: 'volume', id: '1', name: 'v' } as const;
  const outcome = failureOf(cloud.perform(effect, () => '', { signal: stop.signal }));
  await clock.sleep(1);
  stop.abort();
  const error = await outcome;
  expect(error).not.toBeInstanceOf(NoReplyError);
  expect(error.message).toBe('DELETE /volumes/1 was not sent: the run was told to stop while it waited for its turn');
  done();
});
