import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import type { S3Place } from '../../src/s3/place.ts';
import { createS3Store, type S3Store } from '../../src/s3/store.ts';
import type { S3Model } from '../support/s3-model.ts';

export const testKeys = { AWS_ACCESS_KEY_ID: 'TESTKEY', AWS_SECRET_ACCESS_KEY: 'test-secret-test-secret' };

export const placeOf = (model: Pick<S3Model, 'endpoint' | 'bucket' | 'region'>, prefix = ''): S3Place => ({
  endpoint: model.endpoint,
  region: model.region,
  bucket: model.bucket,
  prefix,
  pathStyle: true,
});

export const storeAt = (
  place: S3Place,
  { env = testKeys, requestMs }: { env?: Record<string, string>; requestMs?: number } = {},
): S3Store =>
  createS3Store(place, {
    env,
    clock: systemClock,
    random: systemRandom,
    ...(requestMs !== undefined && { requestMs }),
  });
