import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockedError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { changeShared, type SharedOptions } from '../../src/statefile/change-shared.ts';
import { acquireLease } from '../../src/statefile/lease.ts';
import { leaseStanding } from '../../src/statefile/lease-standing.ts';
import { freePlace, type Reservation, readPlaces, reservePlace } from '../../src/statefile/places.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts';

const noon = Date.parse('2026-11-24T12:00:00Z');
const start = (store: ObjectStore = createMemoryStore(), seed = 1) => {
  let now = noon;
  const clock = { now: () => now, sleep: async () => undefined };
  const options: SharedOptions = {
    store,
    sealer: plainSealer,
    project: 'shop',
    clock,
    random: seededRandom(seed),
    version: '0.1.0',
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { options, clock, store, pass };
};
const holder = { user: 'ada', host: 'laptop', pid: 7 };
const wants = (number: number, more: Partial<Reservation> = {}): Reservation => ({
  environment: `pr-${number}`,
  run: `run-${number}`,
  holder,
  max: 2,
  ...more,
});
const token = { value: new Secret('of all previews'), revision: 'r', setAt: '2026-11-24T12:00:00.000Z' };
const looked = ({ store, clock }: SharedOptions, seenAt: string, ...environments: string[]) => ({
  environments: new Set(environments),
  seenAt,
  standing: (environment: string) => leaseStanding(store, environment, clock, holder),
  end: async (environment: string) => {
    const random = seededRandom(99);
    const lease = await acquireLease({ store, environment, clock, random, holder, command: 'free', heartbeat: false });
    return lease.release();
  },
});
const takers = async (options: SharedOptions): Promise<string[]> => Object.keys(await readPlaces(options)).sort();

test('a preview takes a place before anything of it is made, and asking again changes nothing', async () => {
  const { options, store } = start();
  await reservePlace(options, wants(7));
  const text = (await store.get('shared.json'))?.text;
  await reservePlace(options, wants(7));
  expect((await store.get('shared.json'))?.text).toBe(text);
  expect(await readPlaces(options)).toEqual({
    'pr-7': { run: 'run-7', holder: 'ada@laptop', at: '2026-11-24T12:00:00.000Z' },
  });
  expect([await freePlace(options, 'pr-7'), await freePlace(options, 'pr-7')]).toEqual([true, false]);
  expect(await takers(options)).toEqual([]);
});

test('when all places are taken, the next one is told by whom, since when, and what frees one', async () => {
  const { options } = start();
  await reservePlace(options, wants(1));
  await reservePlace(options, wants(2));
  const refused = reservePlace(options, wants(3, { maxAt: 'infra.yaml:9:5 (environments.pr.max)' }));
  await expect(refused).rejects.toBeInstanceOf(BlockedError);
  await expect(refused).rejects.toMatchObject({
    message:
      'pr-3 gets no place: all 2 places of previews are taken by pr-1 (ada@laptop, since 2026-11-24), pr-2 (ada@laptop, since 2026-11-24)',
    next: 'reconcile destroy pr 1, or raise max at infra.yaml:9:5 (environments.pr.max)',
    exitCode: 4,
  });
  await freePlace(options, 'pr-1');
  await reservePlace(options, wants(3));
  expect(await takers(options)).toEqual(['pr-2', 'pr-3']);
});

test('a preview that has its place keeps it, even when infra.yaml has fewer of them now', async () => {
  const { options } = start();
  await reservePlace(options, wants(1));
  await reservePlace(options, wants(2));
  await reservePlace(options, wants(2, { max: 1, run: 'run-later' }));
  expect((await readPlaces(options))['pr-2']?.run).toBe('run-later');
});

test('of 100 previews at once exactly as many get a place as there are, whatever the order; secrets set meanwhile stay', async () => {
  const order = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer());
  await fc.assert(
    fc.asyncProperty(order, async ([max, seed]) => {
      const random = seededRandom(seed);
      const turn = async (): Promise<void> => {
        for (let n = Number.parseInt(random.hex(1), 16) % 4; n > 0; n -= 1) await Promise.resolve();
      };
      const { options } = start(createMemoryStore(turn), seed);
      const set = changeShared(options, {
        opens: true,
        decide: (before) => ({ ...before, applications: { ...before.applications, TOKEN: token } }),
      });
      const asked = Array.from({ length: 100 }, (_, at) => reservePlace(options, wants(at + 1, { max })));
      const ends = await Promise.allSettled([...asked, set]);
      const refused = ends.filter((end) => end.status === 'rejected');
      expect(refused.every(({ reason }) => reason instanceof BlockedError)).toBe(true);
      expect(ends.length - refused.length - 1).toBe(max);
      expect((await takers(options)).length).toBe(max);
      const stored = await readState(options.store, 'shared', 'shop', plainSealer);
      expect(stored?.state.applications?.['TOKEN']?.value.reveal()).toBe('of all previews');
    }),
    { numRuns: 15 },
  );
});

test('a reply that was lost is no second place: the own run is found and that is a success', async () => {
  const store = createMemoryStore();
  let lose = true;
  const lossy: MemoryStore = {
    ...store,
    putIfAbsent: async (key, text) => {
      const outcome = await store.putIfAbsent(key, text);
      if (!lose) return outcome;
      lose = false;
      throw new Error('no reply');
    },
  };
  const { options } = start(lossy);
  await reservePlace(options, wants(7));
  expect(await takers(options)).toEqual(['pr-7']);
  expect(JSON.parse(store.documents.get('shared.json') ?? '').serial).toBe(1);
});

test('a run died between its last delete and the freeing: the next one that needs the place takes it', async () => {
  const { options, pass } = start();
  await reservePlace(options, wants(1));
  await reservePlace(options, wants(2));
  pass(600_000);
  const occupied = looked(options, '2026-11-24T12:09:00Z', 'pr-2', 'production');
  await expect(reservePlace(options, wants(3))).rejects.toThrow('gets no place');
  await reservePlace(options, wants(3, { occupied }));
  expect(await takers(options)).toEqual(['pr-2', 'pr-3']);
});

test('a place whose run has just begun is nobody else’s, although nothing of it can be seen yet', async () => {
  const { options, clock, store, pass } = start();
  const run = { store, clock, random: seededRandom(3), command: 'reconcile pr 1', heartbeat: false };
  const elsewhere = { user: 'ci', host: 'runner', pid: 1 };
  const lease = await acquireLease({ ...run, environment: 'pr-1', holder: elsewhere });
  await reservePlace(options, wants(1, { holder: elsewhere }));
  const occupied = looked(options, '2026-11-24T12:00:10Z');
  const next = () => reservePlace(options, wants(3, { max: 1, occupied }));
  await expect(next()).rejects.toThrow('the one place of previews is taken by pr-1 (ci@runner');
  // It ended meanwhile, after the look: what it made was not there yet when that was.
  pass(20_000);
  await lease.release();
  await expect(next()).rejects.toThrow('gets no place');
});

test('a run that only slept past its lease, and wakes up when its place is another one’s, has no lease any more', async () => {
  const { options, store, clock, pass } = start();
  const random = seededRandom(3);
  const sleeper = { ...holder, host: 'elsewhere' };
  const asked = { store, environment: 'pr-1', clock, random, holder: sleeper, command: 'c', heartbeat: false };
  const asleep = await acquireLease(asked);
  await reservePlace(options, wants(1, { max: 1 }));
  pass(120_000);
  const seenAt = new Date(clock.now()).toISOString();
  pass(1_000);
  await reservePlace(options, wants(2, { max: 1, occupied: looked(options, seenAt) }));
  expect(await takers(options)).toEqual(['pr-2']);
  await expect(asleep.check()).rejects.toThrow(/lost the lease on pr-1/);
});

test('a run that begins while its place is being taken for gone keeps it', async () => {
  const store = createMemoryStore();
  const { options } = start(store);
  await reservePlace(options, wants(1, { max: 1 }));
  let begun = false;
  const meanwhile: MemoryStore = {
    ...store,
    putIfMatch: async (key, text, etag) => {
      if (!begun) {
        begun = true;
        const { options: theirs, clock } = start(store, 5);
        const lease = { store, clock, random: theirs.random, command: 'reconcile pr 1', heartbeat: false };
        await acquireLease({ ...lease, environment: 'pr-1', holder: { user: 'ci', host: 'runner', pid: 1 } });
        await reservePlace(theirs, wants(1, { max: 1, run: 'run-again' }));
      }
      return store.putIfMatch(key, text, etag);
    },
  };
  const occupied = looked(options, '2026-11-24T12:59:00Z');
  const taking = reservePlace({ ...options, store: meanwhile }, wants(2, { max: 1, occupied }));
  await expect(taking).rejects.toThrow('the one place of previews is taken by pr-1');
  expect((await readPlaces(options))['pr-1']?.run).toBe('run-again');
});
