import { expect, test } from 'vitest';
import { seededRandom } from '../../src/local/random.ts';
import type { Fetch } from '../../src/ports/machines.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { acquireLease } from '../../src/statefile/lease.ts';
import { createLab, type Ran } from '../support/lab.ts';
import { createMemoryStore } from '../support/memory-store.ts';

/** A first run and, as soon as it changes something, a second one on the same state and cloud. */
const together = async (first: string, second: string, more: { readonly killFirst?: boolean } = {}) => {
  const store = createMemoryStore();
  let later: Promise<Ran> | undefined;
  let killed = false;
  const asked: string[] = [];
  const wrap =
    (fetch: Fetch): Fetch =>
    async (request) => {
      if (killed) throw new Error('killed');
      if (request.method === 'POST' && later === undefined) {
        later = createLab({ store, over: lab.emulator, seed: 8, wrap: noting(asked) }).run(second);
        killed = more.killFirst === true;
      }
      return fetch(request);
    };
  const dying: ObjectStore = {
    ...store,
    putIfMatch: async (key, text, etag) => {
      if (killed) throw new Error('killed');
      return store.putIfMatch(key, text, etag);
    },
  };
  const lab = createLab({ store: dying, wrap });
  const ran = await lab.run(first);
  return { first: ran, second: await later, asked, lab };
};

const noting =
  (asked: string[]) =>
  (fetch: Fetch): Fetch =>
  (request) => {
    asked.push(request.method);
    return fetch(request);
  };

test('a held lease is told before anything is asked of the cloud', async () => {
  const { first, second, asked } = await together('production --yes', 'production --yes');
  expect([first?.exitCode, second?.exitCode]).toEqual([0, 3]);
  expect(asked).toEqual([]);
  expect(second?.stderr).toContain('production is being changed by tester@lab');
  expect(second?.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'next: wait for it: reconcile production --wait 10m or take over, when you are sure that run is dead: reconcile state unlock production',
  );
});

test('with --wait the second says whom it waits for, and finds nothing to do when the first is done', async () => {
  const { first, second, asked } = await together('production --yes', 'production --yes --wait 30m');
  expect([first?.exitCode, second?.exitCode]).toEqual([0, 0]);
  expect(second?.stderr).toContain('waiting for tester@lab (process');
  expect(second?.stderr).toContain(': reconcile production; its lease runs until 2026-');
  expect(second?.stdout).toContain('production: no changes');
  expect([...new Set(asked)]).toEqual(['GET']);
});

test('whoever waits for too short a time is told the same as without waiting', async () => {
  const { first, second } = await together('production --yes', 'production --yes --wait 5s');
  expect([first?.exitCode, second?.exitCode]).toEqual([0, 3]);
  expect(second?.stderr).toContain('production is being changed by tester@lab');
});

test('reading commands take no lease and wait for none', async () => {
  for (const command of ['plan production', 'check production', 'state show production', 'list']) {
    const { second } = await together('production --yes', command);
    expect(second?.stderr).not.toContain('being changed by');
    expect(second?.exitCode).not.toBe(3);
  }
});

test('destroy and secrets wait alike', async () => {
  const destroyed = await together('production --yes', 'destroy production --yes');
  expect(destroyed.second?.exitCode).toBe(3);
  expect(destroyed.second?.stderr).toContain('reconcile destroy production --wait 10m');
  const unset = await together('production --yes', 'secrets unset production JWT_SECRET');
  expect(unset.second?.exitCode).toBe(3);
  const waited = await together('production --yes', 'secrets unset production JWT_SECRET --wait 30m');
  expect(waited.second?.exitCode).toBe(0);
});

test('whoever is at what belongs to all environments is waited for as well, and then all is planned anew', async () => {
  const lab = createLab();
  const { clock } = lab.emulator;
  await acquireLease({
    store: lab.store,
    environment: 'shared',
    clock,
    random: seededRandom(3),
    holder: { host: 'elsewhere', pid: 1, user: 'ada' },
    command: 'reconcile staging',
    heartbeat: false,
  });
  const told = await lab.run('production --yes');
  expect([told.exitCode, told.stderr]).toEqual([
    3,
    expect.stringContaining('shared is being changed by ada@elsewhere'),
  ]);
  expect((await lab.api('GET', '/networks')).networks).toEqual([]);
  const waited = await lab.run('production --yes --wait 10m');
  expect(waited.exitCode, waited.stderr).toBe(0);
  expect(waited.stderr).toContain('waiting for ada@elsewhere');
});

test('after the holder died elsewhere, whoever waits goes on when the lease has run out, and nothing is made twice', async () => {
  const { second, lab } = await together('production --yes', 'production --yes --wait 10m', { killFirst: true });
  expect(second?.exitCode).toBe(0);
  expect((await lab.api('GET', '/servers')).servers).toHaveLength(3);
});

test('beaten between plan and apply, a run that may wait plans anew; one that may not is told', async () => {
  for (const [flags, exitCode] of [
    ['', 3],
    [' --wait 30m', 0],
  ] as const) {
    const store = createMemoryStore();
    let other: Promise<Ran> | undefined;
    const slow = createLab({
      store: {
        ...store,
        get: async (key) => {
          // The state has been looked at and the plan is made: in this moment somebody else begins.
          if (key === 'production.lease.json') looks += 1;
          if (key === 'production.lease.json' && looks === 2)
            other = createLab({ store, over: slow.emulator, seed: 8 }).run('production --yes');
          if (key === 'production.lease.json' && looks === 2)
            await expect.poll(() => store.documents.get(key)).toBeDefined();
          return store.get(key);
        },
      },
    });
    let looks = 0;
    const ran = await slow.run(`production --yes${flags}`);
    expect(ran.exitCode, ran.stderr).toBe(exitCode);
    expect((await other)?.exitCode).toBe(0);
    if (exitCode === 0) expect(ran.stdout).toContain('production: no changes');
    expect((await slow.api('GET', '/servers')).servers).toHaveLength(3);
  }
});

test.each([
  ['10', '--wait wants a duration like 60s, 10m or 1h30m, found: 10; did you mean 10s or 10m?'],
  ['soon', '--wait wants a duration like 60s, 10m or 1h30m, found: soon'],
  ['-5m', '--wait wants a duration like 60s, 10m or 1h30m, found: -5m'],
  ['0s', '--wait 0s is no time at all: write 60s, 10m or 1h30m'],
  ['48h', '--wait 48h is longer than 24h: write 60s, 10m or 1h30m'],
])('--wait %s is refused, with what to write', async (text, message) => {
  const ran = await createLab().run(`production --yes --wait=${text}`);
  expect(ran.exitCode).toBe(64);
  expect(ran.stderr.replaceAll(/\s+/g, ' ')).toContain(`error: ${message} next: reconcile`);
});
