import { expect, test } from 'vitest';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { type Contest, type ContestOptions, type ContestWorld, contest, violations } from '../support/lease-contest.ts';
import { remote } from '../support/lease-world.ts';
import { createMemoryStore } from '../support/memory-store.ts';

/*
 * faults.md F4: writers that start together, and paused writers that resume after their lease ended. Clocks are up to a
 * third of the lease apart and are corrected meanwhile, pauses are longer than the lease, requests to the store and their
 * replies are lost or late, the store is away for a while, processes are killed.
 */
const seeds = Number(process.env['RECONCILE_LEASE_SEEDS'] ?? 1_000);
const first = Number(process.env['RECONCILE_LEASE_FIRST'] ?? 1);

/** One bucket, each process with its own way to it. */
const bucket = () => {
  const memory = createMemoryStore();
  return ({ timeline, process, draw, away, took }: ContestWorld): ObjectStore => {
    const telling: ObjectStore = {
      ...memory,
      async putIfAbsent(key, text) {
        const outcome = await memory.putIfAbsent(key, text);
        if (outcome.ok) took(JSON.parse(text).fencingToken);
        return outcome;
      },
      async putIfMatch(key, text, etag) {
        const outcome = await memory.putIfMatch(key, text, etag);
        if (outcome.ok) took(JSON.parse(text).fencingToken);
        return outcome;
      },
    };
    return remote(timeline, process, draw, { lost: 0.03, replyLost: 0.03, away }).store(telling);
  };
};

const run = (seed: number, how: Partial<ContestOptions> = {}): Promise<Contest> =>
  contest({ seed, storeFor: bucket(), ...how });
const seedsWithViolations = async (how: Partial<ContestOptions>): Promise<number> => {
  let found = 0;
  for (let seed = 1; seed <= 100; seed += 1) found += violations(await run(seed, how)).length > 0 ? 1 : 0;
  return found;
};

test(`in ${seeds} seeds of contenders exactly one changes anything at a time`, { timeout: 120_000 }, async () => {
  const total = { mutations: 0, holders: 0, refused: 0, killed: 0 };
  for (let seed = first; seed < first + seeds; seed += 1) {
    const ended = await run(seed);
    expect(violations(ended), `RECONCILE_LEASE_FIRST=${seed} RECONCILE_LEASE_SEEDS=1`).toEqual([]);
    total.mutations += ended.mutations.length;
    total.holders += ended.acquired.size;
    total.refused += ended.refused;
    total.killed += ended.killed;
  }
  // The schedules do what they are for: changes, hand-overs, stale holders that were held back, deaths.
  expect(total.mutations).toBeGreaterThan(8 * seeds);
  expect(total.holders).toBeGreaterThan(4 * seeds);
  expect(total.refused).toBeGreaterThan(seeds / 4);
  expect(total.killed).toBeGreaterThan(seeds / 4);
  if (process.env['RECONCILE_LEASE_SEEDS'] !== undefined) console.log(total);
});

test.each<readonly [string, Partial<ContestOptions>]>([
  ['requests leave without a look at the time', { guarded: false }],
  ['clocks are more than a lease apart', { apartMs: 90_000 }],
  ['requests may arrive a whole lease later', { requestMs: 60_000 }],
])('the same contest finds two at work as soon as %s', async (_what, how) => {
  expect(await seedsWithViolations(how)).toBeGreaterThan(0);
});

test('a seed is the same contest each time', async () => {
  expect(await run(42)).toEqual(await run(42));
});
