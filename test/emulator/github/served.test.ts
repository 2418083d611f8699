import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/emulator/clock.ts';
import { openServedGitHub, type ServedGitHub } from '../../../src/emulator/github/served.ts';

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});
const emptyDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'github-'));
const serve = (directory: string, repository = 'acme/shop'): Promise<ServedGitHub> =>
  openServedGitHub({ directory, repository, clock: createVirtualClock(), api: 'http://127.0.0.1:8087/github' });

/** As a shell script acts: `curl -H "Authorization: Bearer $GITHUB_TOKEN" …/_emulator/github/pulls -d '{…}'`. */
const act = async ({ fetch, emulator }: ServedGitHub, method: string, path: string, body?: unknown) => {
  const headers = { authorization: `Bearer ${emulator.token}` };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(
    new Request(`http://127.0.0.1:8087/_emulator/github/${path}`, { method, headers, ...sent }),
  );
  return {
    status: response.status,
    event: response.headers.get('x-github-event'),
    body: (await response.json()) as never,
  };
};

test('a state that was saved before reviews were kept goes on, and keeps those that come', async () => {
  const directory = await emptyDirectory();
  const { emulator } = await serve(directory);
  const { reviews: _none, ...earlier } = emulator.state;
  await writeFile(join(directory, 'github.json'), JSON.stringify({ format: 1, state: earlier }));
  await act(await serve(directory), 'POST', 'pulls', { author: 'ann' });
  const github = await serve(directory);
  await act(github, 'POST', 'pulls/1/review', { by: 'ann', state: 'approved' });
  expect((await serve(directory)).emulator.state.reviews).toMatchObject([
    { pull: 1, author: 'ann', state: 'approved' },
  ]);
});

test('scripts act for people and get the payload that a workflow would find in GITHUB_EVENT_PATH', async () => {
  const github = await serve(await emptyDirectory());
  expect(await act(github, 'PUT', 'permissions', { login: 'ann', permission: 'write' })).toMatchObject({ status: 200 });
  const opened = await act(github, 'POST', 'pulls', { author: 'ann', ref: 'search', draft: true });
  expect(opened).toMatchObject({
    status: 200,
    event: 'pull_request',
    body: {
      action: 'opened',
      number: 1,
      pull_request: { draft: true, head: { ref: 'search' } },
      sender: { login: 'ann' },
    },
  });
  const comment = await act(github, 'POST', 'pulls/1/comment', { by: 'eve', body: '/deploy' });
  expect(comment).toMatchObject({
    event: 'issue_comment',
    body: { action: 'created', comment: { user: { login: 'eve' } } },
  });
  const { id } = (comment.body as { comment: { id: number } }).comment;
  const rest: readonly (readonly [string, string, unknown?])[] = [
    ['POST', 'pulls/1/ready', {}],
    ['POST', 'pulls/1/push', { by: 'ann' }],
    ['POST', 'pulls/1/draft'],
    ['POST', 'pulls/1/label', { name: 'preview' }],
    ['POST', 'pulls/1/review', { by: 'ann', state: 'approved' }],
    ['POST', 'pulls/1/code-comment', { by: 'ann', body: 'why?' }],
    ['DELETE', `comments/${id}`],
    ['POST', 'pulls/1/close', { by: 'ann' }],
    ['POST', 'pulls/1/reopen'],
    ['POST', 'pulls/1/merge', { by: 'ann' }],
    ['POST', 'main'],
  ];
  const told: string[] = [];
  for (const [method, path, body] of rest) {
    const { event, body: payload } = await act(github, method, path, body);
    told.push(`${event} ${(payload as { action?: string }).action ?? ''}`.trim());
  }
  expect(told).toEqual([
    'pull_request ready_for_review',
    'pull_request synchronize',
    'pull_request converted_to_draft',
    'pull_request labeled',
    'pull_request_review submitted',
    'pull_request_review_comment created',
    'issue_comment deleted',
    'pull_request closed',
    'pull_request reopened',
    'pull_request closed',
    'push',
  ]);
});

test('scripts place faults, make tokens and read what was asked; nobody does without a token', async () => {
  const github = await serve(await emptyDirectory());
  const { token } = (await act(github, 'POST', 'tokens', { permissions: { issues: 'read' } })).body as {
    token: string;
  };
  expect(token).toMatch(/^ghs_/);
  await act(github, 'POST', 'faults', { fault: { kind: 'html' } });
  const look = async (given: string): Promise<number> => {
    const headers = { authorization: `Bearer ${given}` };
    return (await github.fetch(new Request('http://127.0.0.1:8087/github/repos/acme/shop/pulls', { headers }))).status;
  };
  expect([await look(token), await look(token), await look(github.emulator.token), await look('ghs_x')]).toEqual([
    502, 403, 200, 401,
  ]);
  expect((await act(github, 'GET', 'requests')).body).toHaveLength(4);
  expect(JSON.stringify((await act(github, 'GET', 'state')).body)).not.toContain(token);
  await act(github, 'PUT', 'rate_limit', { remaining: 0 });
  expect(await look(github.emulator.token)).toBe(403);
  expect((await act(github, 'POST', 'pulls/9/push')).body).toEqual({
    message: 'there is no pull request 9 in the emulated repository',
  });
  expect(await act(github, 'POST', 'pulls', { author: '' })).toMatchObject({ status: 422 });
  expect(await act(github, 'POST', 'nothing')).toMatchObject({ status: 404 });
  const bare = await github.fetch(new Request('http://127.0.0.1:8087/_emulator/github/state'));
  expect(bare.status).toBe(401);
});

test('what happened is in github.json and is there again after a restart, readable by its owner only', async () => {
  const directory = await emptyDirectory();
  const first = await serve(directory);
  await act(first, 'POST', 'pulls', { author: 'ann' });
  await act(first, 'POST', 'pulls/1/comment', { by: 'ann', body: '/deploy' });
  const again = await serve(directory);
  expect(again.emulator.token).toBe(first.emulator.token);
  expect(again.emulator.state).toEqual(first.emulator.state);
  expect((await stat(join(directory, 'github.json'))).mode & 0o777).toBe(0o600);
});

test('a file of another repository, a damaged one and a name that is none are said', async () => {
  const directory = await emptyDirectory();
  await serve(directory);
  await expect(serve(directory, 'acme/else')).rejects.toThrow('is of acme/shop, not of acme/else');
  await writeFile(join(directory, 'github.json'), '{"format":1}');
  await expect(serve(directory)).rejects.toThrow('github.json is damaged. Move');
  await expect(serve(directory, 'acme')).rejects.toThrow('--github acme names no repository');
});

test('npm run emulator -- --github acme/shop prints three lines more, and serves both on one port', async () => {
  const directory = await emptyDirectory();
  const main = join(import.meta.dirname, '../../../src/emulator/main.ts');
  const child = spawn(process.execPath, [main, '--port', '0', '--directory', directory, '--github', 'acme/shop']);
  running.push(child);
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('GITHUB_REPOSITORY=')) break;
  }
  const env = Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.replace('export ', '').split('=')),
  );
  expect(Object.keys(env)).toEqual([
    'HCLOUD_ENDPOINT',
    'HCLOUD_TOKEN',
    'HETZNER_ENDPOINT',
    'GITHUB_API_URL',
    'GITHUB_TOKEN',
    'GITHUB_REPOSITORY',
  ]);
  const headers = { authorization: `Bearer ${env['GITHUB_TOKEN']}` };
  const repository = await fetch(`${env['GITHUB_API_URL']}/repos/${env['GITHUB_REPOSITORY']}`, { headers });
  expect(await repository.json()).toMatchObject({
    full_name: 'acme/shop',
    url: `${env['GITHUB_API_URL']}/repos/acme/shop`,
  });
  const cloud = await fetch(`${env['HCLOUD_ENDPOINT']}/servers`, {
    headers: { authorization: `Bearer ${env['HCLOUD_TOKEN']}` },
  });
  expect(cloud.status).toBe(200);
  expect(JSON.parse(await readFile(join(directory, 'github.json'), 'utf8'))).toMatchObject({ format: 1 });
});
