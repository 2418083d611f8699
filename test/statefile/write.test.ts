import { expect, test } from 'vitest';
import { Failure, StoreError } from '../../src/domain/errors.ts';
import type { HistoryEntry, StateFile } from '../../src/domain/statefile.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { createStateWriter, type StateWriterOptions, withHistory } from '../../src/statefile/write.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const runOf = (holder: string) => ({
  run: `run of ${holder}`,
  holder,
  command: 'reconcile production',
  startedAt: '2026-11-24T00:00:00.000Z',
});
const optionsFor = async (store: ObjectStore, seed: number): Promise<StateWriterOptions> => ({
  store,
  loaded: await readState(store, 'production', 'aipacto', plainSealer),
  project: 'aipacto',
  environment: 'production',
  environmentType: 'production',
  clock: createVirtualClock(),
  random: seededRandom(seed),
  sealer: plainSealer,
  fencingToken: 1,
  writtenBy: '0.1.0',
});
const open = async (store: ObjectStore, seed = 1) => createStateWriter(await optionsFor(store, seed));
const remember =
  (n: number) =>
  (state: StateFile): StateFile => ({
    ...state,
    resources: {
      ...state.resources,
      [`server/production-${n}`]: {
        kind: 'server',
        id: String(n),
        name: `s${n}`,
        createdAt: 'c',
        fingerprint: '',
        outputs: {},
      },
    },
  });
const stored = async (store: ObjectStore) => (await readState(store, 'production', 'aipacto', plainSealer))?.state;
const fails = (store: ObjectStore, how: (write: number) => 'before' | 'after' | undefined): ObjectStore => {
  let writes = 0;
  const failing = async <T>(work: () => Promise<T>): Promise<T> => {
    writes += 1;
    const when = how(writes);
    if (when === 'before') throw new Failure('the disk is full');
    const result = await work();
    if (when === 'after') throw new Failure('no reply from the store');
    return result;
  };
  return {
    ...store,
    putIfAbsent: (key, text) => failing(() => store.putIfAbsent(key, text)),
    putIfMatch: (key, text, etag) => failing(() => store.putIfMatch(key, text, etag)),
  };
};

test('saves made at once go in one write; those that come while it is under way go in the next', async () => {
  const store = createMemoryStore();
  const writer = await open(store);
  const first = Promise.all([1, 2, 3].map((n) => writer.save(remember(n))));
  writer.note(remember(4));
  expect((await first).map(({ serial }) => serial)).toEqual([1, 1, 1]);
  expect(Object.keys((await stored(store))?.resources ?? {})).toHaveLength(4);
  const [five, six] = [writer.save(remember(5)), writer.save(remember(6))];
  expect([(await five).serial, (await six).serial]).toEqual([2, 2]);
  const again = await open(store, 99);
  await again.save(remember(7));
  expect(await stored(store)).toMatchObject({
    serial: 3,
    lineage: writer.current().lineage,
    writtenBy: '0.1.0',
    environmentType: 'production',
  });
});

test('what is noted goes with the next write, and is not durable before', async () => {
  const store = createMemoryStore();
  const writer = await open(store);
  writer.note(remember(1));
  expect(store.documents.size).toBe(0);
  expect(writer.unsaved()).toBe(true);
  await writer.flush();
  expect(Object.keys((await stored(store))?.resources ?? {})).toEqual(['server/production-1']);
  expect(writer.unsaved()).toBe(false);
  expect((await writer.flush()).serial).toBe(1);
});

test('the document as a run found it is kept beside its own, the newest twenty of them', async () => {
  const store = createMemoryStore();
  for (let run = 1; run <= 23; run += 1) {
    const writer = await open(store, run);
    await writer.save(remember(run));
    await writer.save(remember(run + 100));
  }
  const kept = [...store.documents.keys()].filter((key) => /\.\d{6}\.json$/.test(key)).sort();
  expect(kept).toHaveLength(20);
  expect(kept.at(-1)).toBe('production.000044.json');
  expect(kept[0]).toBe('production.000006.json');
  expect((await stored(store))?.versions).toHaveLength(20);
});

test('the first write of a new holder makes every later write of the one before fail: its lease is gone', async () => {
  const store = createMemoryStore();
  const old = await open(store, 1);
  await old.save(remember(1));
  const heir = createStateWriter({ ...(await optionsFor(store, 2)), fencingToken: 2, run: runOf('bob@ci') });
  await heir.save((state) => state);
  await expect(old.save(remember(2))).rejects.toMatchObject({
    name: 'LeaseHeldError',
    message:
      'the state of production (memory/production.json) was written by another run, of bob@ci (reconcile production), while this run was at work; the lease is theirs',
  });
  expect(old.unsaved()).toBe(false);
});

test('what a caller does to identity has no effect', async () => {
  const store = createMemoryStore();
  const writer = await open(store);
  const { lineage } = writer.current();
  await writer.save((state) => ({ ...state, lineage: 'mine', serial: 40, project: 'x', environment: 'y' }));
  expect(await stored(store)).toMatchObject({ lineage, serial: 1, project: 'aipacto', environment: 'production' });
});

test('another run that wrote meanwhile is not written over, and the writer stays refused', async () => {
  const store = createMemoryStore();
  const [mine, theirs] = [await open(store, 1), await open(store, 2)];
  await theirs.save(remember(1));
  const refused = {
    name: 'StateError',
    message: 'the state of production (memory/production.json) was written by another run while this run was at work',
    next: 'look at what is there now: reconcile plan production',
  };
  await expect(mine.save(remember(2))).rejects.toMatchObject(refused);
  await expect(mine.save(remember(3))).rejects.toMatchObject(refused);
  expect(Object.keys((await stored(store))?.resources ?? {})).toEqual(['server/production-1']);
});

test('a document that was removed meanwhile is not made again', async () => {
  const store = createMemoryStore();
  const writer = await open(store);
  await writer.save(remember(1));
  await store.delete('production.json');
  await expect(writer.save(remember(2))).rejects.toThrow('was removed while this run was at work');
  expect(store.documents.size).toBe(0);
});

test('a write whose reply was lost is recognised as our own, and the next serial follows', async () => {
  const store = createMemoryStore();
  const writer = await open(fails(store, (write) => (write === 1 ? 'after' : undefined)));
  expect((await writer.save(remember(1))).serial).toBe(1);
  expect((await writer.save(remember(2))).serial).toBe(2);
});

test('a store that fails three times fails the save; what was to be remembered goes with the next write', async () => {
  const store = createMemoryStore();
  const writer = await open(fails(store, (write) => (write <= 3 ? 'before' : undefined)));
  await expect(writer.save(remember(1))).rejects.toThrow('the disk is full');
  expect(store.documents.size).toBe(0);
  expect(Object.keys(writer.current().resources)).toEqual(['server/production-1']);
  await writer.save(remember(2));
  expect(await stored(store)).toMatchObject({ serial: 1 });
  expect(Object.keys((await stored(store))?.resources ?? {})).toHaveLength(2);
});

test('a reply that is lost while the earlier document is kept ends no run either; a refusal is not asked again', async () => {
  const store = createMemoryStore();
  await (await open(store, 1)).save(remember(1));
  const asked: string[] = [];
  const answering = (kind: StoreError['kind'], times: number): ObjectStore => ({
    ...store,
    async putIfAbsent(key, text) {
      asked.push(key);
      const outcome = await store.putIfAbsent(key, text);
      if (asked.length <= times) throw new StoreError('it said no, or nothing', kind);
      return outcome;
    },
  });
  await (await open(answering('unknown', 1), 2)).save(remember(2));
  expect(asked).toEqual(['production.000001.json', 'production.000001.json']);
  expect(await stored(store)).toMatchObject({ serial: 2, versions: [1] });
  asked.length = 0;
  await expect((await open(answering('refused', 9), 3)).save(remember(3))).rejects.toThrow('it said no');
  expect(asked).toEqual(['production.000002.json']);
});

test('a write that something on the way made twice, and whose refusal could not be looked into, is no rival’s', async () => {
  const store = createMemoryStore();
  let looks = Number.POSITIVE_INFINITY;
  const writer = await open({
    ...store,
    async get(key) {
      looks += 1;
      if (looks === 1) throw new StoreError('no reply', 'unreachable');
      return store.get(key);
    },
    async putIfMatch(key, text, etag) {
      const first = await store.putIfMatch(key, text, etag);
      return looks === 0 ? store.putIfMatch(key, text, etag) : first;
    },
  });
  await writer.save(remember(1));
  looks = 0;
  await expect(writer.save(remember(2))).rejects.toThrow('no reply');
  expect((await writer.save(remember(3))).serial).toBe(3);
  expect(Object.keys((await stored(store))?.resources ?? {})).toHaveLength(3);
});

test('a flush waits for what is on its way, and writes it again should that fail', async () => {
  const store = createMemoryStore();
  const writer = await open(fails(store, (write) => (write <= 3 ? 'before' : undefined)));
  const saving = writer.save(remember(1)).catch((error: Error) => error.message);
  while (writer.unsaved()) await new Promise((resolve) => setImmediate(resolve));
  expect((await writer.flush()).serial).toBe(1);
  expect(await saving).toBe('the disk is full');
  expect(await stored(store)).toMatchObject({ serial: 1 });
});

test('a run does not take its own write, of which it never heard, for a rival', async () => {
  const store = createMemoryStore();
  let silent = false;
  const writer = await open(fails(store, () => (silent ? 'after' : undefined)));
  await writer.save(remember(1));
  silent = true;
  await expect(writer.save(remember(2))).rejects.toThrow('no reply from the store');
  silent = false;
  expect((await writer.save(remember(3))).serial).toBe(3);
  expect(Object.keys((await stored(store))?.resources ?? {})).toHaveLength(3);
});

test('the history keeps the newest 50 runs, each with the serial it was written in', async () => {
  const store = createMemoryStore();
  const writer = await open(store);
  const entry = (n: number): HistoryEntry => ({
    run: `run-${n}`,
    serial: 0,
    at: '2026-11-24T00:00:00.000Z',
    command: 'reconcile production',
    outcome: 'converged',
    summary: {},
  });
  for (let n = 1; n <= 53; n += 1) await writer.save((state) => withHistory(state, entry(n)));
  const history = (await stored(store))?.history ?? [];
  expect(history).toHaveLength(50);
  expect([history[0], history[49]].map((one) => [one?.run, one?.serial])).toEqual([
    ['run-53', 53],
    ['run-4', 4],
  ]);
});

test('a change that comes while a write waits for its next try lets time pass, and goes with the write after it', async () => {
  const memory = createMemoryStore();
  const writer = await open(fails(memory, (write) => (write === 1 ? 'before' : undefined)));
  const first = writer.save(remember(1));
  // The first write has failed by now, and sleeps before it is tried again.
  for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, writer.save(remember(2))]);
  expect(Object.keys((await stored(memory))?.resources ?? {})).toEqual(['server/production-1', 'server/production-2']);
});
