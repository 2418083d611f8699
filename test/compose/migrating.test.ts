import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Context } from '../../src/compose/context.ts';
import { createLeases } from '../../src/compose/lease.ts';
import { prepareMigration } from '../../src/compose/migrating.ts';
import { remember } from '../../src/compose/remembered.ts';
import { createSecretsAccess } from '../../src/compose/secrets-access.ts';
import { loadProject } from '../../src/config/project.ts';
import { Secret } from '../../src/domain/secret.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import type { Sealer } from '../../src/ports/sealer.ts';
import { acquireLease } from '../../src/statefile/lease.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { createStateWriter } from '../../src/statefile/write.ts';
import { infra } from '../desired/inputs.ts';
import { createMemoryRecovery } from '../support/memory-recovery.ts';
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts';

const config = loadProject({ text: infra, file: resolve('infra.yaml'), env: {} });
const { project } = config;

/** Seals by marking: what is tested here is who seals what, not how. */
const markingSealer: Sealer = {
  recipients: ['age1team'],
  seal: async (text) => `sealed:${Buffer.from(text).toString('base64')}`,
  open: async (sealed) => Buffer.from(sealed.replace('sealed:', ''), 'base64').toString(),
};

/** Time that passes only when it is told to. */
const createClock = () => {
  let now = Date.parse('2026-11-24T12:00:00Z');
  return {
    now: () => now,
    sleep: () => new Promise<never>(() => undefined),
    pass: (ms: number) => {
      now += ms;
    },
  };
};
const clock = createClock();

const contextOn = (store: ObjectStore, sealer: Sealer = markingSealer): Context => {
  const holder = { host: 'here', pid: process.pid, user: 'ada' };
  const random = seededRandom(5);
  const reporter = { phase: () => undefined, notice: () => undefined };
  const leases = createLeases({ store, clock, random, holder, reporter });
  return {
    ...{ store, sealer, clock, random, config, holder, leases, reporter, version: '0.1.0', local: false },
    recovery: createMemoryRecovery(),
    onSecret: () => undefined,
  } as unknown as Context;
};

const writeState = async (store: ObjectStore, environment: string, runs: number, sealer = plainSealer) => {
  const type = environment === 'shared' ? 'shared' : environment.startsWith('pr') ? 'pr' : 'production';
  for (let n = 1; n <= runs; n += 1) {
    const loaded = await readState(store, environment, project, sealer);
    const random = seededRandom(environment.length);
    await createStateWriter({
      ...{ store, loaded, project, environment, environmentType: type, clock, random, sealer, fencingToken: n },
    }).save((state) => ({
      ...state,
      applications: { TOKEN: { value: new Secret(`value ${n} of ${environment}`), revision: `${n}`, setAt: at } },
    }));
  }
};
const at = '2026-11-24T12:00:00.000Z';

interface Places {
  readonly local: MemoryStore;
  readonly bucket: MemoryStore;
}
const createPlaces = async (): Promise<Places> => {
  const local = { ...createMemoryStore(), place: 'state/files' };
  const bucket = { ...createMemoryStore(), place: 's3://bucket', shared: true };
  await writeState(local, 'production', 3);
  await writeState(local, 'pr-7', 1);
  await writeState(local, 'shared', 2);
  local.documents.set('certificates.json', JSON.stringify({ project, handed: {} }));
  return { local, bucket };
};
const moveTo = (
  { local, bucket }: { readonly local: ObjectStore; readonly bucket: ObjectStore },
  { to = 's3', sealer }: { readonly to?: 's3' | 'local'; readonly sealer?: Sealer } = {},
) => {
  const [source, target] = to === 's3' ? [local, bucket] : [bucket, local];
  return prepareMigration({ context: contextOn(source, sealer), to, source, target });
};
const migrate = async (places: Parameters<typeof moveTo>[0], how?: Parameters<typeof moveTo>[1]): Promise<void> =>
  (await moveTo(places, how)).carryOut('reconcile state migrate');

/** Every secret of every state that a command would find in use there. */
const inUse = async (store: ObjectStore, sealer: Sealer = markingSealer): Promise<Record<string, string>> => {
  const found: Record<string, string> = {};
  for (const name of ['production', 'pr-7', 'shared']) {
    const loaded = await readState(store, name, project, sealer).catch(() => null);
    if (loaded !== null)
      found[name] = `${loaded.state.serial} ${loaded.state.applications?.['TOKEN']?.value.reveal() ?? 'nothing'}`;
  }
  return found;
};
const all = { production: '3 value 3 of production', 'pr-7': '1 value 1 of pr-7', shared: '2 value 2 of shared' };

test('every state moves with its earlier documents, sealed on the way, and the old place says where it went', async () => {
  const places = await createPlaces();
  const { plan } = await moveTo(places);
  expect(plan).toMatchObject({ from: 'state/files', to: 's3://bucket', finished: false });
  expect(plan.environments.map(({ name, serial, standing }) => `${name} ${serial} ${standing}`)).toEqual([
    'pr-7 1 to move',
    'production 3 to move',
    'shared 2 to move',
  ]);
  await migrate(places);
  expect(await inUse(places.bucket)).toEqual(all);
  expect([...places.bucket.documents.keys()].filter((key) => !key.includes('lease')).sort()).toEqual([
    'certificates.json',
    'moved.json',
    'pr-7.json',
    'production.000001.json',
    'production.000002.json',
    'production.json',
    'shared.000001.json',
    'shared.json',
  ]);
  expect([...places.bucket.documents.values()].join('')).not.toContain('value ');
  expect([...places.local.documents.values()].join('')).not.toContain('value ');
  const again = 'write under state of infra.yaml: backend: s3';
  await expect(readState(places.local, 'production', project, plainSealer)).rejects.toMatchObject({
    message: expect.stringContaining('moved from state/files/production.json to s3://bucket'),
    next: again,
  });
  const context = contextOn(places.local);
  await expect(remember({ ...context, environment: { name: 'pr-8' } } as never)).rejects.toMatchObject({ next: again });
  await expect(createSecretsAccess(context, { type: 'pr' }).set('A', new Secret('1'), 'c')).rejects.toThrow('moved');
  expect((await moveTo(places)).plan.finished).toBe(true);
});

test('and back again', async () => {
  const places = await createPlaces();
  await migrate(places);
  await migrate(places, { to: 'local' });
  expect([await inUse(places.local), await inUse(places.bucket)]).toEqual([all, {}]);
  expect(places.local.documents.has('production.000002.json')).toBe(true);
  await migrate(places);
  expect([await inUse(places.local), await inUse(places.bucket)]).toEqual([{}, all]);
});

/** The process is gone at its n-th write; the write may have been carried out, or not. */
const killedAt = (places: Places, n: number, when: 'before' | 'after') => {
  let writes = 0;
  const never = new Promise<never>(() => undefined);
  const ended = Promise.withResolvers<'killed'>();
  const killing = (store: MemoryStore): ObjectStore => {
    const write = async <T>(work: () => Promise<T>): Promise<T> => {
      writes += 1;
      if (writes > n) return never;
      if (writes < n) return work();
      if (when === 'after') await work();
      ended.resolve('killed');
      return never;
    };
    return {
      ...store,
      putIfAbsent: (key, text) => write(() => store.putIfAbsent(key, text)),
      putIfMatch: (key, text, etag) => write(() => store.putIfMatch(key, text, etag)),
      delete: (key) => write(() => store.delete(key)),
    };
  };
  const run = migrate({ local: killing(places.local), bucket: killing(places.bucket) }).then(() => 'ended' as const);
  return Promise.race([run, ended.promise]);
};

test('killed at any write, and run again: the same end, nothing lost, and at no time a state in use in two places', async () => {
  let points = 0;
  for (let n = 1; ; n += 1) {
    const ends: string[] = [];
    for (const when of ['before', 'after'] as const) {
      const places = await createPlaces();
      ends.push(await killedAt(places, n, when));
      points += 1;
      const [here, there] = [await inUse(places.local), await inUse(places.bucket)];
      expect(Object.keys(here).filter((name) => name in there)).toEqual([]);
      clock.pass(60_001);
      await migrate(places);
      expect([n, when, await inUse(places.local), await inUse(places.bucket)]).toEqual([n, when, {}, all]);
      expect(places.bucket.documents.has('production.000002.json')).toBe(true);
      expect([...places.local.documents.values()].join('')).not.toContain('value ');
    }
    if (ends.every((end) => end === 'ended')) break;
  }
  expect(points).toBeGreaterThan(50);
});

test('while a run is at work nothing moves, and nobody is kept out afterwards', async () => {
  const places = await createPlaces();
  const other = { host: 'elsewhere', pid: 1, user: 'ci' };
  const lease = { store: places.local, clock, random: seededRandom(9), holder: other, command: 'reconcile production' };
  await acquireLease({ ...lease, environment: 'production', heartbeat: false });
  await expect(migrate(places)).rejects.toMatchObject({
    exitCode: 3,
    next: expect.stringMatching(
      /^when that run has ended: reconcile state migrate\nor take over, .* state unlock production$/,
    ),
  });
  expect(await inUse(places.local, plainSealer)).toEqual(all);
  const found = await remember({ ...contextOn(places.local), environment: { name: 'pr-9' } } as never);
  expect(found.state).toBeNull();
});

test('a new environment can’t begin in the old place while states move', async () => {
  const places = await createPlaces();
  await killedAt(places, 12, 'after');
  const context = contextOn(places.local);
  const beginning = remember({ ...context, environment: { name: 'pr-9' } } as never);
  await expect(beginning).rejects.toMatchObject({
    message: expect.stringContaining('are on their way from state/files to s3://bucket'),
    next: expect.stringContaining('reconcile state migrate --to s3'),
  });
  const there = remember({ ...contextOn(places.bucket), environment: { name: 'pr-9' } } as never);
  await expect(there).rejects.toThrow('are on their way from state/files to s3://bucket');
  await expect(moveTo(places, { to: 'local' })).rejects.toMatchObject({
    next: 'let it end first: reconcile state migrate --to s3',
  });
});

test('another state in the new place is never written over', async () => {
  const places = await createPlaces();
  await writeState(places.bucket, 'production', 1, markingSealer);
  places.bucket.documents.set(
    'production.json',
    (places.bucket.documents.get('production.json') ?? '').replace(/"lineage": "[0-9a-f]{4}/, '"lineage": "ffff'),
  );
  const before = new Map(places.local.documents);
  await expect(moveTo(places)).rejects.toThrow('s3://bucket/production.json is there already (lineage ffff');
  expect(places.local.documents).toEqual(before);
});

test('without recipients, secrets do not move to where others can read them', async () => {
  const places = await createPlaces();
  const before = new Map(places.local.documents);
  await expect(moveTo(places, { sealer: plainSealer })).rejects.toMatchObject({
    message: expect.stringContaining('would lie in plain text in s3://bucket'),
    next: expect.stringContaining('reconcile state keygen'),
  });
  expect([places.local.documents, places.bucket.documents.size]).toEqual([before, 0]);
});
