import { expect, test } from 'vitest';
import type { GitHubFault } from '../../src/emulator/github/faults.ts';
import { acmeShop } from '../emulator/github/support.ts';
import { check, deployment, hostOf, refusalOf, requestsOf } from './support.ts';

const marker = '<!-- reconcile:pr-1 -->';
const always = 1_000;
const opened = () => {
  const github = acmeShop();
  const { sha } = github.people.openPull({ author: 'ann' });
  return { github, sha, host: hostOf(github) };
};
const elapsed = async (github: ReturnType<typeof acmeShop>, work: () => Promise<unknown>): Promise<number> => {
  const before = github.clock.now();
  await work();
  return (github.clock.now() - before) / 1000;
};

test.each<[string, GitHubFault, string]>([
  ['no connection', { kind: 'down' }, 'connect ECONNREFUSED'],
  ['500', { kind: 'error', status: 500 }, 'HTTP 500, Server Error'],
  ['a page of the proxy', { kind: 'html', status: 502 }, 'HTTP 502, an HTML page'],
  ['half an answer', { kind: 'cut-reply' }, 'the answer breaks off'],
  ['no answer for hours', { kind: 'delay', ms: 7_200_000 }, 'no answer within 30 s'],
])('a read that meets %s is asked again twice, after 1 and 4 seconds, and then says so', async (_title, fault, why) => {
  const { github, host } = opened();
  github.faults.add({ times: always, fault });
  const failed = await refusalOf(host.pullRequest(1));
  expect(failed).toMatchObject({
    kind: 'unreachable',
    message: `GitHub gave no answer to read pull request 1: ${why}`,
    next: expect.stringContaining('githubstatus.com'),
  });
  expect(github.requests).toHaveLength(3);
  github.faults.clear();
  github.faults.add({ times: 2, fault: fault.kind === 'delay' ? { kind: 'down' } : fault });
  expect(await elapsed(github, () => host.pullRequest(1))).toBe(5);
});

test('a secondary limit is waited for as long as GitHub asks, twice at most; a longer one is not', async () => {
  const { github, host } = opened();
  github.faults.add({ times: 2, fault: { kind: 'secondary', retryAfter: 30 } });
  expect(await elapsed(github, () => host.reply(1, 'hello'))).toBe(60);
  expect(github.state.comments).toHaveLength(1);
  github.faults.add({ times: always, fault: { kind: 'secondary', retryAfter: 30, status: 429 } });
  expect(await refusalOf(host.reply(1, 'hello'))).toMatchObject({ kind: 'rate-limited' });
  github.faults.clear();
  github.faults.add({ times: always, fault: { kind: 'secondary', retryAfter: 900 } });
  expect(await elapsed(github, () => refusalOf(host.reply(1, 'hello')))).toBe(0);
  expect(github.state.comments).toHaveLength(1);
});

test('the limit of the hour is waited for if it ends within a minute; else the command says when it ends', async () => {
  const { github, host } = opened();
  github.faults.add({ fault: { kind: 'rate-limited', resetSeconds: 40 } });
  expect(await elapsed(github, () => host.pullRequest(1))).toBe(41);
  github.faults.add({ times: always, fault: { kind: 'rate-limited', resetSeconds: 1_800 } });
  const failed = await refusalOf(host.pullRequest(1));
  expect(failed.kind).toBe('rate-limited');
  expect(failed.message).toMatch(
    /^GitHub's rate limit is used up \(read pull request 1\) until 2026-11-24T00:30:4\dZ, in 31 min: API rate limit/,
  );
  expect(failed.next).toMatch(/^run the command again after 2026-11-24T00:30:4\dZ/);
  expect(github.requests).toHaveLength(3);
});

test('a handful of writes goes out at once, more of them one a second', async () => {
  const { github, host } = opened();
  const write = async (times: number) => {
    for (let n = 0; n < times; n += 1) await host.reply(1, `number ${n}`);
  };
  expect(await elapsed(github, () => write(8))).toBe(0);
  expect(await elapsed(github, () => write(20))).toBe(18);
});

test('a create whose reply was lost is looked for, and made only once', async () => {
  const { github, host, sha } = opened();
  const lose = (path: string) =>
    github.faults.add({ method: 'POST', path: `/repos/:owner/:repo/${path}`, fault: { kind: 'lost-reply' } });
  lose('issues/:number/comments');
  const id = await host.putComment(1, { body: 'State', marker, known: null });
  expect(github.state.comments.map((comment) => comment.id)).toEqual([id]);
  github.people.comment(1, { by: 'eve', body: 'Done' });
  lose('issues/:number/comments');
  const reply = await host.reply(1, 'Done');
  expect(github.state.comments.filter(({ author }) => author !== 'eve').map((comment) => comment.id)).toEqual([
    id,
    reply,
  ]);
  lose('deployments');
  const made = await host.putDeployment({ ...deployment, known: null, sha, state: 'success' });
  expect([github.state.deployments.map((row) => row.id), github.state.statuses.map(({ state }) => state)]).toEqual([
    [made],
    ['success'],
  ]);
  lose('check-runs');
  expect(github.state.checks.map((row) => row.id)).toEqual([]);
  const run = await host.putCheck({ ...check, known: null, sha, conclusion: null });
  expect(github.state.checks.map((row) => row.id)).toEqual([run]);
  lose('issues');
  const issue = await host.putIssue({ marker, title: 'Drift', body: 'x', closing: '' });
  expect(github.state.issues.map(({ number }) => number)).toEqual([issue]);
});

test.each<[string, GitHubFault]>([
  ['never arrived', { kind: 'down' }],
  ['met a gateway', { kind: 'html', status: 504 }],
])('a create that %s is looked for, not found and made once more', async (_title, fault) => {
  const { github, host, sha } = opened();
  github.faults.add({ method: 'POST', path: '/repos/:owner/:repo/check-runs', fault });
  const asked = await requestsOf(github, () => host.putCheck({ ...check, known: null, sha, conclusion: null }));
  const lost = fault.kind === 'down' ? 0 : 504;
  expect(asked).toEqual([`POST check-runs ${lost}`, `GET commits/${sha}/check-runs 200`, 'POST check-runs 201']);
  expect(github.state.checks).toHaveLength(1);
});

test('a create that stays without an answer is unknown, and says what looking for it met', async () => {
  const { github, host } = opened();
  github.faults.add({ times: always, fault: { kind: 'down' } });
  const failed = await refusalOf(host.reply(1, 'hello'));
  expect(failed.kind).toBe('unknown');
  expect(failed.message).toBe(
    'GitHub gave no answer to comment on 1: connect ECONNREFUSED; whether it took effect is unknown; ' +
      'looking for it did not help: GitHub gave no answer to read the comments on 1: connect ECONNREFUSED',
  );
});

test('a change is simply asked again: the same change twice is one change', async () => {
  const { github, host, sha } = opened();
  const known = await host.putComment(1, { body: 'State', marker, known: null });
  github.faults.add({ method: 'PATCH', fault: { kind: 'lost-reply' } });
  expect(await host.putComment(1, { body: 'Other', marker, known })).toBe(known);
  github.faults.add({
    method: 'POST',
    path: '/repos/:owner/:repo/deployments/:id/statuses',
    fault: { kind: 'lost-reply' },
  });
  await host.putDeployment({ ...deployment, known: null, sha, state: 'success' });
  expect(new Set(github.state.statuses.map(({ state, deployment: of }) => `${of} ${state}`)).size).toBe(1);
});

test.each<[string, GitHubFault]>([
  ['half of a page is missing', { kind: 'partial-page' }],
  ['a page does not come', { kind: 'down' }],
  ['the hour is used up', { kind: 'rate-limited' }],
])('a list of which %s is not complete', async (_title, fault) => {
  const github = acmeShop();
  for (let n = 0; n < 150; n += 1) github.people.openPull({ author: 'ann' });
  github.faults.add({ nth: fault.kind === 'partial-page' ? 1 : 2, times: always, fault });
  const { complete, items } = await hostOf(github).openPullRequests();
  expect([complete, items.length]).toEqual([false, fault.kind === 'partial-page' ? 50 : 100]);
});

test('without its first page a list is a failure', async () => {
  const { github, host } = opened();
  github.faults.add({ times: always, fault: { kind: 'down' } });
  expect(await refusalOf(host.openPullRequests())).toMatchObject({ kind: 'unreachable' });
});

test("an answer that is none of GitHub's is told from one of it", async () => {
  const { github } = opened();
  const page = async () => new Response('<html>router login</html>', { headers: { 'content-type': 'text/html' } });
  const host = hostOf({ ...github, fetch: page });
  expect(await refusalOf(host.pullRequest(1))).toMatchObject({
    message: expect.stringMatching(/^GitHub answered in an unknown form when asked to read pull request 1: /),
    next: expect.stringContaining('check GITHUB_API_URL, now https://api.github.com'),
  });
});

test('what GitHub echoes of the token is never in a message, and terminal escapes are not either', async () => {
  const { github } = opened();
  const echo = async (request: Request) => {
    const message = `Bad \u001b[31m ${request.headers.get('authorization')} \u202e x`;
    return Response.json({ message }, { status: 422 });
  };
  const failed = await refusalOf(hostOf({ ...github, fetch: echo }).pullRequest(1));
  expect(failed.message).toBe('GitHub refused to read pull request 1: Bad [31m token [redacted] x (HTTP 422)');
  expect(JSON.stringify([failed, failed.stack, failed.cause])).not.toContain(github.token);
});
