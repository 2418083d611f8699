import { expect, test } from 'vitest';
import { desiredState } from '../../src/desired/desired.ts';
import type { ApplicationSecrets } from '../../src/domain/application-secrets.ts';
import type { Resource } from '../../src/domain/resource.ts';
import { Secret } from '../../src/domain/secret.ts';
import { gzipBase64 } from '../../src/local/hash.ts';
import { assets, environmentOf, find, hash, infra } from './inputs.ts';

const serverOf = (
  applications: ApplicationSecrets = {},
  { emulated = true, source = infra }: { emulated?: boolean; source?: string } = {},
): Resource<'job'> => {
  const environment = environmentOf({ type: 'production' }, source);
  const state = desiredState({ environment, state: null, assets, hash, gzip: gzipBase64, applications, emulated });
  const server = find(state, 'job').find(({ name }) => name === 'server');
  if (server === undefined) throw new Error('no job server');
  return server;
};
const secret = (value: string, revision: string) => ({
  value: new Secret(value),
  revision,
  setAt: '2026-11-24T06:30:00.000Z',
});
const withRelease = infra.replace('# release: {', 'release: {');

test('on an emulated cloud the shipped job starts without anybody setting a secret; elsewhere one is missing', () => {
  expect(serverOf().spec.secrets.map(({ name, from }) => [name, from])).toEqual([
    ['DATABASE_URL', 'infra.yaml'],
    ['JWT_SECRET', 'generated'],
  ]);
  expect(serverOf({}, { emulated: false }).spec.secrets[0]).toEqual({
    name: 'DATABASE_URL',
    revision: null,
    from: 'missing',
  });
});

test('a value that a run generated makes no other job of it; one that somebody set does, and is nowhere in it', () => {
  const before = serverOf().fingerprint;
  expect(serverOf({ JWT_SECRET: secret('made by the run', 'generated') }).fingerprint).toBe(before);
  const set = serverOf({ JWT_SECRET: secret('a very secret value', 'r1') });
  expect(set.fingerprint).not.toBe(before);
  expect(JSON.stringify(set)).not.toContain('a very secret value');
  expect(serverOf({ JWT_SECRET: secret('another one', 'r2') }).fingerprint).not.toBe(set.fingerprint);
  expect(serverOf({ UNRELATED: secret('x', 'r3') }).fingerprint).toBe(before);
});

test('a release is another one with another image, command or secret, not with another count', () => {
  const release = (source: string, applications: ApplicationSecrets = {}) =>
    serverOf(applications, { source }).spec.release?.fingerprint;
  const first = release(withRelease);
  expect(serverOf({}, { source: withRelease }).spec.release).toMatchObject({
    jobId: 'server-release',
    variables: { id: 'server-release', command: ['node', 'release.mjs'], version: 'latest' },
  });
  expect(release(withRelease.replace('server: { count: 2 }', 'server: { count: 3 }'))).toBe(first);
  expect(release(withRelease.replace('aipacto-server:latest', 'aipacto-server:2'))).not.toBe(first);
  expect(release(withRelease, { DATABASE_URL: secret('postgres://other', 'r9') })).not.toBe(first);
  expect(serverOf().spec.release).toBeUndefined();
});

test('a job is asked through the ingress only where its own route leads to its health path', () => {
  expect(serverOf().spec.answers).toEqual({ domain: 'aipacto.com', path: '/api/health', version: 'latest' });
  // /health belongs to the job of the route /.
  expect(
    serverOf({}, { source: infra.replace('health: /api/health', 'health: /health') }).spec.answers,
  ).toBeUndefined();
});
