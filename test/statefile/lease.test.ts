import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LeaseHeldError } from '../../src/domain/errors.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { acquireLease, type LeaseOptions } from '../../src/statefile/lease.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const optionsFor = (store: ObjectStore, clock: Clock, pid: number, more: Partial<LeaseOptions> = {}): LeaseOptions => ({
  store,
  environment: 'production',
  clock,
  random: seededRandom(pid),
  holder: { host: 'laptop', pid, user: 'ada' },
  command: 'reconcile production',
  heartbeat: false,
  isAlive: () => true,
  pidNamespace: 'boot pid:[1]',
  ...more,
});
const setUp = (more: Partial<LeaseOptions> = {}) => {
  const store = createMemoryStore();
  const clock = createVirtualClock();
  return {
    store,
    clock,
    acquire: (pid: number, own: Partial<LeaseOptions> = {}) =>
      acquireLease(optionsFor(store, clock, pid, { ...more, ...own })),
  };
};

test('a held lease says who, where, since when, for what, until when, and what can be done', async () => {
  const { acquire, clock } = setUp();
  await acquire(4711);
  await clock.sleep(17_000);
  const failure = await acquire(4712).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LeaseHeldError);
  expect(failure).toMatchObject({
    message:
      'production is being changed by ada@laptop (process 4711 on laptop) since 2026-11-24T00:00:00.000Z: reconcile production. Its lease runs until 2026-11-24T00:01:00.000Z, 43 s from now, and is renewed while it works',
    done: ['nothing was changed'],
    next: 'wait for it, or look without changing anything: reconcile plan production',
    exitCode: 3,
  });
});

test('a released lease is taken at once, by the next fencing token; the document is never deleted', async () => {
  const { acquire, store } = setUp();
  const first = await acquire(1);
  expect(await first.release()).toBe(true);
  expect(JSON.parse(store.documents.get('production.lease.json') ?? '')).toMatchObject({
    released: true,
    fencingToken: 1,
  });
  expect((await acquire(2)).record().fencingToken).toBe(2);
});

test('a process that died on the same machine is succeeded at once; one elsewhere when its lease has run out', async () => {
  const { acquire, clock } = setUp();
  await acquire(1);
  await expect(acquire(2, { isAlive: () => false, pidNamespace: 'another boot' })).rejects.toThrow(LeaseHeldError);
  await expect(acquire(2, { isAlive: () => false, holder: { host: 'desk', pid: 2, user: 'bob' } })).rejects.toThrow(
    LeaseHeldError,
  );
  expect((await acquire(2, { isAlive: () => false })).record().fencingToken).toBe(2);
  await clock.sleep(59_999);
  await expect(acquire(3)).rejects.toThrow(LeaseHeldError);
  await clock.sleep(1);
  expect((await acquire(3)).record().fencingToken).toBe(3);
});

test('a holder that was paused past its lease is told by its next check, and leaves the other alone', async () => {
  const { acquire, clock } = setUp();
  const paused = await acquire(1);
  await clock.sleep(60_000);
  const other = await acquire(2);
  await expect(paused.check()).rejects.toMatchObject({
    name: 'LeaseHeldError',
    message:
      'this run lost the lease on production that it took at 2026-11-24T00:00:00.000Z (fencing token 1): ada@laptop (process 2 on laptop) has it since 2026-11-24T00:01:00.000Z: reconcile production',
  });
  expect(paused.lost.aborted).toBe(true);
  expect(await paused.release()).toBe(false);
  await other.check();
});

test('a holder that was paused and not succeeded goes on: nobody else has mutated', async () => {
  const { acquire, clock } = setUp();
  const paused = await acquire(1);
  await clock.sleep(600_000);
  await paused.check();
  await expect(acquire(2)).rejects.toThrow(LeaseHeldError);
});

test('the heartbeat keeps a lease through a long wait, and ends with the release', async () => {
  const { acquire, clock } = setUp({ heartbeat: true });
  const lease = await acquire(1);
  await clock.sleep(600_000);
  await expect(acquire(2)).rejects.toThrow(LeaseHeldError);
  const { expiresAt } = lease.record();
  expect(await lease.release()).toBe(true);
  await clock.sleep(600_000);
  expect(lease.record()).toMatchObject({ expiresAt, released: true });
});

test('a heartbeat that finds another holder says so at once, not only at the next mutation', async () => {
  const { acquire, clock } = setUp({ heartbeat: true });
  const lease = await acquire(1);
  await acquire(2, { isAlive: () => false });
  await clock.sleep(20_001);
  expect(lease.lost.aborted).toBe(true);
});

test('a lease that cannot be read is never taken: it might be held', async () => {
  const { acquire, store } = setUp();
  store.documents.set('production.lease.json', '{"holder": "ada"');
  await expect(acquire(1)).rejects.toMatchObject({
    name: 'StateError',
    message:
      "memory/production.lease.json is not a lease that can be read, so it can't be told whether a run is at work",
    next: 'make sure that no run is at work, then remove it: rm memory/production.lease.json',
  });
  expect(store.documents.get('production.lease.json')).toBe('{"holder": "ada"');
});

/**
 * Contenders with clocks up to a third of the lease apart, pauses of any length, crashes, dead processes. Each mutates
 * right after its check. Once a holder has mutated, no earlier holder may: fencing tokens never go back.
 */
test('in any schedule of contenders, no stale holder mutates after its successor', async () => {
  const ttlMs = 60_000;
  let mutations = 0;
  let takeovers = 0;
  const pauses = fc.infiniteStream(
    fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 5_000 }) }, { weight: 1, arbitrary: fc.nat({ max: 90_000 }) }),
  );
  const skews = fc.array(fc.integer({ min: -10_000, max: 10_000 }), { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      pauses,
      skews,
      fc.infiniteStream(fc.nat({ max: 9 })),
      async (scheduler, pause, offsets, dice) => {
        let now = Date.UTC(2026, 10, 24);
        const turn = async (): Promise<void> => {
          await scheduler.schedule(Promise.resolve(), 'turn');
          now += pause.next().value ?? 0;
        };
        const store = createMemoryStore(turn);
        const dead = new Set<number>();
        const log: number[] = [];
        const contend = async (pid: number, offset: number): Promise<void> => {
          const clock: Clock = { now: () => now + offset, sleep: () => new Promise(() => undefined) };
          for (let round = 0; round < 4; round += 1) {
            await turn();
            try {
              const lease = await acquireLease(
                optionsFor(store, clock, pid, {
                  ttlMs,
                  isAlive: (other) => !dead.has(other),
                  random: seededRandom(pid * 100 + round),
                }),
              );
              for (let n = (dice.next().value ?? 0) % 4; n >= 0; n -= 1) {
                await lease.check();
                log.push(lease.record().fencingToken);
                await turn();
              }
              if (dice.next().value === 0) {
                dead.add(pid);
                return;
              }
              if (dice.next().value !== 1) await lease.release();
            } catch (error) {
              if (!(error instanceof LeaseHeldError)) throw error;
            }
          }
        };
        const all = Promise.all(offsets.map((offset, n) => contend(n + 1, offset)));
        await scheduler.waitFor(all);
        expect(log).toEqual([...log].sort((a, b) => a - b));
        mutations += log.length;
        takeovers += new Set(log).size;
      },
    ),
    { numRuns: 300 },
  );
  // The schedules do what they are for: many holders, many hand-overs.
  expect(mutations).toBeGreaterThan(1_000);
  expect(takeovers).toBeGreaterThan(500);
});
