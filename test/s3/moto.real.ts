import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdsContract } from './contract.ts';
import { storeAt } from './places.ts';
import { onPath, type S3Server, startMoto } from './servers.ts';

const program = onPath('moto_server');
const needs = program === undefined ? ' (skipped: no moto_server on PATH: pip install "moto[server]")' : '';

describe.skipIf(program === undefined)(`moto${needs}`, () => {
  let server: S3Server;
  const bucket = 'infra-state';
  const place = () => ({ endpoint: server.endpoint, region: server.region, bucket, prefix: '', pathStyle: true });
  beforeAll(async () => {
    server = await startMoto(program ?? '');
  }, 90_000);
  afterAll(() => server?.stop());

  test('state init makes the bucket and turns versions on; a second time it finds both', async () => {
    expect(await storeAt(place()).makeBucket()).toEqual({ bucket: 'made', versioning: 'turned on' });
    expect(await storeAt(place()).makeBucket()).toEqual({ bucket: 'there', versioning: 'on' });
  });
  holdsContract({ place, etags: 'unquoted', versions: true });
});
