import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdsContract } from './contract.ts';
import { moto, motoTitle, startedMoto } from './moto.ts';
import { storeAt } from './places.ts';
import type { S3Server } from './servers.ts';

describe.skipIf(moto === undefined)(motoTitle, () => {
  let server: S3Server;
  const bucket = 'infra-state';
  const place = () => ({ endpoint: server.endpoint, region: server.region, bucket, prefix: '', pathStyle: true });
  beforeAll(async () => {
    server = await startedMoto();
  }, 90_000);
  afterAll(() => server?.stop());

  test('state init makes the bucket and turns versions on; a second time it finds both', async () => {
    expect(await storeAt(place()).makeBucket()).toEqual({ bucket: 'made', versioning: 'turned on' });
    expect(await storeAt(place()).makeBucket()).toEqual({ bucket: 'there', versioning: 'on' });
  });
  holdsContract({ place, etags: 'unquoted', versions: true });
});
