import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import { turnOnVersions } from '../../src/s3/bucket.ts';
import { connectS3 } from '../../src/s3/connect.ts';
import type { S3Place } from '../../src/s3/place.ts';
import { probeStore, refuseUnshareable } from '../../src/statefile/probe.ts';
import { holdsContract } from './contract.ts';
import { storeAt } from './places.ts';
import { noRadosgw, startRadosgw } from './radosgw.ts';
import type { S3Server } from './servers.ts';

const title = noRadosgw === undefined ? '' : ` (skipped: ${noRadosgw})`;

/* The gateway that Hetzner's Object Storage is built on; Debian 12 has 16.2.15, which refuses quoted ETags just so. */
describe.skipIf(noRadosgw !== undefined)(`radosgw${title}`, () => {
  let server: S3Server;
  const place = (bucket = 'infra-state'): S3Place => ({
    endpoint: server.endpoint,
    region: server.region,
    bucket,
    prefix: '',
    pathStyle: true,
  });
  beforeAll(async () => {
    server = await startRadosgw();
  }, 120_000);
  afterAll(() => server?.stop());

  test('state init makes a bucket in which both conditions hold, with versions only if they survive that', async () => {
    const store = storeAt(place());
    const made = await store.makeBucket();
    expect(made.bucket).toBe('made');
    expect(['left off', 'turned on']).toContain(made.versioning);
    const again = await store.makeBucket();
    expect(again).toEqual({ bucket: 'there', versioning: made.versioning === 'turned on' ? 'on' : 'left off' });
    const verdict = await probeStore(store, { clock: systemClock, random: systemRandom });
    expect(verdict).toMatchObject({ createIfAbsent: true, replaceIfMatch: true });
  });

  test('a bucket whose versions somebody turned on is either sound or refused', async () => {
    const store = storeAt(place('with-versions'));
    const { versioning } = await store.makeBucket();
    const connection = connectS3(place('with-versions'), { env: server.env, clock: systemClock, random: systemRandom });
    await turnOnVersions(connection);
    const verdict = await probeStore(store, { clock: systemClock, random: systemRandom });
    if (versioning === 'turned on') refuseUnshareable(verdict);
    else expect(() => refuseUnshareable(verdict)).toThrow(/does not honour If-None-Match .* nor If-Match/);
  });

  describe('a bucket without versions', () => {
    beforeAll(async () => {
      const deps = { env: server.env, clock: systemClock, random: systemRandom };
      await connectS3(place('plain'), deps).ask({ what: 'make a bucket', writes: true }, ({ client, sdk, options }) =>
        client.send(new sdk.CreateBucketCommand({ Bucket: 'plain' }), options),
      );
    });
    holdsContract({ place: () => place('plain'), etags: 'unquoted', versions: false });
  });
});
