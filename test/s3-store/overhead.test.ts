import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeIdentity } from '../../src/age/identity.ts';
import { placeOf, storeAt } from '../s3/places.ts';
import { ageSealer } from '../support/age.ts';
import { createLab, type Lab } from '../support/lab.ts';
import { type S3Model, startS3Model } from '../support/s3-model.ts';

/* What a bucket is asked, by whole runs: the product in this process, the store over HTTP. */
let model: S3Model;
let lab: Lab;
beforeEach(async () => {
  model = await startS3Model();
  const me = await makeIdentity();
  lab = createLab({ store: storeAt(placeOf(model, 'team')), sealer: ageSealer([me], me) });
});
afterEach(() => model.stop());
/** `GET production.json` and so on, since the last call. */
const asked = (): string[] =>
  model.requests.splice(0).map(({ operation, key }) => `${operation} ${key.replace('team/', '')}`);

test('production from nothing: the trial once, then about as many writes of the state as steps (25), at most', async () => {
  const first = await lab.run('production --yes');
  expect(first, first.stderr).toMatchObject({ exitCode: 0 });
  const all = asked();
  const tried = all.filter((line) => line.includes('try-out-'));
  expect(tried.length).toBeLessThanOrEqual(8);
  expect(tried.at(-1)).toMatch(/^DELETE /);
  expect(all.filter((line) => line === 'PUT production.json').length).toBeLessThanOrEqual(30);

  expect(await lab.run('production --yes')).toMatchObject({ exitCode: 0 });
  expect(asked()).toEqual(['GET production.lease.json', 'GET production.json']);

  expect(await lab.run('plan production')).toMatchObject({ exitCode: 0 });
  expect(asked()).toEqual(['GET production.json']);

  for (const command of ['check production', 'status production', 'list']) await lab.run(command);
  expect(asked().filter((line) => !/^(GET|HEAD|LIST) /.test(line))).toEqual([]);
}, 60_000);

test('a change to what is there tries nothing out again', async () => {
  await lab.run('production --yes');
  asked();
  lab.config = lab.config.replace('health: /api/health', 'health: /health');
  expect(await lab.run('production --yes')).toMatchObject({ exitCode: 0 });
  const all = asked();
  expect(all.filter((line) => line.includes('try-out-'))).toEqual([]);
  expect(all).toContain('PUT production.json');
}, 60_000);
