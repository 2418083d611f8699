import { expect, test } from 'vitest';
import { acmeShop } from '../emulator/github/support.ts';
import { check, deployment, hostOf, requestsOf } from './support.ts';

const marker = '<!-- reconcile:pr-1 -->';

test('a pull request is one request; one that is not there two, and the second only once; a number that is none takes no request', async () => {
  const github = acmeShop();
  const { sha } = github.people.openPull({
    author: 'eve',
    fork: true,
    ref: 'x`y',
    title: 'Hi',
    labels: ['bug'],
    draft: true,
  });
  const host = hostOf(github);
  expect(await requestsOf(github, () => host.pullRequest(1))).toEqual(['GET pulls/1 200']);
  expect(await host.pullRequest(1)).toEqual({
    number: 1,
    state: 'open',
    merged: false,
    draft: true,
    author: { login: 'eve', association: 'NONE' },
    title: 'Hi',
    headSha: sha,
    headRef: 'x`y',
    headRepository: 'eve/shop',
    baseRef: 'main',
    labels: ['bug'],
    createdAt: '2026-11-24T00:00:00Z',
    updatedAt: '2026-11-24T00:00:00Z',
    closedAt: null,
  });
  github.people.deleteFork(1);
  github.people.merge(1, 'ann');
  expect(await host.pullRequest(1)).toMatchObject({
    state: 'closed',
    merged: true,
    headRepository: null,
    closedAt: '2026-11-24T00:00:00Z',
  });
  expect(await requestsOf(github, async () => expect(await host.pullRequest(9)).toBeNull())).toEqual([
    'GET pulls/9 404',
    'GET  200',
  ]);
  expect(await requestsOf(github, async () => expect(await host.pullRequest(9)).toBeNull())).toEqual([
    'GET pulls/9 404',
  ]);
  const nothing = async () =>
    expect(await Promise.all([0, -1, 1.5, 2 ** 31, Number.NaN].map((n) => host.pullRequest(n)))).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  expect(await requestsOf(github, nothing)).toEqual([]);
});

test('open pull requests are one request per hundred, closed ones are not among them', async () => {
  const github = acmeShop();
  for (let n = 0; n < 202; n += 1) github.people.openPull({ author: 'ann' });
  github.people.close(1);
  const host = hostOf(github);
  const asked = requestsOf(github, async () => {
    const { complete, items } = await host.openPullRequests();
    expect(complete).toBe(true);
    expect(items.map(({ number }) => number)).toEqual(Array.from({ length: 201 }, (_, n) => n + 2));
  });
  expect(await asked).toEqual(['GET pulls 200', 'GET pulls 200', 'GET pulls 200']);
});

test('a comment of another bot that quotes our marker stays its own: only what begins with it is ours', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'eve', fork: true });
  github.people.comment(1, { by: 'greeter[bot]', body: `Thanks for "${marker}"` });
  const id = await hostOf(github).putComment(1, { body: `${marker}\nours`, marker, known: null });
  expect(github.state.comments.map(({ body }) => body)).toEqual([`Thanks for "${marker}"`, `${marker}\nours`]);
  expect(await hostOf(github).putComment(1, { body: `${marker}\nmore`, marker, known: null })).toBe(id);
});

test('a role that an organisation made up and called "write" gives nobody what write access gives', async () => {
  const github = acmeShop();
  const answers = [
    { permission: 'read', role_name: 'write' },
    { permission: 'read', role_name: 'admin' },
    { permission: 'write', role_name: 'release captain' },
    { permission: 'write', role_name: 'maintain' },
    { permission: 'none', role_name: 'maintain' },
  ];
  const fetch = async (): Promise<Response> => Response.json(answers.shift());
  const host = hostOf({ ...github, fetch });
  const may = [];
  for (let n = 0; n < 5; n += 1) may.push(await host.permissionOf('ann'));
  expect(may).toEqual(['read', 'read', 'write', 'maintain', 'none']);
});

test('what somebody may do is one request; nobody, bots and names that are none may do nothing', async () => {
  const github = acmeShop();
  for (const role of ['admin', 'maintain', 'triage'] as const) github.people.setPermission(`a-${role}`, role);
  github.people.openPull({ author: 'dependabot[bot]' });
  const host = hostOf(github);
  expect(await requestsOf(github, () => host.permissionOf('ann'))).toEqual(['GET collaborators/ann/permission 200']);
  const may = (...logins: string[]) => Promise.all(logins.map((login) => host.permissionOf(login)));
  expect(await may('a-admin', 'a-maintain', 'ann', 'a-triage', 'rob')).toEqual([
    'admin',
    'maintain',
    'write',
    'triage',
    'read',
  ]);
  expect(await may('nobody', 'dependabot[bot]')).toEqual(['none', 'none']);
  const strange = async () =>
    expect(await may('', '..', 'ann/../acme', 'ann permission', '-x')).toEqual([
      'none',
      'none',
      'none',
      'none',
      'none',
    ]);
  expect(await requestsOf(github, strange)).toEqual([]);
});

test('our comment: known is one request, unknown two, known and deleted three', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  const host = hostOf(github);
  const put = (known: number | null, body = 'State') => host.putComment(1, { body, marker, known });
  let id = 0;
  expect(
    await requestsOf(github, async () => {
      id = await put(null);
    }),
  ).toEqual(['GET issues/1/comments 200', 'POST issues/1/comments 201']);
  expect(await requestsOf(github, () => put(id))).toEqual([`PATCH issues/comments/${id} 200`]);
  expect(await requestsOf(github, () => put(null))).toEqual([
    'GET issues/1/comments 200',
    `PATCH issues/comments/${id} 200`,
  ]);
  github.people.deleteComment(id, 'ann');
  expect(await requestsOf(github, () => put(id, 'Again'))).toEqual([
    `PATCH issues/comments/${id} 404`,
    'GET issues/1/comments 200',
    'POST issues/1/comments 201',
  ]);
  expect(github.state.comments.map(({ body }) => body)).toEqual([`${marker}\nAgain`]);
});

test("a stranger's comment with our marker in it is never taken for ours", async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  github.people.comment(1, { by: 'eve', body: `Deployed at https://evil.example ${marker}` });
  for (const token of [github.token, github.makeToken({ kind: 'fine-grained', login: 'ann' })]) {
    const host = hostOf(github, token);
    const id = await host.putComment(1, { body: 'State', marker, known: null });
    expect(await host.putComment(1, { body: 'State 2', marker, known: null })).toBe(id);
  }
  expect(github.state.comments.map(({ author, body }) => `${author}: ${body.split('\n').at(-1)}`)).toEqual([
    `eve: Deployed at https://evil.example ${marker}`,
    'github-actions[bot]: State 2',
    'ann: State 2',
  ]);
});

test('among more than a hundred comments ours is found', async () => {
  const github = acmeShop({ limits: { contentPerMinute: 1_000 } });
  github.people.openPull({ author: 'ann' });
  for (let n = 0; n < 130; n += 1) github.people.comment(1, { by: 'ann', body: 'more' });
  const host = hostOf(github);
  const id = await host.putComment(1, { body: 'State', marker, known: null });
  expect(await host.putComment(1, { body: 'State', marker, known: null })).toBe(id);
});

test('a further comment is one request', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  expect(await requestsOf(github, () => hostOf(github).reply(1, 'Unknown command'))).toEqual([
    'POST issues/1/comments 201',
  ]);
});

test('a deployment is two requests, a new state of it one, and one that is gone is made anew', async () => {
  const github = acmeShop();
  const { sha } = github.people.openPull({ author: 'ann' });
  const host = hostOf(github);
  let id = 0;
  const first = async () => {
    id = await host.putDeployment({ ...deployment, known: null, sha, state: 'in_progress' });
  };
  expect(await requestsOf(github, first)).toEqual([
    'POST deployments 201',
    expect.stringMatching(/^POST deployments\/\d+\/statuses 201$/),
  ]);
  expect(
    await requestsOf(github, () => host.putDeployment({ ...deployment, known: id, sha, state: 'success' })),
  ).toEqual([`POST deployments/${id}/statuses 201`]);
  expect(github.state.statuses.map(({ state, environmentUrl }) => [state, environmentUrl])).toEqual([
    ['in_progress', 'https://pr-1.example.com'],
    ['success', 'https://pr-1.example.com'],
  ]);
  const second = await host.putDeployment({
    ...deployment,
    known: null,
    sha: github.people.push(1).sha,
    state: 'success',
  });
  expect(github.state.statuses.filter(({ deployment: of }) => of === id).map(({ state }) => state)).toEqual([
    'in_progress',
    'success',
    'inactive',
  ]);
  github.state.deployments.length = 0;
  const anew = await host.putDeployment({
    ...deployment,
    known: second,
    sha,
    state: 'inactive',
    logUrl: 'https://x.example/log',
  });
  expect(anew).not.toBe(second);
});

test('a check is one request, whether made or changed; one that is gone is made anew', async () => {
  const github = acmeShop();
  const { sha } = github.people.openPull({ author: 'ann' });
  const host = hostOf(github);
  let id = 0;
  const first = async () => {
    id = await host.putCheck({ ...check, known: null, sha, conclusion: null });
  };
  expect(await requestsOf(github, first)).toEqual(['POST check-runs 201']);
  expect(github.state.checks[0]).toMatchObject({ status: 'in_progress', conclusion: null });
  expect(
    await requestsOf(github, () => host.putCheck({ ...check, known: id, sha, conclusion: 'action_required' })),
  ).toEqual([`PATCH check-runs/${id} 200`]);
  expect(github.state.checks[0]).toMatchObject({ status: 'completed', conclusion: 'action_required' });
  expect(await host.putCheck({ ...check, known: id + 1_000, sha, conclusion: 'success' })).not.toBe(id + 1_000);
});

test('an issue is opened, updated only where it differs, and closed with a word; nothing open is nothing to close', async () => {
  const github = acmeShop();
  github.people.openIssue({ author: 'eve', title: 'Fake', body: '<!-- drift -->' });
  github.people.openPull({ author: 'ann', body: '<!-- drift -->' });
  const host = hostOf(github);
  const put = (body: string | null) =>
    host.putIssue({ marker: '<!-- drift -->', title: 'Drift', body, closing: 'Clean again.' });
  expect(await requestsOf(github, () => put('one'))).toEqual(['GET issues 200', 'POST issues 201']);
  expect(await requestsOf(github, () => put('one'))).toEqual(['GET issues 200']);
  expect(await requestsOf(github, () => put('two'))).toEqual(['GET issues 200', 'PATCH issues/3 200']);
  expect(await requestsOf(github, async () => expect(await put(null)).toBe(3))).toEqual([
    'GET issues 200',
    'POST issues/3/comments 201',
    'PATCH issues/3 200',
  ]);
  expect(await requestsOf(github, async () => expect(await put(null)).toBeNull())).toEqual(['GET issues 200']);
  expect(github.state.issues.map(({ author, state }) => `${author}: ${state}`)).toEqual([
    'eve: open',
    'github-actions[bot]: closed',
  ]);
});

test('usage counts every request and says what is left of the hour', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  const host = hostOf(github);
  expect(host.usage()).toEqual({ requests: 0, remaining: null });
  github.faults.add({ fault: { kind: 'error' } });
  await host.pullRequest(1);
  expect(host.usage()).toEqual({ requests: 2, remaining: 999 });
});
