import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import { probeStore, refuseUnshareable } from '../../src/statefile/probe.ts';
import { placeOf, storeAt } from '../s3/places.ts';
import { type S3Model, startS3Model } from '../support/s3-model.ts';

/* Ceph 16 loses both conditions in a bucket that keeps versions: see test/s3/radosgw.real.ts for the real one. */
let model: S3Model;
beforeEach(async () => {
  model = await startS3Model({ quirks: { noBucket: true, unquotedOnly: true, versionsBreakConditions: true } });
});
afterEach(() => model.stop());
const trying = { clock: systemClock, random: systemRandom };

test('where versions would cost the conditions they are left off, and the bucket can be shared', async () => {
  const store = storeAt(placeOf(model));
  expect(await store.makeBucket()).toEqual({ bucket: 'made', versioning: 'left off' });
  expect(await store.makeBucket()).toEqual({ bucket: 'there', versioning: 'left off' });
  expect(model.objects.versioning).toBe(false);
  const verdict = await probeStore(store, trying);
  expect(verdict).toMatchObject({ createIfAbsent: true, replaceIfMatch: true, etags: 'unquoted' });
  // One bucket to stay, and one for each trial, which is emptied and removed again.
  expect(model.counts()).toMatchObject({ 'BUCKET-PUT': 3, 'BUCKET-DELETE': 2 });
  expect(model.requests.filter(({ operation }) => operation === 'BUCKET-DELETE').map(({ status }) => status)).toEqual([
    204, 204,
  ]);
});

test('a bucket whose versions somebody turned on is refused with the way out', async () => {
  model.objects.bucketExists = true;
  model.objects.versioning = true;
  const store = storeAt(placeOf(model));
  expect(await store.makeBucket()).toEqual({ bucket: 'there', versioning: 'on' });
  const verdict = await probeStore(store, trying);
  expect(() => refuseUnshareable(verdict)).toThrowError(
    expect.objectContaining({ next: expect.stringContaining('a bucket that keeps no versions') }),
  );
  // Deleted, if only by a marker.
  expect(model.objects.keys()).toEqual([]);
});

test('who may make no second bucket keeps the first as it is', async () => {
  model.objects.bucketExists = true;
  model.quirks.noNewBuckets = true;
  expect(await storeAt(placeOf(model)).makeBucket()).toEqual({ bucket: 'there', versioning: 'untried' });
  expect(model.objects.versioning).toBe(false);
});
