import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type Examined, examine } from '../../src/compose/doctor.ts';
import { createLeases } from '../../src/compose/lease.ts';
import { loadProject } from '../../src/config/project.ts';
import { Failure, StoreError } from '../../src/domain/errors.ts';
import { seededRandom } from '../../src/local/random.ts';
import { acquireLease } from '../../src/statefile/lease.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { createStateWriter } from '../../src/statefile/write.ts';
import { infra } from '../desired/inputs.ts';
import { createMemoryRecovery } from '../support/memory-recovery.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const config = loadProject({ text: infra, file: resolve('infra.yaml'), env: {} });
const noon = Date.parse('2026-11-24T12:00:00Z');

const start = () => {
  let now = noon;
  const clock = { now: () => now, sleep: () => new Promise<never>(() => undefined) };
  const random = seededRandom(3);
  const store = createMemoryStore();
  const recovery = createMemoryRecovery();
  const reporter = { phase: () => undefined };
  const holder = { user: 'ada', host: 'laptop', pid: 1 };
  const parts: Examined = {
    ...{ clock, random, recovery },
    config: async () => config,
    cloud: async () =>
      ({ list: async () => ({ items: [], complete: true }), usage: () => ({ requests: {}, budget: null }) }) as never,
    store: () => store,
    sealer: () => plainSealer,
    leases: (of) => createLeases({ store: of, clock, random, holder, reporter }),
  };
  const told = async (more: Partial<Examined> = {}) =>
    (await examine({ ...parts, ...more }))
      .filter(({ name }) => !name.startsWith('previews apart'))
      .map(({ name, result, detail, next }) => [
        `${name}: ${result}`,
        `${detail}${next === undefined ? '' : ` → ${next}`}`,
      ]);
  const found = async (name: string, more: Partial<Examined> = {}) =>
    (await told(more)).filter(([head]) => head?.startsWith(`${name}:`));
  const stop = async () => {
    const run = {
      run: 'r',
      holder: 'ci@runner',
      command: 'reconcile production',
      startedAt: new Date(noon).toISOString(),
    };
    const ids = { project: config.project, environment: 'production', environmentType: 'production' } as const;
    const writer = createStateWriter({
      ...{ store, loaded: null, clock, random, sealer: plainSealer, fencingToken: 1, run, ...ids },
    });
    const event = { at: run.startedAt, run: 'r', step: 'create server/production-2', event: 'started' } as const;
    await writer.save((state) => ({ ...state, lastRun: { ...run, journal: [event] } }));
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { ...{ store, recovery, clock, random, told, found, stop, pass } };
};

test('a place where nothing was ever made is well', async () => {
  expect(await start().told()).toEqual([
    ['configuration: ok', expect.stringContaining('production')],
    ['Hetzner: ok', expect.stringContaining('the token may read')],
    ['state store: ok', 'memory answers: 0 documents'],
    ['conditions: skipped', 'a directory of this machine: nobody else shares it'],
    ['secrets: ok', 'in plain text, in files that only their owner may read'],
  ]);
});

test('one thing that is missing does not hide the others', async () => {
  const refused = async () => {
    throw new Failure('HCLOUD_TOKEN is not set', { next: 'export HCLOUD_TOKEN=…' });
  };
  const gone = () => {
    throw new StoreError('there is no bucket', 'refused', { next: 'reconcile state init' });
  };
  const { told } = start();
  expect((await told({ cloud: refused, store: gone })).map(([head]) => head)).toEqual([
    'configuration: ok',
    'Hetzner: bad',
    'state store: bad',
    'conditions: skipped',
    'versions: skipped',
    'clock: skipped',
    'secrets: skipped',
  ]);
  expect((await told({ config: refused })).map(([head]) => head)).toEqual([
    'configuration: bad',
    'Hetzner: skipped',
    'state store: skipped',
    'secrets: skipped',
  ]);
});

test('a run that was stopped is told with where; one that is at work is not', async () => {
  const { found, stop, store, clock, random, pass } = start();
  await stop();
  expect(await found('state of production')).toEqual([
    [
      'state of production: bad',
      'reconcile production of ci@runner, begun at 2026-11-24T12:00:00.000Z, was stopped at create server/production-2 → it finds what was made, and goes on: reconcile production',
    ],
  ]);
  const holder = { user: 'ci', host: 'runner', pid: 1 };
  const lease = { store, clock, random, holder, environment: 'production', command: 'reconcile production' };
  await acquireLease({ ...lease, heartbeat: false });
  expect((await found('state of production'))[0]?.[0]).toBe('state of production: ok');
  expect((await found('lease on production'))[0]?.[1]).toContain('held by ci@runner');
  pass(60_001);
  expect((await found('lease on production'))[0]?.[1]).toBe('nobody holds it');
});

test('a damaged state, one of another project, and a recovery file are told with what to do', async () => {
  const { found, stop, store, recovery } = start();
  await stop();
  const good = store.documents.get('production.json') ?? '';
  store.documents.set('production.json', good.slice(0, 200));
  expect((await found('state of production'))[0]?.[1]).toContain('→ make it again');
  store.documents.set('production.json', good.replace(`"project": "${config.project}"`, '"project": "other"'));
  expect((await found('state of production'))[0]?.[1]).toContain('of project other');
  await recovery.keep('staging', good);
  expect((await found('recovery file of staging'))[0]?.[1]).toContain('could not write into the state');
});

test('a shared store is tried out; one that pays conditions no heed and holds plain secrets is bad, one without versions is not', async () => {
  const { found, store, told } = start();
  const conditions = { place: 's3://bucket', spelling: () => undefined, spell: () => undefined };
  const bucket = { ...store, shared: true, conditions };
  const lying = {
    ...bucket,
    putIfAbsent: async (key: string, text: string) => {
      store.documents.set(key, text);
      return { ok: true as const, etag: 'x' };
    },
  };
  expect((await found('conditions', { store: () => bucket }))[0]?.[0]).toBe('conditions: ok');
  expect((await found('conditions', { store: () => lying }))[0]?.[1]).toContain('does not honour If-None-Match');
  expect((await told({ store: () => bucket, versioning: async () => 'off' })).slice(3).map(([head]) => head)).toEqual([
    'conditions: ok',
    'versions: ok',
    'clock: ok',
    'secrets: bad',
  ]);
  expect((await found('clock', { store: () => ({ ...bucket, skewMs: () => 600_000 }) }))[0]?.[0]).toBe('clock: bad');
  expect(store.documents.size).toBe(0);
});
