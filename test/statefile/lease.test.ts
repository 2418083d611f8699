import { expect, test } from 'vitest';
import { LeaseHeldError, StoreError } from '../../src/domain/errors.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { guardMutations } from '../../src/statefile/gate.ts';
import { acquireLease, type LeaseOptions } from '../../src/statefile/lease.ts';
import { leaseStanding } from '../../src/statefile/lease-standing.ts';
import { unlockLease } from '../../src/statefile/unlock.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const key = 'production.lease.json';
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

/** A store that counts, and does with the next call what it is told: drop it, or drop its reply. */
const setUp = (more: Partial<LeaseOptions> = {}) => {
  const memory = createMemoryStore();
  const clock = createVirtualClock();
  const calls: string[] = [];
  let faults: ('lost' | 'reply lost')[] = [];
  const call = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    calls.push(name);
    const fault = name === 'get' ? undefined : faults.shift();
    if (fault === 'lost') throw new StoreError('the store is away', 'unreachable');
    const result = await work();
    if (fault === 'reply lost') throw new StoreError('no reply from the store', 'unknown');
    return result;
  };
  const store: ObjectStore = {
    ...memory,
    get: (name) => call('get', () => memory.get(name)),
    putIfAbsent: (name, text) => call('put', () => memory.putIfAbsent(name, text)),
    putIfMatch: (name, text, etag) => call('put', () => memory.putIfMatch(name, text, etag)),
  };
  return {
    documents: memory.documents,
    clock,
    store,
    calls: () => calls.splice(0),
    fail: (...next: typeof faults) => {
      faults = next;
    },
    acquire: (pid: number, own: Partial<LeaseOptions> = {}) =>
      acquireLease(optionsFor(store, clock, pid, { ...more, ...own })),
    unlock: () =>
      unlockLease({
        store,
        environment: 'production',
        clock,
        random: seededRandom(99),
        holder: { host: 'desk', pid: 9, user: 'bob' },
        isAlive: () => true,
        pidNamespace: 'boot pid:[1]',
      }),
  };
};

test('a held lease says who, where, since when, for what, until when, and the commands to wait and to take over', async () => {
  const { acquire, clock } = setUp();
  await acquire(4711, { run: '20261124T000000-9f3a1c' });
  await clock.sleep(17_000);
  const failure = await acquire(4712, { command: 'reconcile destroy production' }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LeaseHeldError);
  expect(failure).toMatchObject({
    message:
      'production is being changed by ada@laptop (process 4711 on laptop, run 20261124T000000-9f3a1c) since 2026-11-24T00:00:00.000Z: reconcile production. Its lease runs until 2026-11-24T00:01:00.000Z, 43 s from now, and is renewed while it works',
    done: ['nothing was changed'],
    next: 'wait for it: reconcile destroy production --wait 10m\nor take over, when you are sure that run is dead: reconcile state unlock production',
    exitCode: 3,
  });
});

test('a short run asks the store three things: a look, a write, and the release', async () => {
  const { acquire, clock, calls } = setUp({ heartbeat: true });
  const lease = await acquire(1);
  for (let n = 0; n < 14; n += 1) {
    await clock.sleep(1_000);
    await lease.check();
    expect(lease.mayMutate()).toBe(true);
  }
  await lease.release();
  expect(calls()).toEqual(['get', 'put', 'put']);
});

test('a long run pays one request for each 20 s of waiting, and none more for its checks', async () => {
  const { acquire, clock, calls } = setUp({ heartbeat: true });
  const lease = await acquire(1);
  await clock.sleep(600_500);
  await lease.check();
  await expect(acquire(2)).rejects.toThrow(LeaseHeldError);
  expect(calls()).toEqual(['get', 'put', ...Array(30).fill('put'), 'get']);
  const { expiresAt } = lease.record();
  expect(await lease.release()).toBe(true);
  await clock.sleep(600_000);
  expect(lease.record()).toMatchObject({ expiresAt, released: true });
});

test('a released lease is taken at once, by the next fencing token; the document is never deleted', async () => {
  const { acquire, documents } = setUp();
  const first = await acquire(1);
  expect(await first.release()).toBe(true);
  expect(JSON.parse(documents.get(key) ?? '')).toMatchObject({ released: true, fencingToken: 1 });
  expect((await acquire(2)).record().fencingToken).toBe(2);
});

test('a lease that is left because a request is still on its way is nobody else’s until it has run out', async () => {
  const { acquire, clock, calls } = setUp({ heartbeat: true });
  const lease = await acquire(1);
  await clock.sleep(5_000);
  lease.leave();
  expect(lease.mayMutate()).toBe(false);
  await clock.sleep(54_999);
  expect(calls()).toEqual(['get', 'put']);
  await expect(acquire(2)).rejects.toThrow(LeaseHeldError);
  await clock.sleep(1);
  expect((await acquire(2)).record().fencingToken).toBe(2);
});

test('a lease whose document was lost goes on above the fencing token of the state', async () => {
  const { acquire } = setUp();
  expect((await acquire(1, { above: 17 })).record().fencingToken).toBe(18);
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
  expect(paused.mayMutate()).toBe(false);
  const other = await acquire(2);
  await expect(paused.check()).rejects.toMatchObject({
    name: 'LeaseHeldError',
    message:
      'this run lost the lease on production that it took at 2026-11-24T00:00:00.000Z (fencing token 1): ada@laptop (process 2 on laptop) has it since 2026-11-24T00:01:00.000Z: reconcile production',
  });
  expect(paused.lost.aborted).toBe(true);
  expect(await paused.release()).toBe(false);
  await other.check();
  expect(other.mayMutate()).toBe(true);
});

test('a holder that was paused and not succeeded goes on: nobody else has mutated', async () => {
  const { acquire, clock } = setUp();
  const paused = await acquire(1);
  await clock.sleep(600_000);
  await paused.check();
  expect(paused.mayMutate()).toBe(true);
  await expect(acquire(2)).rejects.toThrow(LeaseHeldError);
});

test('a heartbeat that finds another holder says so at once, not only at the next mutation', async () => {
  const { acquire, clock } = setUp({ heartbeat: true });
  const lease = await acquire(1);
  await acquire(2, { isAlive: () => false, heartbeat: false });
  await clock.sleep(20_001);
  expect(lease.lost.aborted).toBe(true);
  expect(lease.mayMutate()).toBe(false);
});

test('a take-over or a renewal whose reply was lost is recognised by a look, and nobody is locked out by himself', async () => {
  const { acquire, clock, fail, documents } = setUp();
  fail('reply lost');
  const lease = await acquire(1);
  expect(lease.record().fencingToken).toBe(1);
  fail('reply lost', 'lost');
  await clock.sleep(30_000);
  await lease.check();
  expect(lease.mayMutate()).toBe(true);
  expect(JSON.parse(documents.get(key) ?? '')).toEqual(lease.record());
  fail('reply lost');
  await lease.release().catch(() => undefined);
  expect((await acquire(2)).record().fencingToken).toBe(2);
});

test('a holder that cannot renew stops before its next mutation, and goes on when the store is back', async () => {
  const { acquire, clock, fail } = setUp({ heartbeat: true });
  const lease = await acquire(1);
  fail(...Array(100).fill('lost'));
  const sent: string[] = [];
  const fetch = guardMutations(async ({ method }) => {
    sent.push(method);
    return new Response();
  }, lease);
  const request = (method: string) => fetch(new Request('http://cloud.invalid/v1/servers', { method }));
  await clock.sleep(14_000);
  await request('POST');
  await clock.sleep(12_000);
  await expect(lease.check()).rejects.toThrow('the store is away');
  expect(lease.mayMutate()).toBe(false);
  await expect(request('DELETE')).rejects.toThrow('the store is away');
  await request('GET');
  expect(sent).toEqual(['POST', 'GET']);
  fail();
  await request('DELETE');
  expect(sent).toEqual(['POST', 'GET', 'DELETE']);
});

test('a wall clock that is set back gives nobody more time', async () => {
  const { clock, store } = setUp();
  let back = 0;
  const set: Clock = { ...clock, now: () => clock.now() - back, monotonic: () => clock.now() };
  const lease = await acquireLease(optionsFor(store, set, 1));
  await clock.sleep(25_001);
  back = 25_000;
  expect(lease.mayMutate()).toBe(false);
});

test('with clocks ten minutes apart nobody takes a living lease: the time of the store counts', async () => {
  const { clock, store } = setUp();
  const fast: Clock = { ...clock, now: () => clock.now() + 600_000 };
  await acquireLease(optionsFor({ ...store, skewMs: () => 0 }, clock, 1));
  await clock.sleep(1_000);
  const corrected = { ...store, skewMs: () => -600_000 };
  await expect(acquireLease(optionsFor(corrected, fast, 2))).rejects.toThrow('59 s from now');
  await clock.sleep(59_000);
  expect((await acquireLease(optionsFor(corrected, fast, 2))).record().acquiredAt).toBe('2026-11-24T00:01:00.000Z');
});

test('a look takes nothing and tells how long it may last', async () => {
  const { acquire, clock, store, calls } = setUp();
  const holder = { host: 'desk' };
  expect(await leaseStanding(store, 'production', clock, holder)).toEqual({ standing: 'free', leftMs: 0 });
  await acquire(1);
  await clock.sleep(10_000);
  calls();
  expect(await leaseStanding(store, 'production', clock, holder)).toMatchObject({ standing: 'held', leftMs: 50_000 });
  expect(calls()).toEqual(['get']);
});

test('a lease that cannot be read is never taken: it might be held', async () => {
  const { acquire, documents } = setUp();
  documents.set(key, '{"holder": "ada"');
  await expect(acquire(1)).rejects.toMatchObject({
    name: 'StateError',
    message:
      "memory/production.lease.json is not a lease that can be read, so it can't be told whether a run is at work",
    next: 'make sure that no run is at work, then remove memory/production.lease.json',
  });
  expect(documents.get(key)).toBe('{"holder": "ada"');
});

test('unlocked by someone who was wrong: the living run does no more, and the next has a higher fencing token', async () => {
  const { acquire, unlock, clock } = setUp({ heartbeat: true });
  const lease = await acquire(1);
  expect(await unlock()).toMatchObject({ holder: 'ada@laptop', fencingToken: 1 });
  expect((await acquire(2, { heartbeat: false })).record().fencingToken).toBe(2);
  await clock.sleep(20_001);
  expect(lease.lost.aborted).toBe(true);
  expect(await lease.release()).toBe(false);
});

test('a run that was unlocked is told by whom', async () => {
  const { acquire, unlock, clock } = setUp();
  const lease = await acquire(1);
  await unlock();
  await clock.sleep(30_000);
  await expect(lease.check()).rejects.toThrow('bob@desk ended it at 2026-11-24T00:00:00.000Z with state unlock');
});

test('a lease that nobody holds needs no unlocking', async () => {
  const { acquire, unlock, clock } = setUp();
  await expect(unlock()).rejects.toMatchObject({ message: 'nobody holds the lease on production' });
  const lease = await acquire(1);
  await clock.sleep(60_000);
  await expect(unlock()).rejects.toMatchObject({
    message: /needs no unlocking: it ran out at 2026-11-24T00:01:00.000Z/,
    next: 'just run the next command: it takes the lease over by itself',
  });
  await lease.release();
  await expect(unlock()).rejects.toMatchObject({ message: 'nobody holds the lease on production' });
});
