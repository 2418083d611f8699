import { expect, test } from 'vitest';
import { acmeShop, ask } from './support.ts';

const repo = '/repos/acme/shop';

test('a pull request is opened, pushed to, made a draft, made ready, closed, reopened and merged', async () => {
  const github = acmeShop();
  const { people } = github;
  const opened = people.openPull({ author: 'ann', ref: 'search', title: 'Add search' });
  const look = async (): Promise<unknown> => {
    const { state, merged, draft, head } = (await ask(github, 'GET', `${repo}/pulls/1`)).body as never as {
      state: string;
      merged: boolean;
      draft: boolean;
      head: { sha: string };
    };
    return [state, merged ? 'merged' : '-', draft ? 'draft' : '-', head.sha];
  };
  expect(await look()).toEqual(['open', '-', '-', opened.sha]);
  const { sha } = people.push(1);
  expect(await look()).toEqual(['open', '-', '-', sha]);
  people.draft(1);
  expect(await look()).toEqual(['open', '-', 'draft', sha]);
  people.ready(1);
  people.close(1);
  expect(await look()).toEqual(['closed', '-', '-', sha]);
  people.reopen(1);
  people.merge(1, 'acme');
  expect(await look()).toEqual(['closed', 'merged', '-', sha]);
  expect(() => people.reopen(1)).toThrow('it is merged');
  expect(await ask(github, 'GET', `${repo}/pulls?state=open`)).toMatchObject({ status: 200, body: [] });
});

test('a fork by a stranger says so, and has no repository any more once it is deleted', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'eve', fork: true });
  expect((await ask(github, 'GET', `${repo}/pulls/1`)).body).toMatchObject({
    author_association: 'NONE',
    user: { login: 'eve' },
    head: { label: 'eve:change-1', repo: { full_name: 'eve/shop', fork: true } },
    base: { repo: { full_name: 'acme/shop', fork: false } },
  });
  github.people.deleteFork(1);
  expect((await ask(github, 'GET', `${repo}/pulls/1`)).body).toMatchObject({ head: { repo: null } });
});

test('lists come in pages of at most a hundred, with a Link header; issues list pull requests, too', async () => {
  const github = acmeShop();
  for (let n = 0; n < 250; n += 1) github.people.openPull({ author: 'ann' });
  const page = await ask(github, 'GET', `${repo}/pulls?per_page=500&page=2&sort=created&direction=asc`);
  expect((page.body as { number: number }[]).map(({ number }) => number)).toEqual(
    Array.from({ length: 100 }, (_, n) => n + 101),
  );
  const links = (page.headers.get('link') ?? '')
    .split(', ')
    .map((link) => /page=(\d+)&sort.*rel="(\w+)"/.exec(link)?.slice(1, 3).join(' '));
  expect(links).toEqual(['1 prev', '3 next', '3 last', '1 first']);
  expect((await ask(github, 'GET', `${repo}/pulls?per_page=100&page=3`)).headers.get('link')).not.toContain('next');
  const issues = (await ask(github, 'GET', `${repo}/issues`)).body as { pull_request?: unknown }[];
  expect(issues.filter((issue) => issue.pull_request !== undefined)).toHaveLength(30);
});

test('comments are made, changed, listed since a moment, and gone once deleted; none is longer than 65,536 characters', async () => {
  const github = acmeShop();
  const { people } = github;
  people.openPull({ author: 'ann' });
  const theirs = people.comment(1, { by: 'ann', body: 'looks good' });
  const ours = (await ask(github, 'POST', `${repo}/issues/1/comments`, { body: { body: 'x'.repeat(65_536) } }))
    .body as { id: number };
  expect(ours).toMatchObject({ user: { login: 'github-actions[bot]', type: 'Bot' } });
  github.clock.advance?.(60_000);
  expect((await ask(github, 'PATCH', `${repo}/issues/comments/${ours.id}`, { body: { body: 'short' } })).status).toBe(
    200,
  );
  expect((await ask(github, 'GET', `${repo}/issues/1/comments`)).body).toMatchObject([
    { id: theirs.id },
    { body: 'short' },
  ]);
  expect((await ask(github, 'GET', `${repo}/issues/1/comments?since=2026-11-24T00:00:30Z`)).body).toHaveLength(1);
  people.deleteComment(ours.id);
  for (const method of ['GET', 'PATCH', 'DELETE'])
    expect(
      await ask(
        github,
        method,
        `${repo}/issues/comments/${ours.id}`,
        method === 'PATCH' ? { body: { body: 'x' } } : {},
      ),
    ).toMatchObject({
      status: 404,
      body: { message: 'Not Found', status: '404' },
    });
  expect(await ask(github, 'POST', `${repo}/issues/1/comments`, { body: { body: 'x'.repeat(65_537) } })).toMatchObject({
    status: 422,
    body: {
      message: 'Validation Failed',
      errors: [
        {
          resource: 'IssueComment',
          code: 'unprocessable',
          field: 'data',
          message: 'Body is too long (maximum is 65536 characters)',
        },
      ],
      documentation_url: 'https://docs.github.com/rest/issues/comments#create-an-issue-comment',
    },
  });
  expect((await ask(github, 'POST', `${repo}/issues/2/comments`, { body: { body: 'x' } })).status).toBe(404);
});

test('what somebody may do is told finely in role_name; who is nobody is 404', async () => {
  const github = acmeShop();
  github.people.setPermission('kim', 'maintain');
  github.people.openPull({ author: 'eve', fork: true });
  const may = async (login: string): Promise<unknown> =>
    (await ask(github, 'GET', `${repo}/collaborators/${login}/permission`)).body;
  expect(await may('kim')).toMatchObject({ permission: 'write', role_name: 'maintain', user: { login: 'kim' } });
  expect(await may('rob')).toMatchObject({ permission: 'read', role_name: 'read' });
  expect(await may('eve')).toMatchObject({ permission: 'none' });
  expect(await may('nobody')).toMatchObject({ message: 'nobody is not a user', status: '404' });
});

test('a success ends what succeeded before in its environment, unless that was production, or it is told not to', async () => {
  const github = acmeShop();
  const { sha } = github.people.openPull({ author: 'ann' });
  const deploy = async (environment: string, more: object = {}): Promise<number> => {
    const body = { ref: sha, environment, auto_merge: false, required_contexts: [], ...more };
    return ((await ask(github, 'POST', `${repo}/deployments`, { body })).body as { id: number }).id;
  };
  const say = (id: number, state: string, more: object = {}) =>
    ask(github, 'POST', `${repo}/deployments/${id}/statuses`, {
      body: { state, environment_url: 'https://pr-1.example', ...more },
    });
  const states = async (id: number): Promise<string[]> =>
    ((await ask(github, 'GET', `${repo}/deployments/${id}/statuses`)).body as { state: string }[]).map(
      ({ state }) => state,
    );

  const [first, other, live] = [await deploy('pr-1'), await deploy('pr-2'), await deploy('production')];
  for (const id of [first, other, live]) await say(id, 'success');
  const second = await deploy('pr-1');
  await say(second, 'success', { auto_inactive: false });
  expect(await states(first)).toEqual(['success']);
  const third = await deploy('pr-1');
  await say(third, 'in_progress');
  expect(await states(second)).toEqual(['success']);
  await say(third, 'success');
  await say(await deploy('production'), 'success');
  expect([await states(first), await states(second), await states(other), await states(live)]).toEqual([
    ['inactive', 'success'],
    ['inactive', 'success'],
    ['success'],
    ['success'],
  ]);
  expect((await say(third, 'success', { environment_url: 'javascript:alert(1)' })).status).toBe(422);
  const nowhere = { ref: 'f'.repeat(40), required_contexts: [] };
  expect(await ask(github, 'POST', `${repo}/deployments`, { body: nowhere })).toMatchObject({
    status: 422,
    body: { message: `No ref found for: ${'f'.repeat(40)}` },
  });
});

test('a check needs an app, a commit that exists, and a conclusion to be completed', async () => {
  const github = acmeShop();
  const { sha } = github.people.openPull({ author: 'ann' });
  const make = (body: object, token?: string) =>
    ask(github, 'POST', `${repo}/check-runs`, {
      body: { name: 'preview', head_sha: sha, ...body },
      ...(token === undefined ? {} : { token }),
    });
  const { id } = (await make({ status: 'in_progress' })).body as { id: number };
  const done = { conclusion: 'success', output: { title: 'Up', summary: 'It answers' } };
  expect((await ask(github, 'PATCH', `${repo}/check-runs/${id}`, { body: done })).body).toMatchObject({
    status: 'completed',
    conclusion: 'success',
  });
  expect((await ask(github, 'GET', `${repo}/commits/${sha}/check-runs?check_name=preview`)).body).toMatchObject({
    total_count: 1,
    check_runs: [{ id }],
  });
  expect((await make({ status: 'completed' })).status).toBe(422);
  expect((await make({ head_sha: 'f'.repeat(40) })).body).toMatchObject({
    message: `No commit found for SHA: ${'f'.repeat(40)}`,
  });
  const personal = github.makeToken({ kind: 'fine-grained', login: 'ann' });
  expect(await make({}, personal)).toMatchObject({
    status: 403,
    body: { message: 'You must authenticate via a GitHub App.' },
  });
});

test('issues are opened, found by state, label and creator, and closed', async () => {
  const github = acmeShop();
  const body = { title: 'Drift', body: 'text', labels: ['drift'] };
  expect((await ask(github, 'POST', `${repo}/issues`, { body })).body).toMatchObject({ number: 1, state: 'open' });
  github.people.openIssue({ author: 'eve', title: 'Help' });
  const found = async (query: string): Promise<number[]> =>
    ((await ask(github, 'GET', `${repo}/issues?${query}`)).body as { number: number }[]).map(({ number }) => number);
  expect(await found('labels=drift')).toEqual([1]);
  expect(await found('creator=eve')).toEqual([2]);
  expect((await ask(github, 'PATCH', `${repo}/issues/1`, { body: { state: 'closed' } })).body).toMatchObject({
    state: 'closed',
  });
  expect([await found('state=open'), await found('state=all')]).toEqual([[2], [2, 1]]);
  const long = { title: 'x'.repeat(257), body: 'y'.repeat(65_537) };
  const refused = (await ask(github, 'POST', `${repo}/issues`, { body: long })).body as { errors: { field: string }[] };
  expect(refused.errors.map(({ field }) => field)).toEqual(['title', 'body']);
});
