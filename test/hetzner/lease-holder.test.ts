import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { createHetznerLeases, leasesOn } from '../../src/hetzner/lease-holder.ts';
import { labelsOf, textOf } from '../../src/hetzner/lease-labels.ts';
import type { LeaseObjects } from '../../src/hetzner/lease-objects.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { acquireLease } from '../../src/statefile/lease.ts';
import { encodeLease } from '../../src/statefile/lease-record.ts';
import { createModelledLeases } from '../support/lease-objects-model.ts';

const now = Date.UTC(2026, 10, 24);
const key = 'production.lease.json';
const leaseOf = (fencingToken: number, nonce: string, more: { released?: boolean; expiresAt?: string } = {}): string =>
  encodeLease({
    holder: `${nonce}@laptop`,
    host: 'laptop',
    pid: 7,
    command: 'reconcile production --only server/production-2 --config "Ü b/infra.yaml"',
    acquiredAt: '2026-11-24T00:00:00.000Z',
    expiresAt: '2026-11-24T00:01:00.000Z',
    fencingToken,
    released: false,
    nonce,
    ...more,
  });

describe('on the emulated API', () => {
  const setUp = () => {
    let moment = now;
    const clock: Clock = { now: () => moment, sleep: () => new Promise(() => undefined) };
    const emulator = createEmulator({ clock, checkResponses: true });
    const reach = { fetch: emulator.fetch, endpoint: 'http://emulator.invalid/v1', clock, project: 'aipacto' };
    const store = createHetznerLeases({ ...reach, token: new Secret(emulator.token) });
    const names = () => emulator.world.firewalls.all().map(({ name }) => name);
    const acquire = (user: string, environment = 'production') =>
      acquireLease({
        store,
        environment,
        clock,
        random: seededRandom(user.charCodeAt(0)),
        holder: { host: user, pid: 1, user },
        command: 'reconcile production',
        heartbeat: false,
      });
    return { emulator, store, names, acquire, pass: (ms: number) => (moment += ms) };
  };

  test('a lease is taken, renewed, released, and taken by the next: one firewall without rules is left', async () => {
    const { emulator, names, acquire, pass } = setUp();
    const ada = await acquire('ada');
    expect(names()).toEqual(['aipacto-lease-production-1']);
    await expect(acquire('bob')).rejects.toThrow('production is being changed by ada@ada (process 1 on ada)');
    pass(30_000);
    await ada.check();
    expect(await ada.release()).toBe(true);
    const bob = await acquire('bob');
    expect(bob.record().fencingToken).toBe(2);
    expect(names()).toEqual(['aipacto-lease-production-2']);
    expect(emulator.world.firewalls.all()[0]).toMatchObject({ rules: [], applied_to: [] });
    pass(60_000);
    const carol = await acquire('carol');
    expect(names()).toEqual(['aipacto-lease-production-3']);
    await expect(bob.check()).rejects.toThrow('carol@carol (process 1 on carol) has it since');
    expect(await bob.release()).toBe(false);
    expect(await carol.release()).toBe(true);
  });

  test('the lease of a preview goes with its release: a project has 50 firewalls', async () => {
    const { names, acquire } = setUp();
    const lease = await acquire('ada', 'pr-7');
    expect(names()).toEqual(['aipacto-lease-pr-7-1']);
    expect(await lease.release()).toBe(true);
    expect(names()).toEqual([]);
  });

  test('a firewall of that name that is no lease is left alone, and the lease cannot be had', async () => {
    const { emulator, names, acquire } = setUp();
    const headers = { authorization: `Bearer ${emulator.token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'aipacto-lease-production-1' });
    await emulator.fetch(new Request('http://emulator.invalid/v1/firewalls', { method: 'POST', headers, body }));
    await expect(acquire('ada')).rejects.toThrow('appears and disappears');
    expect(names()).toEqual(['aipacto-lease-production-1']);
  });

  test('a token that may only read is told as such', async () => {
    const { emulator } = setUp();
    const clock: Clock = { now: () => now, sleep: () => new Promise(() => undefined) };
    const store = createHetznerLeases({
      fetch: emulator.fetch,
      endpoint: 'http://emulator.invalid/v1',
      token: new Secret('no token'),
      clock,
      project: 'aipacto',
    });
    await expect(store.get(key)).rejects.toMatchObject({
      name: 'StoreError',
      message: expect.stringContaining("can't look at the lease in the Hetzner project: the token in HCLOUD_TOKEN"),
    });
  });
});

test('a lease fits into labels: values of at most 63 letters, digits, dots, dashes and underscores', () => {
  const text = leaseOf(12, 'ada');
  const labels = labelsOf('aipacto', text);
  expect(textOf('aipacto', labels)).toBe(text);
  expect(textOf('other', labels)).toBeUndefined();
  for (const value of Object.values(labels)) expect(value).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
});

/** Two sides whose requests come in a given order; every other request of the longer one comes at the end. */
const inOrder = async (
  order: readonly (0 | 1)[],
  objects: LeaseObjects,
  sides: readonly [(store: ObjectStore) => Promise<boolean>, (store: ObjectStore) => Promise<boolean>],
): Promise<readonly boolean[]> => {
  const waiting: (() => void)[][] = [[], []];
  const ended = [false, false];
  const turns = (side: 0 | 1): LeaseObjects => {
    const turn = async <T>(work: () => Promise<T>): Promise<T> => {
      await new Promise<void>((resolve) => waiting[side]?.push(resolve));
      return work();
    };
    return {
      list: (...what) => turn(() => objects.list(...what)),
      create: (...what) => turn(() => objects.create(...what)),
      write: (...what) => turn(() => objects.write(...what)),
      remove: (...what) => turn(() => objects.remove(...what)),
    };
  };
  const results = sides.map(async (side, nth) => {
    const ok = await side(leasesOn(turns(nth as 0 | 1)));
    ended[nth] = true;
    return ok;
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  for (const side of [...order, ...Array(30).fill([0, 1]).flat()]) {
    waiting[side]?.shift()?.();
    await settle();
    if (ended.every(Boolean)) break;
  }
  return Promise.all(results);
};

const orders = Array.from({ length: 2 ** 9 }, (_, n) =>
  Array.from({ length: 9 }, (_, bit) => ((n >> bit) & 1) as 0 | 1),
);

describe('in every order of their requests', () => {
  const base = leaseOf(1, 'ada');
  const begin = async () => {
    const objects = createModelledLeases();
    await objects.create('production', 1, base);
    return objects;
  };
  const write =
    (text: string, from = base) =>
    async (store: ObjectStore) =>
      (await store.putIfMatch(key, text, `1 ${from}`)).ok;

  test('a renewal and a take-over never both succeed', async () => {
    const outcomes = new Set<string>();
    for (const order of orders) {
      const renewal = leaseOf(1, 'ada', { expiresAt: '2026-11-24T00:02:00.000Z' });
      const ended = await inOrder(order, await begin(), [write(renewal), write(leaseOf(2, 'bob'))]);
      expect(ended, order.join('')).not.toEqual([true, true]);
      outcomes.add(ended.join());
    }
    expect([...outcomes].sort()).toEqual(['false,false', 'false,true', 'true,false']);
  });

  test('of two takers never both succeed, whatever numbers they choose', async () => {
    for (const number of [2, 5])
      for (const order of orders) {
        const ended = await inOrder(order, await begin(), [write(leaseOf(2, 'bob')), write(leaseOf(number, 'carol'))]);
        expect(ended, order.join('')).not.toEqual([true, true]);
      }
  });

  test('of two that find nothing never both succeed', async () => {
    for (const number of [1, 18])
      for (const order of orders) {
        const ended = await inOrder(order, createModelledLeases(), [
          async (store) => (await store.putIfAbsent(key, leaseOf(1, 'ada'))).ok,
          async (store) => (await store.putIfAbsent(key, leaseOf(number, 'bob'))).ok,
        ]);
        expect(ended, order.join('')).not.toEqual([true, true]);
      }
  });

  test('a take-over that goes by what it saw before would succeed beside a renewal', async () => {
    const both: string[] = [];
    for (const order of orders) {
      const objects = await begin();
      let seen = await objects.list('production');
      const renewal = leaseOf(1, 'ada', { expiresAt: '2026-11-24T00:02:00.000Z' });
      const ended = await inOrder(order, objects, [
        write(renewal),
        async (store) => {
          await store.get(key);
          const made = await objects.create('production', 2, leaseOf(2, 'bob'));
          seen = [...seen, ...(made === undefined ? [] : [made])];
          return seen.at(-1)?.number === 2;
        },
      ]);
      if (ended.every(Boolean)) both.push(order.join(''));
    }
    expect(both).not.toEqual([]);
  });

  test('who comes late with a number that was passed already withdraws', async () => {
    const objects = await begin();
    const slow = leasesOn({
      ...objects,
      create: async (...what) => {
        // In this moment two others take and release; the second removes the first one's object, so the name is free.
        const quick = leasesOn(objects);
        const carol = leaseOf(2, 'carol', { released: true });
        expect((await quick.putIfMatch(key, carol, `1 ${base}`)).ok).toBe(true);
        expect((await quick.putIfMatch(key, leaseOf(3, 'dan'), `2 ${carol}`)).ok).toBe(true);
        return objects.create(...what);
      },
    });
    expect(await slow.putIfMatch(key, leaseOf(2, 'bob'), `1 ${base}`)).toEqual({ ok: false, because: 'moved' });
    expect((await objects.list('production')).map(({ number }) => number)).toEqual([3]);
  });
});
