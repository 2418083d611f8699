import { afterAll, beforeAll, describe } from 'vitest';
import { type S3Model, startS3Model } from '../support/s3-model.ts';
import { placeOf, storeAt } from './places.ts';
import { onPath, type S3Server, startMoto } from './servers.ts';
import { livesInBucket } from './stories.ts';

describe('a model of a store', () => {
  let model: S3Model;
  beforeAll(async () => {
    model = await startS3Model();
  });
  afterAll(() => model?.stop());
  livesInBucket(() => placeOf(model));
});

const moto = onPath('moto_server');
const needs = moto === undefined ? ' (skipped: no moto_server on PATH: pip install "moto[server]")' : '';
describe.skipIf(moto === undefined)(`moto${needs}`, () => {
  let server: S3Server;
  const place = () => ({
    endpoint: server.endpoint,
    region: server.region,
    bucket: 'lives',
    prefix: '',
    pathStyle: true,
  });
  beforeAll(async () => {
    server = await startMoto(moto ?? '');
    await storeAt(place()).makeBucket();
  }, 90_000);
  afterAll(() => server?.stop());
  livesInBucket(place);
});
