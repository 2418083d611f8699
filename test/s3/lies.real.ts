import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { holdsContract } from './contract.ts';
import { moto, motoTitle, startedMoto } from './moto.ts';
import { storeAt } from './places.ts';
import { openProject, type Project } from './project.ts';
import { type S3Proxy, startHetznerProxy, startLyingProxy } from './proxy.ts';
import type { S3Server } from './servers.ts';

/* A real server behind something between it and us: one that drops conditions, one with the manners of Hetzner's store. */

describe.skipIf(moto === undefined)(`${motoTitle}, behind a proxy`, () => {
  let server: S3Server;
  let lying: S3Proxy;
  let hetzners: S3Proxy;
  let project: Project;
  const bucket = 'between';
  const placeAt = (endpoint: string, prefix: string = randomUUID()) => ({
    endpoint,
    region: server.region,
    bucket,
    prefix,
    pathStyle: true,
  });
  beforeAll(async () => {
    server = await startedMoto();
    await storeAt(placeAt(server.endpoint)).makeBucket();
    [lying, hetzners] = [await startLyingProxy(server.endpoint), await startHetznerProxy(server.endpoint)];
    project = await openProject();
  }, 90_000);
  afterAll(async () => {
    for (const one of [project, lying, hetzners, server]) await one?.stop();
  });

  describe('that drops conditions', () => {
    let prefix = '';
    beforeEach(async () => {
      prefix = randomUUID();
      await project.useBucket(placeAt(lying.endpoint, prefix));
    });

    test('production is refused with the reason and the way out; nothing is ordered, the state stays as it is', async () => {
      // The same bucket by an honest way: that it was found good there is no word about the other way.
      const honest = placeAt(server.endpoint, prefix);
      await project.useBucket(honest);
      await project.run('secrets set production DATABASE_URL', { input: 'postgres://of-a-test' });
      const before = await storeAt(honest).get('production.json');
      expect(before?.text).toContain('"replaceIfMatch": true');

      await project.useBucket(placeAt(lying.endpoint, prefix));
      const ended = await project.run('production --yes');
      expect(ended.code, ended.stderr).toBe(1);
      expect(ended.stderr).toMatch(
        /does not honour If-None-Match \(.*\) nor If-Match \(.*\), so it can't hold the lease: two runs at once could both change production .*next: .*lease: hetzner/,
      );
      expect(lying.meddled()).toBeGreaterThan(0);
      expect(await project.servers()).toEqual([]);
      expect(await storeAt(honest).get('production.json')).toEqual(before);
      expect(await storeAt(honest).list()).toEqual(['production.json', 'production.lease.json']);
    }, 60_000);

    test('a plan is made all the same: it tries nothing out and writes nothing', async () => {
      expect(await project.run('plan production')).toMatchObject({ code: 2 });
      expect(await storeAt(placeAt(server.endpoint, prefix)).list()).toEqual([]);
    }, 60_000);
  });

  describe('with the manners of Hetzner’s store', () => {
    holdsContract({ place: () => placeAt(hetzners.endpoint), etags: 'unquoted', versions: true, increments: 40 });
  });
});
