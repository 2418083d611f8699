import { expect, test } from 'vitest';
import type { TokenPermissions } from '../../src/emulator/github/permissions.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';
import { acmeShop } from '../emulator/github/support.ts';
import { check, deployment, hostOf, refusalOf } from './support.ts';

const all: TokenPermissions = { pull_requests: 'write', issues: 'write', deployments: 'write', checks: 'write' };
const without = (...names: string[]): TokenPermissions =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
const sha = 'a'.repeat(40);

test.each<[string, TokenPermissions, (host: CodeHost) => Promise<unknown>, string, string]>([
  [
    'read a pull request',
    without('pull_requests'),
    (host) => host.pullRequest(1),
    'pull_requests=read',
    '"pull-requests: read"',
  ],
  [
    'list them',
    without('pull_requests'),
    (host) => host.openPullRequests(),
    'pull_requests=read',
    '"pull-requests: read"',
  ],
  [
    'read its reviews',
    without('pull_requests'),
    (host) => host.reviewedAt(1),
    'pull_requests=read',
    '"pull-requests: read"',
  ],
  [
    'comment',
    { pull_requests: 'read' },
    (host) => host.reply(1, 'x'),
    'issues=write; pull_requests=write',
    '"pull-requests: write"',
  ],
  [
    'deploy',
    without('deployments'),
    (host) => host.putDeployment({ ...deployment, known: null, sha, state: 'success' }),
    'deployments=write',
    '"deployments: write"',
  ],
  [
    'check',
    without('checks'),
    (host) => host.putCheck({ ...check, known: null, sha, conclusion: null }),
    'checks=write',
    '"checks: write"',
  ],
  [
    'open an issue',
    { pull_requests: 'write' },
    (host) => host.putIssue({ marker: 'm', title: 't', body: 'b', closing: 'c' }),
    'issues=write',
    '"issues: write"',
  ],
])(
  'a token that may not %s: what it lacks is named, and what to write in the workflow',
  async (_title, permissions, call, lacks, write) => {
    const github = acmeShop();
    github.people.openPull({ author: 'ann', sha });
    const failed = await refusalOf(call(hostOf(github, github.makeToken({ permissions }))));
    expect(failed).toMatchObject({ kind: 'no-permission', permission: lacks });
    expect(failed.message).toContain(
      `Resource not accessible by integration (HTTP 403); GITHUB_TOKEN lacks ${lacks.replace(';', ' or')}`,
    );
    expect(failed.next).toContain(`write ${write} under permissions: of the workflow's job`);
  },
);

test('an enterprise server that does not name the permission: ours is named', async () => {
  const github = acmeShop();
  const mute = async (): Promise<Response> =>
    Response.json({ message: 'Resource not accessible by integration' }, { status: 403 });
  const failed = await refusalOf(hostOf({ ...github, fetch: mute }).reply(1, 'x'));
  expect(failed).toMatchObject({ kind: 'no-permission', permission: 'pull_requests=write; issues=write' });
});

test("a personal token can't make checks, and is told what can", async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann', sha });
  const host = hostOf(github, github.makeToken({ kind: 'fine-grained', login: 'ann' }));
  expect(await refusalOf(host.putCheck({ ...check, known: null, sha, conclusion: null }))).toMatchObject({
    kind: 'no-permission',
    permission: 'checks=write',
    next: expect.stringContaining('check runs are made by apps only'),
  });
});

test('a refusal that is about something else is no missing permission', async () => {
  const github = acmeShop();
  const archived = async (): Promise<Response> => {
    const headers = { 'x-accepted-github-permissions': 'issues=write; pull_requests=write' };
    return Response.json({ message: 'Repository was archived so is read-only.' }, { status: 403, headers });
  };
  expect(await refusalOf(hostOf({ ...github, fetch: archived }).reply(1, 'x'))).toMatchObject({
    kind: 'refused',
    message: 'GitHub refused to comment on 1: Repository was archived so is read-only. (HTTP 403)',
  });
});

test('a token that is refused, and what to set', async () => {
  const github = acmeShop();
  github.revokeToken(github.token);
  expect(await refusalOf(hostOf(github).pullRequest(1))).toMatchObject({
    kind: 'refused',
    message: 'GITHUB_TOKEN was refused (read pull request 1): Bad credentials',
    next: expect.stringContaining('github.token'),
  });
});

test('another repository, and a token for another one: no pull request is ever taken for absent', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  const hosts = [
    hostOf(github, github.token, 'acme/else'),
    hostOf(github, github.makeToken({ repository: 'acme/else' })),
  ];
  for (const host of hosts) {
    for (const call of [() => host.pullRequest(1), () => host.permissionOf('ann')])
      expect(await refusalOf(call())).toMatchObject({
        kind: 'refused',
        message: `there is no repository ${host.repository} that GITHUB_TOKEN may see (HTTP 404)`,
        next: expect.stringContaining('the token of a workflow opens only its own'),
      });
    expect(await refusalOf(host.reply(1, 'x'))).toMatchObject({ kind: 'refused' });
    expect(await refusalOf(host.openPullRequests())).toMatchObject({ kind: 'refused' });
  }
});

test('a repository that was renamed: its new name is told, and the token goes nowhere else', async () => {
  const github = acmeShop();
  github.people.openPull({ author: 'ann' });
  github.people.renameRepository('acme/store');
  const host = hostOf(github);
  for (const call of [() => host.pullRequest(1), () => host.reply(1, 'x')])
    expect(await refusalOf(call())).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/^GitHub refused to .*: acme\/shop has moved to acme\/store$/),
      next: 'write its new name, acme/store, as github.repository in infra.yaml, or set GITHUB_REPOSITORY',
    });
  const away = async (request: Request): Promise<Response> => {
    if (!request.url.startsWith('https://api.github.com/repos/')) throw new Error(`asked ${request.url}`);
    return Response.json({}, { status: 301, headers: { location: 'https://evil.example/repositories/1' } });
  };
  expect((await refusalOf(hostOf({ ...github, fetch: away }).pullRequest(1))).message).toBe(
    'GitHub refused to read pull request 1: acme/shop has moved',
  );
  expect(github.state.comments).toEqual([]);
});
