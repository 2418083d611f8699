import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type S3Model, startS3Model } from '../support/s3-model.ts';
import { placeOf, testKeys } from './places.ts';
import { type Ended, openProject, type Project } from './project.ts';
import { nobody, startTlsFront } from './tls.ts';

/*
 * Everything that can be wrong about a bucket, through the command as its users start it: a process, an infra.yaml, the
 * emulated cloud, a model of a store. One sentence and the next command, never a stack trace, never a secret.
 */
let project: Project;
let model: S3Model;
let prefix = '';
beforeAll(async () => {
  project = await openProject();
  model = await startS3Model({ accessKeys: [testKeys.AWS_ACCESS_KEY_ID] });
});
afterAll(async () => {
  await project?.stop();
  await model?.stop();
});
beforeEach(async () => {
  for (const name of Object.keys(model.quirks)) delete model.quirks[name as keyof typeof model.quirks];
  model.onWrite = undefined;
  model.objects.bucketExists = true;
  prefix = randomUUID();
  await project.useBucket(placeOf(model, prefix));
});

/** The sentence and the advice, of a run that failed as it should. */
const told = ({ code, stdout, stderr }: Ended): string => {
  expect(code, stderr).toBe(1);
  expect(stderr.match(/error: /g), stderr).toHaveLength(1);
  expect(stderr).toContain('next: ');
  expect(stdout + stderr).not.toMatch(/:\d+:\d+\)|node_modules|node:internal|test-secret|AGE-SECRET/);
  return stderr.slice(stderr.indexOf('error: '));
};

const plan = 'plan production';
const place = () => placeOf(model, prefix);

test('no credentials: which are meant, and nothing is waited for', async () => {
  const env = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  const began = performance.now();
  expect(told(await project.run(plan, { env }))).toContain('there are no credentials for');
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(told(await project.run(plan, { env: { AWS_SECRET_ACCESS_KEY: undefined } }))).toContain(
    'AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not',
  );
});

test('wrong keys: which of the two it is', async () => {
  expect(told(await project.run(plan, { env: { AWS_ACCESS_KEY_ID: 'OTHERKEY' } }))).toContain(
    'does not know the access key next: check AWS_ACCESS_KEY_ID',
  );
  model.quirks.refuse = { status: 403, code: 'SignatureDoesNotMatch' };
  expect(told(await project.run(plan))).toContain(
    'the secret key does not fit the access key next: check AWS_SECRET_ACCESS_KEY',
  );
  model.quirks.refuse = { status: 403, code: 'AccessDenied' };
  expect(told(await project.run(plan))).toContain(
    'does not allow it with these credentials next: allow s3:GetObject, s3:ListBucket',
  );
});

test('keys of a profile are found in its file, as the AWS command finds them', async () => {
  const file = join(project.directory, 'credentials');
  const keys = Object.entries(testKeys).map(([name, value]) => `${name.toLowerCase()} = ${value}`);
  await writeFile(file, ['[team]', ...keys, ''].join('\n'));
  const env = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_SHARED_CREDENTIALS_FILE: file };
  expect(await project.run(plan, { env: { ...env, AWS_PROFILE: 'team' } })).toMatchObject({ code: 2 });
  expect(told(await project.run(plan, { env: { ...env, AWS_PROFILE: 'nobody' } }))).toContain(
    'no credentials were found (Could not load credentials from any providers) next: export AWS_ACCESS_KEY_ID',
  );
});

test('no bucket: how it is made, and then it is', async () => {
  model.objects.bucketExists = false;
  expect(told(await project.run(plan))).toContain('there is no bucket infra-state at http://127.0.0.1:');
  expect(await project.run('state init --yes')).toMatchObject({ code: 0 });
  expect(model.objects).toMatchObject({ bucketExists: true, versioning: true });
  expect(await project.run(plan)).toMatchObject({ code: 2 });
});

test('wrong region: the right one, where the store tells it', async () => {
  await project.useBucket({ ...place(), region: 'nbg1' });
  model.quirks.wrongRegion = 'malformed';
  expect(told(await project.run(plan))).toContain(
    'is not in the region nbg1 but in fsn1 next: write region: fsn1 under state.s3',
  );
  model.quirks.wrongRegion = 'redirect';
  expect(told(await project.run(plan))).toContain(
    'is not in the region nbg1 but in fsn1 next: write region: fsn1 under state.s3',
  );
});

test('TLS: a certificate that nobody signed, the way to trust it, and the two schemes mistaken for each other', async () => {
  const front = await startTlsFront(model.endpoint);
  try {
    await project.useBucket({ ...place(), endpoint: front.endpoint });
    expect(told(await project.run(plan))).toContain(
      'is signed by nobody this machine trusts (DEPTH_ZERO_SELF_SIGNED_CERT) next: export NODE_EXTRA_CA_CERTS=',
    );
    const file = join(project.directory, 'ca.pem');
    await writeFile(file, front.certificate);
    expect(await project.run(plan, { env: { NODE_EXTRA_CA_CERTS: file } })).toMatchObject({ code: 2 });
    await project.useBucket({ ...place(), endpoint: front.endpoint.replace('https', 'http') });
    expect(told(await project.run(plan))).toContain(
      'cut the connection (ECONNRESET), 3 times in a row next: write endpoint: https://127.0.0.1',
    );
    await project.useBucket({ ...place(), endpoint: model.endpoint.replace('http', 'https') });
    expect(told(await project.run(plan))).toContain('speaks no TLS next: write endpoint: http://127.0.0.1');
  } finally {
    await front.stop();
  }
});

test('nobody there, and a name that nobody knows', async () => {
  await project.useBucket({ ...place(), endpoint: await nobody() });
  expect(told(await project.run(plan))).toContain('(connection refused)');
  await project.useBucket({ ...place(), endpoint: 'http://store.invalid' });
  expect(told(await project.run(plan))).toContain('the name of store.invalid is not known here');
});

test('read-only: a plan is made, a change is not', async () => {
  model.quirks.readOnly = true;
  expect(await project.run(plan)).toMatchObject({ code: 2 });
  expect(told(await project.run('secrets set production DATABASE_URL', { input: 'x' }))).toContain(
    'does not allow these credentials to write to the bucket',
  );
});

test('an object that ends too early is not taken for a state', async () => {
  model.objects.put(`${prefix}/production.json`, `{"version": 3${' '.repeat(2000)}}`);
  model.quirks.truncate = true;
  expect(told(await project.run(plan))).toContain('bytes came only in part, 3 times in a row next:');
});

test('a clock that is off: by how much, and how it is set', async () => {
  model.quirks.clockSkewMs = 600_000;
  expect(told(await project.run('secrets set production DATABASE_URL', { input: 'x' }))).toContain(
    'the clock of this machine is 600 s behind the one of s3://infra-state',
  );
  model.quirks.clockSkewMs = -1_200_000;
  expect(told(await project.run(plan))).toContain(
    "the clock of this machine is off by 20 min (it is ahead of the store's)",
  );
});

test('a store that ignores conditions is refused before anything is changed', async () => {
  model.quirks.ignoreConditions = true;
  expect(told(await project.run('secrets set production DATABASE_URL', { input: 'x' }))).toContain(
    'does not honour If-None-Match (an object that was there was written over) nor If-Match',
  );
  model.quirks.ignoreConditions = false;
  model.quirks.ignoreIfMatch = true;
  expect(told(await project.run('secrets set production DATABASE_URL', { input: 'x' }))).toContain(
    'does not honour If-Match (a write with an old ETag was accepted',
  );
});
