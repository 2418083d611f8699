import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StoreError } from '../../src/domain/errors.ts';
import type { StoreVerdict } from '../../src/domain/store-verdict.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import { probeStore, verdictOf } from '../../src/statefile/probe.ts';
import { placeOf, storeAt } from '../s3/places.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { type S3Model, type S3Quirks, startS3Model } from '../support/s3-model.ts';

let model: S3Model;
beforeEach(async () => {
  model = await startS3Model();
});
afterEach(() => model.stop());
const trying = { clock: systemClock, random: systemRandom };
const withStore = { ...trying, lease: 'store' as const };
const failure = (work: Promise<unknown>): Promise<StoreError> =>
  work.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: StoreError) => error,
  );

test.each<[string, S3Quirks, Partial<StoreVerdict>]>([
  ['honours both', {}, { createIfAbsent: true, replaceIfMatch: true, etags: 'unquoted' }],
  ['wants quoted ETags', { quotedOnly: true }, { createIfAbsent: true, replaceIfMatch: true, etags: 'quoted' }],
  ['ignores If-None-Match', { ignoreIfNoneMatch: true }, { createIfAbsent: false, replaceIfMatch: true }],
  ['ignores If-Match', { ignoreIfMatch: true }, { createIfAbsent: true, replaceIfMatch: false }],
  ['ignores both', { ignoreConditions: true }, { createIfAbsent: false, replaceIfMatch: false }],
])('a store that %s is found out by what it does, and nothing is left behind', async (_title, quirks, verdict) => {
  Object.assign(model.quirks, quirks);
  expect(await probeStore(storeAt(placeOf(model)), trying)).toMatchObject(verdict);
  expect(model.objects.keys()).toEqual([]);
  expect(model.requests.length).toBeLessThanOrEqual(10);
});

test('the trial is deleted also when it fails in the middle', async () => {
  model.onWrite = ({ nth, phase }) => {
    if (phase !== 'before') return;
    if (nth === 3) model.quirks.refuse = { status: 500, code: 'InternalError' };
    else delete model.quirks.refuse;
  };
  expect(await failure(probeStore(storeAt(placeOf(model)), trying))).toMatchObject({ kind: 'unknown' });
  expect(model.counts()).toMatchObject({ DELETE: 1 });
  expect(model.objects.keys()).toEqual([]);
});

test('a verdict is about one place: the same one is taken at its word, another is tried', async () => {
  const store = storeAt(placeOf(model, 'team'));
  const verdict = await verdictOf(store, undefined, withStore);
  expect(verdict?.place).toBe(`s3://infra-state/team at ${model.endpoint}`);
  const asked = model.requests.length;
  expect(await verdictOf(store, verdict, withStore)).toBe(verdict);
  expect(model.requests.length).toBe(asked);
  const other = storeAt(placeOf(model, 'elsewhere'));
  expect((await verdictOf(other, verdict, withStore))?.place).toContain('elsewhere');
  expect(model.requests.length).toBeGreaterThan(asked);
});

test('a directory is not tried', async () => {
  expect(await verdictOf(createMemoryStore(), undefined, withStore)).toBeUndefined();
});

test('a store that lies is refused with what could come of it; it may keep documents when the lease is elsewhere', async () => {
  model.quirks.ignoreIfMatch = true;
  const store = storeAt(placeOf(model));
  const { message, next } = await failure(verdictOf(store, undefined, withStore));
  expect(message).toContain("so it can't hold the lease: two runs at once could both change production");
  expect(next).toContain('lease: hetzner');
  expect(await verdictOf(store, undefined, { ...trying, lease: 'hetzner' })).toMatchObject({ replaceIfMatch: false });
});

test.each([
  [21_500, 'behind'],
  [-21_500, 'ahead of'],
])('a clock %i ms off is refused, and told which way', async (clockSkewMs, way) => {
  model.quirks.clockSkewMs = clockSkewMs;
  const { message, next } = await failure(verdictOf(storeAt(placeOf(model)), undefined, withStore));
  expect(message).toMatch(new RegExp(`the clock of this machine is 2[12] s ${way} the one of s3://infra-state`));
  expect(next).toContain('timedatectl set-ntp true');
});

test('a clock 15 s off is none of our concern: the lease bears it', async () => {
  model.quirks.clockSkewMs = 15_000;
  expect(await verdictOf(storeAt(placeOf(model)), undefined, withStore)).toMatchObject({ replaceIfMatch: true });
});

test('the bucket is made with versions, found the second time, and lives without versions where there are none', async () => {
  model.objects.bucketExists = false;
  const store = storeAt(placeOf(model));
  expect(await store.makeBucket()).toEqual({ bucket: 'made', versioning: 'turned on' });
  expect(await store.makeBucket()).toEqual({ bucket: 'there', versioning: 'on' });
  const bare = await startS3Model({ quirks: { noVersioning: true, noBucket: true } });
  try {
    expect(await storeAt(placeOf(bare)).makeBucket()).toEqual({ bucket: 'made', versioning: 'none' });
    expect(await storeAt(placeOf(bare)).makeBucket()).toEqual({ bucket: 'there', versioning: 'none' });
  } finally {
    await bare.stop();
  }
});
