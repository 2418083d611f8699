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

describe.skipIf(moto === undefined)(motoTitle, () => {
  let server: S3Server;
  const place = () => ({
    endpoint: server.endpoint,
    region: server.region,
    bucket: 'lives',
    prefix: '',
    pathStyle: true,
  });
  beforeAll(async () => {
    server = await startedMoto();
    await storeAt(place()).makeBucket();
  }, 90_000);
  afterAll(() => server?.stop());
  livesInBucket(place);
});

const lacks = noRadosgw === undefined ? '' : ` (skipped: ${noRadosgw})`;
describe.skipIf(noRadosgw !== undefined)(`radosgw${lacks}`, () => {
  let server: S3Server;
  const place = () => ({
    endpoint: server.endpoint,
    region: server.region,
    bucket: 'lives',
    prefix: '',
    pathStyle: true,
  });
  beforeAll(async () => {
    server = await startRadosgw();
    await storeAt(place()).makeBucket();
  }, 120_000);
  afterAll(() => server?.stop());
  livesInBucket(place);
});
