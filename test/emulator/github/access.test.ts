import { expect, test } from 'vitest';
import { acmeShop, ask } from './support.ts';

const repo = '/repos/acme/shop';
const comment = { body: { body: 'hello' } };

test.each([
  ['installation', 'Resource not accessible by integration'],
  ['fine-grained', 'Resource not accessible by personal access token'],
] as const)('a token (%s) without a permission is refused with what the call accepts', async (kind, message) => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  const token = github.makeToken({ kind, permissions: { pull_requests: 'read' } });
  expect((await ask(github, 'GET', `${repo}/pulls/1`, { token })).status).toBe(200);
  const refused = await ask(github, 'POST', `${repo}/issues/1/comments`, { ...comment, token });
  expect(refused).toMatchObject({ status: 403, body: { message, status: '403' } });
  expect(refused.headers.get('x-accepted-github-permissions')).toBe('issues=write; pull_requests=write');
});

test('one of several permissions is enough; public things are read without any, and not written', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  const issuesOnly = github.makeToken({ permissions: { issues: 'write' } });
  expect((await ask(github, 'POST', `${repo}/issues/1/comments`, { ...comment, token: issuesOnly })).status).toBe(201);
  expect((await ask(github, 'GET', `${repo}/pulls/1`, { token: issuesOnly })).status).toBe(403);

  const open = acmeShop({ private: false });
  open.people.openPull({ author: 'ann' });
  const token = open.makeToken({ permissions: {} });
  expect((await ask(open, 'GET', `${repo}/pulls/1`, { token })).status).toBe(200);
  expect((await ask(open, 'POST', `${repo}/issues/1/comments`, { ...comment, token })).status).toBe(403);
});

test('no token, a wrong one and a revoked one are 401; another repository and a token for another one are 404', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  const look = (path: string, token?: string) => ask(github, 'GET', path, token === undefined ? {} : { token });
  expect(await look(`${repo}/pulls/1`, 'ghs_wrong')).toMatchObject({
    status: 401,
    body: { message: 'Bad credentials' },
  });
  const bare = await github.fetch(new Request(`https://api.github.com${repo}`));
  expect([bare.status, ((await bare.json()) as { message: string }).message]).toEqual([401, 'Requires authentication']);
  expect((await look('/repos/acme/else/pulls/1')).status).toBe(404);
  const foreign = github.makeToken({ repository: 'acme/else' });
  expect((await look(`${repo}/pulls/1`, foreign)).status).toBe(404);
  github.revokeToken(github.token);
  expect((await look(`${repo}/pulls/1`)).status).toBe(401);
});

test('a repository that was renamed answers to its old name with its address by id', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  github.people.renameRepository('acme/store');
  const moved = await ask(github, 'GET', `${repo}/pulls/1?x=1`);
  expect([moved.status, moved.headers.get('location')]).toEqual([
    301,
    'https://api.github.com/repositories/5000000/pulls/1?x=1',
  ]);
  expect((await ask(github, 'POST', `${repo}/issues/1/comments`, comment)).status).toBe(307);
  expect((await ask(github, 'GET', '/repositories/5000000')).body).toMatchObject({ full_name: 'acme/store' });
});

test('GET /user tells whose a token is, and not to a workflow', async () => {
  const github = acmeShop();
  const token = github.makeToken({ kind: 'classic', login: 'ann' });
  expect((await ask(github, 'GET', '/user', { token })).body).toMatchObject({ login: 'ann' });
  expect((await ask(github, 'GET', '/user')).status).toBe(403);
});

test('limits: an hour has its budget, a minute 80 comments and 900 points; the headers count', async () => {
  const github = acmeShop({ limits: { perHour: 200 } });
  github.people.openPull({ author: 'ann' });
  const first = await ask(github, 'GET', `${repo}/pulls/1`);
  expect(Object.fromEntries([...first.headers].filter(([name]) => name.startsWith('x-ratelimit')))).toEqual({
    'x-ratelimit-limit': '200',
    'x-ratelimit-remaining': '199',
    'x-ratelimit-used': '1',
    'x-ratelimit-reset': String(Date.UTC(2026, 10, 24, 1) / 1000),
    'x-ratelimit-resource': 'core',
  });
  for (let n = 0; n < 80; n += 1) await ask(github, 'POST', `${repo}/issues/1/comments`, comment);
  const many = await ask(github, 'POST', `${repo}/issues/1/comments`, comment);
  expect([many.status, many.headers.get('retry-after'), (many.body as { message: string }).message]).toEqual([
    403,
    '60',
    expect.stringContaining('secondary rate limit'),
  ]);
  github.clock.advance?.(61_000);
  expect((await ask(github, 'POST', `${repo}/issues/1/comments`, comment)).status).toBe(201);
  github.budget.setRemaining(0);
  const empty = await ask(github, 'GET', `${repo}/pulls/1`);
  expect([empty.status, empty.headers.get('x-ratelimit-remaining')]).toEqual([403, '0']);
  github.clock.advance?.(3_600_000);
  expect((await ask(github, 'GET', `${repo}/pulls/1`)).status).toBe(200);
});

test('faults: where, when and how often; a lost reply has happened, a refused request has not', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  const say = () => ask(github, 'POST', `${repo}/issues/1/comments`, comment);
  const path = '/repos/:owner/:repo/issues/:number/comments';
  github.faults.add({ method: 'POST', path, nth: 2, times: 2, fault: { kind: 'html' } });
  expect((await say()).status).toBe(201);
  await expect(say()).rejects.toThrow(SyntaxError);
  await expect(say()).rejects.toThrow(SyntaxError);
  expect((await say()).status).toBe(201);
  github.faults.clear();
  github.faults.add({ path, fault: { kind: 'lost-reply' } });
  await expect(say()).rejects.toThrow('fetch failed');
  github.faults.add({ path, fault: { kind: 'down' } });
  await expect(say()).rejects.toThrow('fetch failed');
  expect(github.state.comments).toHaveLength(3);
  expect(github.requests.map(({ status }) => status)).toEqual([201, 502, 502, 201, 0, 0]);
});
