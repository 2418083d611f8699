import { expect, test } from 'vitest';
import { openCodeHost } from '../../src/compose/code-host.ts';
import { Failure } from '../../src/domain/errors.ts';
import type { Secret } from '../../src/domain/secret.ts';
import { acmeShop } from '../emulator/github/support.ts';

const open = (env: Readonly<Record<string, string>>, repository?: string) => {
  const secrets: Secret[] = [];
  const github = acmeShop();
  const host = openCodeHost({
    config: { file: 'infra.yaml', ...(repository === undefined ? {} : { repository }) },
    env,
    clock: github.clock,
    onSecret: (secret) => secrets.push(secret),
    fetch: github.fetch,
  });
  return { host, secrets };
};
const failure = (env: Readonly<Record<string, string>>, repository?: string): Failure => {
  try {
    open(env, repository);
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error('it was opened');
};

test('the repository is that of infra.yaml, else GITHUB_REPOSITORY; the token is told to whoever redacts', () => {
  const env = { GITHUB_TOKEN: ' ghs_secret\n', GITHUB_REPOSITORY: 'acme/ops' };
  expect(open(env).host.repository).toBe('acme/ops');
  const { host, secrets } = open(env, 'acme/shop');
  expect([host.repository, secrets.map((secret) => secret.reveal())]).toEqual(['acme/shop', ['ghs_secret']]);
});

test('without a token or a repository it says what to set', () => {
  expect(failure({ GITHUB_REPOSITORY: 'acme/shop' })).toMatchObject({
    message: 'GITHUB_TOKEN is not set, so nothing can be asked of acme/shop at GitHub',
    next: expect.stringContaining('gh auth token'),
  });
  expect(failure({ GITHUB_TOKEN: 'x' })).toMatchObject({
    message: 'no repository is named, so there are no pull requests to look at',
    next: 'write `github: { repository: owner/name }` in infra.yaml, or set GITHUB_REPOSITORY',
  });
  for (const wrong of ['acme', 'acme/..', 'acme/shop/pulls', '../acme', 'acme/sh op', 'https://github.com/acme/shop'])
    expect(failure({ GITHUB_TOKEN: 'x', GITHUB_REPOSITORY: wrong }).message).toContain(
      'GITHUB_REPOSITORY is no repository',
    );
});

test('a token is sent in the clear to this machine only', () => {
  const env = { GITHUB_TOKEN: 'x', GITHUB_REPOSITORY: 'acme/shop' };
  for (const GITHUB_API_URL of ['https://ghe.example/api/v3/', 'http://127.0.0.1:8087/github', ''])
    expect(open({ ...env, GITHUB_API_URL }).host.repository).toBe('acme/shop');
  for (const GITHUB_API_URL of ['http://ghe.example/api/v3', 'ftp://x', 'nonsense', 'https://a:b@ghe.example'])
    expect(failure({ ...env, GITHUB_API_URL }).message).toBe(
      'GITHUB_API_URL is no address of an API that a token may be sent to',
    );
});
