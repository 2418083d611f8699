import { expect, test } from 'vitest';
import { StoreError } from '../../src/domain/errors.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { createLab } from '../support/lab.ts';
import { createMemoryRecovery } from '../support/memory-recovery.ts';
import { createMemoryStore } from '../support/memory-store.ts';

/** A store that goes away at the nth write of the state, and comes back when told to. */
const outage = () => {
  const inner = createMemoryStore();
  const plug = { pulled: false, atWrite: Number.POSITIVE_INFINITY, writes: 0 };
  const away = (): never => {
    throw new StoreError('memory does not answer: connection refused', 'unreachable', {
      next: 'wait, and run it again',
    });
  };
  const alive = <T>(work: () => Promise<T>): Promise<T> => (plug.pulled ? away() : work());
  const write = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    if (key === 'production.json') plug.writes += 1;
    if (plug.writes >= plug.atWrite) plug.pulled = true;
    return alive(work);
  };
  const store: ObjectStore = {
    ...inner,
    get: async (key) => alive(() => inner.get(key)),
    putIfAbsent: async (key, text) => write(key, () => inner.putIfAbsent(key, text)),
    putIfMatch: async (key, text, etag) => write(key, () => inner.putIfMatch(key, text, etag)),
    delete: async (key) => alive(() => inner.delete(key)),
    list: async () => alive(() => inner.list()),
  };
  return { store, plug, inner };
};

const worldWith = () => {
  const { store, plug, inner } = outage();
  const recovery = createMemoryRecovery();
  const lab = createLab({ store, recovery });
  return { lab, plug, inner, recovery };
};
const ids = async (lab: ReturnType<typeof createLab>) =>
  (await lab.api('GET', '/servers')).servers.map((one: { id: number }) => one.id).sort();

test('the store goes away in the middle: the run stops, names what it could not store, and the next one takes the file in', async () => {
  const { lab, plug, recovery } = worldWith();
  plug.atWrite = 7;
  const first = await lab.run('production --yes');
  expect(first.exitCode).toBe(1);
  expect(first.stderr).toMatch(/does not know .*server\/production-\d \(id \d+\)/s);
  expect(first.stderr.replace(/\s+/g, ' ')).toContain(
    'Everything is kept in beside/recovery-production.json, and the next run takes it in',
  );
  const made = await ids(lab);
  Object.assign(plug, { pulled: false, atWrite: Number.POSITIVE_INFINITY });
  await lab.emulator.clock.sleep(120_000);
  const second = await lab.run('production --yes');
  expect(second.exitCode).toBe(0);
  expect(second.stderr).toContain('recovery-production.json was taken in');
  expect(recovery.files.size).toBe(0);
  expect(await ids(lab)).toEqual(expect.arrayContaining(made));
  expect((await lab.run('plan production')).exitCode).toBe(0);
});

test('the store goes away at the very last write: nothing is left to do, and the file is taken in all the same', async () => {
  const { lab, plug, recovery, inner } = worldWith();
  expect((await lab.run('production --yes')).exitCode).toBe(0);
  const writes = plug.writes;
  await lab.run('destroy production --yes');
  const again = worldWith();
  again.plug.atWrite = writes;
  const first = await again.lab.run('production --yes');
  expect(first.exitCode).toBe(1);
  expect(again.recovery.files.size).toBe(1);
  Object.assign(again.plug, { pulled: false, atWrite: Number.POSITIVE_INFINITY });
  await again.lab.emulator.clock.sleep(120_000);
  const second = await again.lab.run('production --yes');
  expect(second.stdout).toContain('no changes');
  expect(second.exitCode).toBe(0);
  expect(again.recovery.files.size).toBe(0);
  const state = JSON.parse(again.inner.documents.get('production.json') ?? '');
  expect(state.lastRun.endedAt).toBeDefined();
  expect(state.history[0].outcome).toBe('nothing was left to do');
  expect([recovery.files.size, inner.documents.has('production.json')]).toEqual([0, true]);
});

test('a file of an earlier run is put aside when the state has gone on without it', async () => {
  const { lab, plug, recovery } = worldWith();
  plug.atWrite = 9;
  await lab.run('production --yes');
  const file = recovery.files.get('beside/recovery-production.json') ?? '';
  Object.assign(plug, { pulled: false, atWrite: Number.POSITIVE_INFINITY });
  await lab.emulator.clock.sleep(120_000);
  expect((await lab.run('production --yes')).exitCode).toBe(0);
  recovery.files.set('beside/recovery-production.json', file);
  const third = await lab.run('production --yes');
  expect(third.exitCode).toBe(0);
  expect(third.stderr).toContain('is older than the state: put aside');
  expect([...recovery.files.keys()]).toEqual(['beside/recovery-production.json.superseded']);
});

test('a killed run is told about: who, for what, at which step, and what was taken over', async () => {
  const { store, plug, inner: memory } = outage();
  let writes = 0;
  const victim = createLab({
    store,
    wrap: (inner) => async (request) => {
      if (plug.pulled) throw new Error('killed');
      const reply = await inner(request);
      if (request.method === 'POST' && request.url.endsWith('/servers')) writes += 1;
      // A killed process does nothing any more: neither cloud nor store hear from it again.
      plug.pulled = writes >= 2;
      return reply;
    },
  });
  await victim.run('production --yes');
  await victim.emulator.clock.sleep(120_000);
  const heir = createLab({ store: memory, over: victim.emulator, seed: 8 });
  const { stdout } = await heir.run('plan production');
  expect(stdout.replace(/\s+/g, ' ')).toMatch(
    /an earlier run by tester@lab \(reconcile production, begun \S+\) did not end \(or is still at work\): it was last at .*create server\/production-\d.*; what it left unrecorded is taken over: \d adopted/,
  );
  expect((await heir.run('production --yes')).exitCode).toBe(0);
  expect((await heir.run('plan production')).stdout).not.toContain('an earlier run');
});

test('a secret was set since the file was left: the file is older, and does not undo it', async () => {
  const { lab, plug, recovery, inner } = worldWith();
  const secretNow = () => JSON.parse(inner.documents.get('production.json') ?? '').applications.JWT_SECRET;
  expect((await lab.run('production --yes')).exitCode).toBe(0);
  plug.atWrite = plug.writes + 3;
  await lab.run('production --yes --replace server/production-2');
  expect(recovery.files.size).toBe(1);
  Object.assign(plug, { pulled: false, atWrite: Number.POSITIVE_INFINITY });
  await lab.emulator.clock.sleep(120_000);
  expect((await lab.run('secrets unset production JWT_SECRET')).stdout).toContain('has a new value');
  const set = secretNow();
  const next = await lab.run('production --yes');
  expect(next.exitCode).toBe(0);
  expect(next.stderr).toContain('is older than the state: put aside as');
  expect(secretNow()).toEqual(set);
});

test('a recovery file that can’t be read, beside a good state: the way out is to put it away, not to rebuild', async () => {
  const { lab, recovery } = worldWith();
  await lab.run('production --yes');
  await recovery.keep('production', '{"schemaVersion": 3, "line');
  const ran = await lab.run('plan production');
  expect(ran.exitCode).toBe(1);
  expect(ran.stderr.replace(/\s+/g, ' ')).toContain(
    'mv beside/recovery-production.json beside/recovery-production.json.aside',
  );
  expect(ran.stderr).not.toContain('state rebuild');
});

test('everything is deleted and the store goes away before the keys are forgotten: what the steps noted is in the file', async () => {
  const { lab, plug, recovery } = worldWith();
  expect((await lab.run('production --yes')).exitCode).toBe(0);
  const made = plug.writes;
  const dry = worldWith();
  await dry.lab.run('production --yes');
  await dry.lab.run('destroy production --yes');
  plug.atWrite = made + (dry.plug.writes - made) - 1;
  const first = await lab.run('destroy production --yes');
  expect(first.exitCode).toBe(1);
  expect(await ids(lab)).toEqual([]);
  expect(first.stderr.replace(/\s+/g, ' ')).toContain('Everything is kept in beside/recovery-production.json');
  expect(JSON.parse(recovery.files.get('beside/recovery-production.json') ?? '').resources).toEqual({});
  Object.assign(plug, { pulled: false, atWrite: Number.POSITIVE_INFINITY });
  await lab.emulator.clock.sleep(120_000);
  expect((await lab.run('destroy production --yes')).stdout).toContain('nothing to destroy');
  expect(recovery.files.size).toBe(0);
});

test('the cloud can’t be asked any more after the last step: what the steps noted is stored all the same', async () => {
  const askedUntil = (most: number) => {
    let asked = 0;
    const lab = createLab({
      wrap: (fetch) => async (request) => {
        asked += 1;
        return asked > most ? new Response('{}', { status: 500 }) : fetch(request);
      },
    });
    return { lab, asked: () => asked };
  };
  const dry = askedUntil(Number.POSITIVE_INFINITY);
  await dry.lab.run('production --yes');
  const { lab } = askedUntil(dry.asked() - 1);
  expect((await lab.run('production --yes')).exitCode).toBe(1);
  const { resources } = JSON.parse((await lab.store.get('production.json'))?.text ?? '');
  const unfinished = Object.entries<{ fingerprint: string }>(resources).filter(([, one]) => one.fingerprint === '');
  expect(unfinished.map(([address]) => address)).toEqual([]);
  expect(Object.keys(resources)).toContain('job/web');
});

test('a secret in a refusal does not come into the journal, which is not sealed', async () => {
  const store = createMemoryStore();
  const key = (): string => JSON.parse(store.documents.get('production.keys.json') ?? '').keys.gossip.consul;
  const lab = createLab({
    store,
    wrap: (fetch) => async (request) => {
      if (request.method !== 'POST' || !request.url.endsWith('/servers')) return fetch(request);
      const message = `user_data: "encrypt = ${key()}" is refused\nand all that follows it`;
      return Response.json({ error: { code: 'invalid_input', message } }, { status: 422 });
    },
  });
  expect((await lab.run('production --yes')).exitCode).toBe(1);
  const { journal } = JSON.parse(store.documents.get('production.json') ?? '').lastRun;
  const failed = journal.filter((one: { event: string }) => one.event === 'failed');
  expect(failed[0].detail).toContain('"encrypt = [redacted]');
  expect(JSON.stringify(journal)).not.toContain(key().slice(0, 12));
  expect(JSON.stringify(journal)).not.toContain('all that follows');
});

test('a secret that was set is set, also when the lease can’t be given back afterwards', async () => {
  const inner = createMemoryStore();
  let away = false;
  const lab = createLab({
    store: {
      ...inner,
      putIfMatch: async (key, text, etag) => {
        if (away && text.includes('"released": true')) throw new StoreError('memory does not answer', 'unreachable');
        return inner.putIfMatch(key, text, etag);
      },
    },
  });
  await lab.run('production --yes');
  away = true;
  const ran = await lab.run('secrets unset production JWT_SECRET');
  expect(ran.exitCode).toBe(0);
  expect(ran.stdout).toContain('has a new value');
  expect(ran.stderr).toContain('the lease could not be released and runs out by itself');
});
