import { afterAll, beforeAll, describe } from 'vitest';
import { type S3Model, startS3Model } from '../support/s3-model.ts';
import { moto, motoTitle, startedMoto } from './moto.ts';
import { placeOf, storeAt } from './places.ts';
import { noRadosgw, startRadosgw } from './radosgw.ts';
import type { S3Server } from './servers.ts';
import { livesInBucket } from './stories.ts';

describe('a model of a store', () => {
  let model: S3Model;
  beforeAll(async () => {
    model = await startS3Model();
  });
  afterAll(() => model?.stop());
  livesInBucket(() => placeOf(model));
});

const livesOn = (start: () => Promise<S3Server>, startsWithinMs: number): void => {
  let server: S3Server;
  const place = () => ({
    endpoint: server.endpoint,
    region: server.region,
    bucket: 'lives',
    prefix: '',
    pathStyle: true,
  });
  beforeAll(async () => {
    server = await start();
    await storeAt(place()).makeBucket();
  }, startsWithinMs);
  afterAll(() => server?.stop());
  livesInBucket(place);
};

describe.skipIf(moto === undefined)(motoTitle, () => livesOn(startedMoto, 90_000));

const lacks = noRadosgw === undefined ? '' : ` (skipped: ${noRadosgw})`;
describe.skipIf(noRadosgw !== undefined)(`radosgw${lacks}`, () => livesOn(startRadosgw, 120_000));
