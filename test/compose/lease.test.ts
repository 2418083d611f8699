import { expect, test } from 'vitest';
import { createLeases, type LeasesOptions } from '../../src/compose/lease.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';
import { createMemoryStore } from '../support/memory-store.ts';

/** Two processes of one machine, and what the second one says. */
const setUp = (more: Partial<LeasesOptions> = {}) => {
  const clock = createVirtualClock();
  const store = { ...createMemoryStore(), shared: true };
  const said: string[] = [];
  const alive = new Set([1, 2]);
  const leases = (pid: number) =>
    createLeases({
      ...{ store, clock, random: seededRandom(pid), holder: { host: 'laptop', pid, user: 'ada' } },
      ...{ reporter: { phase: (text) => void said.push(text) }, ttlMs: 60_000 },
      ...{ isAlive: (one: number) => alive.has(one), pidNamespace: 'boot pid:[1]', ...more },
    });
  const die = (pid: number): void => void alive.delete(pid);
  return { clock, leases, die, said };
};
const wanted = { environment: 'production', command: 'reconcile production' };
const noWait = { command: 'reconcile production', waitMs: 0, signal: new AbortController().signal };

test('what a process that died on this machine sent last has its time to arrive before anything is looked at', async () => {
  const { clock, leases, die, said } = setUp();
  const lease = await leases(1).take(wanted);
  die(1);
  lease.leave();
  const began = clock.now();
  const second = leases(2);
  await second.waitUntilFree('production', noWait);
  expect(clock.now() - began).toBe(15_000);
  expect(said).toEqual([
    'ada@laptop (process 1 on laptop) died: what it sent last may still arrive, so 15 s are waited',
  ]);
  // Once is enough.
  expect((await second.take(wanted)).record().fencingToken).toBe(2);
  expect(clock.now() - began).toBe(15_000);
});

test('it is not waited for longer than its lease runs, and not at all where the cloud died with it', async () => {
  const { clock, leases, die } = setUp();
  (await leases(1).take(wanted)).leave();
  die(1);
  await clock.sleep(52_000);
  await leases(2).waitUntilFree('production', noWait);
  expect(clock.now()).toBe(Date.parse('2026-11-24T00:01:00.000Z'));

  const inside = setUp({ cloudInProcess: true });
  (await inside.leases(1).take(wanted)).leave();
  inside.die(1);
  const began = inside.clock.now();
  await inside.leases(2).waitUntilFree('production', noWait);
  await inside.leases(2).take(wanted);
  expect([inside.clock.now(), inside.said]).toEqual([began, []]);
});

test('a lease that is taken without a look before is waited for too: the one on what all environments share', async () => {
  const { clock, leases, die } = setUp();
  (await leases(1).take({ ...wanted, environment: 'shared' })).leave();
  die(1);
  const began = clock.now();
  const interruption = new AbortController();
  const taken = leases(2).take({ ...wanted, environment: 'shared', signal: interruption.signal });
  await clock.sleep(2_000);
  interruption.abort(new Error('told to stop'));
  await expect(taken).rejects.toThrow('told to stop');
  expect(clock.now() - began).toBe(2_000);
  await leases(2).take({ ...wanted, environment: 'shared' });
  expect(clock.now() - began).toBe(17_000);
});

test('who died with two leases is waited for once', async () => {
  const { clock, leases, die } = setUp();
  const first = leases(1);
  for (const environment of ['production', 'shared']) (await first.take({ ...wanted, environment })).leave();
  die(1);
  const began = clock.now();
  const second = leases(2);
  for (const environment of ['production', 'shared']) await second.take({ ...wanted, environment });
  expect(clock.now() - began).toBe(15_000);
});
