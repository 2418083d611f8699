import { expect, test } from 'vitest';
import { RegistryError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { createImageRegistry } from '../../src/registry/registry.ts';
import type { RegistryAccess } from '../../src/registry/transport.ts';
import { createRegistryModel, digestOfContent, type RegistryOptions } from '../support/registry-model.ts';

const token = 'dckr_pat_aaaaBBBBccccDDDD';
const accounts = {
  deployer: { token, may: 'delete' },
  reader: { token: 'dckr_pat_readreadread', may: 'read' },
} as const;
const fresh = (options: RegistryOptions = {}, access: Partial<RegistryAccess> = {}) => {
  const model = createRegistryModel(options);
  const slept: number[] = [];
  const clock: Clock = {
    now: () => 1_800_000_000_000,
    // The bound on an answer never comes; a pause between tries is over at once.
    sleep: (ms, signal) =>
      signal === undefined
        ? Promise.resolve(void slept.push(ms))
        : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  };
  return { ...model, slept, registry: createImageRegistry({ fetch: model.fetch, clock, ...access }) };
};
const login = (registry: string, username = 'deployer', secret = token) => ({
  login: { registry, username, token: new Secret(secret) },
});
const failureOf = async (work: Promise<unknown>): Promise<string[]> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RegistryError)) throw new Error(`no RegistryError: ${String(error)}`);
  return [error.kind, error.message, error.next ?? ''];
};

test('docker.io tells what a public tag stands for after the token dance, and the token serves the next question', async () => {
  const { registry, push, asked } = fresh();
  push('docker.io/library/nginx', '1.29', 'nginx');
  push('docker.io/library/nginx', 'latest', 'nginx new');
  expect(await registry.digestOf('nginx:1.29')).toBe(digestOfContent('nginx'));
  expect(await registry.digestOf('nginx')).toBe(digestOfContent('nginx new'));
  expect(asked).toEqual([
    'HEAD registry-1.docker.io/v2/library/nginx/manifests/1.29',
    'GET auth.docker.io/token',
    'HEAD registry-1.docker.io/v2/library/nginx/manifests/1.29',
    'HEAD registry-1.docker.io/v2/library/nginx/manifests/latest',
  ]);
});

test('a private image of ghcr.io is read with the login, and no other registry ever sees it', async () => {
  const { registry, push, asked } = fresh({ accounts }, login('ghcr.io', 'reader', accounts.reader.token));
  push('ghcr.io/acme/web', '1', 'web');
  push('docker.io/acme/web', '1', 'web');
  expect(await registry.digestOf('ghcr.io/acme/web:1')).toBe(digestOfContent('web'));
  expect(asked).toContain('HEAD ghcr.io/v2/acme/web/manifests/1 as reader');
  asked.length = 0;
  expect((await failureOf(registry.digestOf('acme/web:1')))[0]).toBe('no-login');
  expect(asked.filter((line) => line.includes(' as '))).toEqual([]);
});

test('a registry with plain passwords, and one that does not name the digest', async () => {
  const basic = fresh({ accounts, challenge: 'basic' }, login('registry.example.com:5000'));
  basic.push('registry.example.com:5000/web', '1', 'web');
  expect(await basic.registry.digestOf('registry.example.com:5000/web:1')).toBe(digestOfContent('web'));
  const silent = fresh({ silent: true });
  silent.push('registry.example.com/web', '1', 'web');
  expect(await silent.registry.digestOf('registry.example.com/web:1')).toBe(digestOfContent('web'));
});

test('a reference with a digest asks nobody; what is not there is null', async () => {
  const { registry, push, asked } = fresh();
  expect(await registry.digestOf(`acme/web@${digestOfContent('x')}`)).toBe(digestOfContent('x'));
  expect(asked).toEqual([]);
  push('docker.io/acme/web', '1', 'web');
  expect(await registry.digestOf('acme/web:2')).toBe(null);
  expect(await registry.digestOf('acme/other:1')).toBe(null);
});

test('each refusal says which it is and what helps; the token is in none of them', async () => {
  const wrong = fresh({ accounts }, login('docker.io', 'deployer', 'dckr_pat_old_and_revoked'));
  wrong.push('docker.io/acme/web', '1', 'web');
  const refusing = (status: number, headers = {}) => {
    const one = fresh({}, login('docker.io'));
    const body = JSON.stringify({ errors: [{ code: 'X', message: `no: ${token}\u001b[2J` }] });
    for (let nth = 0; nth < 3; nth += 1) one.instead.push(() => new Response(body, { status, headers }));
    return one.registry.digestOf('acme/web:1');
  };
  const down = fresh();
  for (let nth = 0; nth < 3; nth += 1)
    down.instead.push(() => {
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 192.0.2.1:443') });
    });
  const said = [
    await failureOf(wrong.registry.digestOf('acme/web:1')),
    await failureOf(refusing(403)),
    await failureOf(refusing(429, { 'retry-after': '3600' })),
    await failureOf(refusing(503)),
    await failureOf(down.registry.digestOf('acme/web:1')),
  ];
  // An answer to HEAD has no words; a list of tags that is refused has.
  const wordy = fresh({}, login('docker.io'));
  const words = JSON.stringify({ errors: [{ code: 'DENIED', message: `no: ${token}\u001b[2J` }] });
  wordy.instead.push(() => new Response(words, { status: 403 }));
  expect((await wordy.registry.removeTags([7], ['acme/web'])).stayed).toEqual([
    'tags of acme/web: docker.io does not let deployer list the tags of acme/web (403): no: [redacted] [2J',
  ]);
  expect(said).toEqual([
    [
      'no-login',
      'docker.io does not take the login of deployer (401)',
      'set REGISTRY_TOKEN to a token of images.username that is still valid',
    ],
    [
      'no-permission',
      'docker.io does not let deployer read acme/web:1 (403)',
      'give the token of REGISTRY_TOKEN the right to read acme/web:1',
    ],
    ['rate-limited', 'docker.io has had too many requests (429)', 'run it again in 3600 s'],
    ['unreachable', 'docker.io answered 503 when asked to read acme/web:1', 'run the command again'],
    [
      'unreachable',
      'registry-1.docker.io does not answer HEAD /v2/acme/web/manifests/1 (3 tries): connect ECONNREFUSED 192.0.2.1:443',
      'run the command again; or name the image by its digest, --image JOB=NAME@sha256:…, then nobody is asked',
    ],
  ]);
});

test('a registry that has no time for a moment is asked again after the pause it wants', async () => {
  const { registry, push, instead, slept } = fresh();
  push('ghcr.io/acme/web', '1', 'web');
  instead.push(() => new Response(null, { status: 429, headers: { 'retry-after': '2' } }));
  expect(await registry.digestOf('ghcr.io/acme/web:1')).toBe(digestOfContent('web'));
  expect(slept).toEqual([2000]);
});

test('a realm that is not https gets no login', async () => {
  const { registry, instead, asked } = fresh({ accounts }, login('registry.example.com'));
  instead.push(
    () => new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer realm="http://evil.example/t"' } }),
  );
  expect(await failureOf(registry.digestOf('registry.example.com/web:1'))).toEqual([
    'refused',
    'registry.example.com wants a login at http://evil.example, which is no https address',
    '',
  ]);
  expect(asked.length).toBe(1);
});

test("tags of a closed pull request go from Docker Hub by its own API; another pull request's and latest stay", async () => {
  const { registry, push, tags } = fresh({ accounts }, login('docker.io'));
  for (const tag of ['pr-7-aaaa', 'pr-7-bbbb', 'pr-77-cccc', 'latest']) push('docker.io/acme/web', tag, 'the same');
  expect(await registry.removeTags([7], ['acme/web', 'acme/never-pushed'])).toEqual({
    removed: ['acme/web:pr-7-aaaa', 'acme/web:pr-7-bbbb'],
    stayed: [],
  });
  expect([...(tags.get('docker.io/acme/web') ?? new Map()).keys()]).toEqual(['pr-77-cccc', 'latest']);
});

test('ghcr.io removes whole images, so one that is also latest stays, and that is told', async () => {
  const { registry, push, tags } = fresh({ accounts }, login('ghcr.io'));
  push('ghcr.io/acme/web', 'pr-7-aaaa', 'one');
  push('ghcr.io/acme/web', 'pr-7-bbbb', 'two');
  push('ghcr.io/acme/web', 'latest', 'two');
  expect(await registry.removeTag('ghcr.io/acme/web:pr-7-aaaa')).toBe('removed');
  expect(await registry.removeTag('ghcr.io/acme/web:pr-7-aaaa')).toBe('absent');
  expect(await failureOf(registry.removeTag('ghcr.io/acme/web:pr-7-bbbb'))).toEqual([
    'not-offered',
    'acme/web:pr-7-bbbb is the same image as latest, and ghcr.io removes images only as a whole',
    '',
  ]);
  expect([...(tags.get('ghcr.io/acme/web') ?? new Map()).keys()]).toEqual(['pr-7-bbbb', 'latest']);
});

test('a token that may only read: told which right it lacks, at each registry', async () => {
  const reader = (registry: string) => {
    const one = fresh({ accounts }, login(registry, 'reader', accounts.reader.token));
    one.push(`${registry}/acme/web`, 'pr-7-aaaa', 'one');
    return one.registry.removeTag(`${registry}/acme/web:pr-7-aaaa`);
  };
  expect([
    await failureOf(reader('docker.io')),
    await failureOf(reader('ghcr.io')),
    await failureOf(reader('registry.example.com')),
  ]).toEqual([
    [
      'no-permission',
      'docker.io does not let reader remove the tag acme/web:pr-7-aaaa (403): permission denied',
      'give the access token of REGISTRY_TOKEN "Read, Write, Delete" at hub.docker.com, account settings',
    ],
    [
      'no-permission',
      'ghcr.io does not let reader remove the tag acme/web:pr-7-aaaa (403): Resource not accessible by integration',
      'the token needs packages=write, and the package must give the repository the role admin (package settings, Manage Actions access)',
    ],
    [
      'no-permission',
      'registry.example.com does not let reader remove the tag acme/web:pr-7-aaaa (403): reader may only read',
      'give the token of REGISTRY_TOKEN the right to remove the tag acme/web:pr-7-aaaa',
    ],
  ]);
});

test.each([
  ['tags', 'removed'],
  ['digests', 'removed'],
  ['nothing', 'not-offered'],
] as const)('a plain registry that deletes %s: %s', async (deletes, how) => {
  const { registry, push, tags } = fresh({ deletes, pageSize: 2 });
  for (const tag of ['1', '2', '3', 'latest']) push('registry.example.com/web', tag, `release ${tag}`);
  push('registry.example.com/web', 'pr-7-aaaa', 'one');
  const { removed, stayed } = await registry.removeTags([7], ['registry.example.com/web']);
  expect(removed).toEqual(how === 'removed' ? ['registry.example.com/web:pr-7-aaaa'] : []);
  expect(stayed.length).toBe(how === 'removed' ? 0 : 1);
  expect(tags.get('registry.example.com/web')?.has('latest')).toBe(true);
});

test('a plain registry that deletes by digest: the image that is also a release stays, wherever its tag is in the list', async () => {
  const { registry, push, tags } = fresh({ deletes: 'digests', pageSize: 2 });
  for (let nth = 0; nth < 7; nth += 1) push('registry.example.com/web', `pr-8-${nth}`, `${nth}`);
  push('registry.example.com/web', 'pr-7-aaaa', 'the same');
  push('registry.example.com/web', 'v1', 'the same');
  const { removed, stayed } = await registry.removeTags([7], ['registry.example.com/web']);
  expect({ removed, stayed }).toEqual({
    removed: [],
    stayed: [
      'tags of registry.example.com/web: web:pr-7-aaaa is the same image as v1, and registry.example.com removes images only as a whole',
    ],
  });
  expect(tags.get('registry.example.com/web')?.size).toBe(9);
});
