import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type S3Model, startS3Model } from '../support/s3-model.ts';
import { placeOf, storeAt } from './places.ts';
import { openProject, type Project } from './project.ts';

/* The commands around the state as their users start them, against the model of a store over HTTP. */

let model: S3Model;
let project: Project;
beforeAll(async () => {
  model = await startS3Model({ quirks: { noBucket: true } });
  project = await openProject();
  await project.useBucket(placeOf(model, 'shop'));
}, 60_000);
afterAll(async () => {
  await project?.stop();
  await model?.stop();
});

/** Both places are described; this one is in use. */
const use = async (backend: 'local' | 's3'): Promise<void> => {
  const path = join(project.directory, 'infra.yaml');
  const text = await readFile(path, 'utf8');
  const described = text.replace(
    /^ {2}backend: \w+\n( {2}directory: .*\n)?/m,
    `  backend: ${backend}\n  directory: files\n`,
  );
  await writeFile(path, described);
};

test('a state begins on one machine, moves into a bucket that init made, and is used there by everybody', async () => {
  await use('local');
  const made = await project.run('state init');
  expect([made.code, made.stdout]).toEqual([0, expect.stringContaining('is made\n  versions: turned on now')]);
  expect((await project.run('state init')).stdout).toContain('is there\n  versions: on');
  const set = await project.run('secrets set production DATABASE_URL', { input: 'postgres://of-production' });
  expect(set.code).toBe(0);
  const moved = await project.run('state migrate --to s3 --yes');
  expect([moved.code, moved.stderr]).toEqual([0, expect.not.stringContaining('error')]);
  const old = await project.run('state show production');
  expect([old.code, old.stderr]).toEqual([1, expect.stringContaining('write under state of infra.yaml: backend: s3')]);
  await use('s3');
  const shown = await project.run('state show production --json');
  const { path, state, recipients } = JSON.parse(shown.stdout);
  expect([path, state.serial, recipients.length]).toEqual(['s3://infra-state/shop/production.json', 1, 1]);
  expect((await project.run('secrets list production')).stdout).toMatch(/DATABASE_URL {2}set/);
  const pulled = await project.run('state pull production');
  expect(pulled.stdout).toContain('BEGIN AGE ENCRYPTED FILE');
  expect(pulled.stdout).not.toContain('of-production');
}, 60_000);

test('the doctor finds it well, and says what is not', async () => {
  const well = await project.run('doctor');
  expect([well.code, well.stdout]).toEqual([0, expect.stringContaining('nothing is bad')]);
  const stranger = await project.run('doctor --json', { env: { RECONCILE_AGE_IDENTITY: '' } });
  const { good, checks } = JSON.parse(stranger.stdout);
  expect([stranger.code, good]).toEqual([1, false]);
  const bad = checks.filter(({ result }: { result: string }) => result === 'bad');
  // Told once: a state whose secrets nobody here can open is looked at all the same.
  expect(bad.map(({ name }: { name: string }) => name)).toEqual(['secrets']);
  expect(checks).toContainEqual(expect.objectContaining({ name: 'state of production', result: 'ok' }));
}, 60_000);

test('a state that somebody deleted comes back with its secrets from the versions of the bucket', async () => {
  await storeAt(placeOf(model, 'shop')).delete('production.json');
  const rebuilt = await project.run('state rebuild production --yes');
  expect([rebuilt.code, rebuilt.stdout]).toEqual([0, expect.stringContaining('1 secret of the applications: from')]);
  expect((await project.run('secrets list production')).stdout).toMatch(/DATABASE_URL {2}set/);
}, 60_000);
