import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StandIn } from '../local-runner.ts';
import { openStage, repository, type WorkflowStage } from './stage.ts';

/* plan, as GitHub wakes it after changes: the program of the default branch, the configuration of the merge. */

let stage: WorkflowStage;
beforeAll(async () => {
  stage = await openStage({ ann: 'write', rob: 'read' });
});
afterAll(() => stage.close());

const git = (cwd: string, ...args: string[]): void => {
  const names = ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid', '-c', 'init.defaultBranch=main'];
  execFileSync('git', [...names, ...args], { cwd, stdio: 'pipe' });
};

/** The tree of the default branch; for the change a repository in which it stands on a branch, with `edit` made to it. */
const checkout =
  (edit: (folder: string) => void): StandIn =>
  async ({ workspace, with: { path } }) => {
    if (path === undefined) return stage.tree(workspace);
    const folder = join(workspace, path);
    mkdirSync(folder);
    for (const part of ['cloud-init', 'templates', 'jobs', 'infra.yaml'])
      cpSync(join(workspace, part), join(folder, part), { recursive: true });
    git(folder, 'init', '-q');
    git(folder, 'add', '.');
    git(folder, 'commit', '-q', '-m', 'main');
    git(folder, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
    edit(folder);
    git(folder, 'add', '.');
    git(folder, 'commit', '-q', '-m', 'change');
  };
const biggerNetwork = (folder: string): void => {
  const file = join(folder, 'infra.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/count: 3\b/, 'count: 5'));
};

const planned = (author: string, edit = biggerNetwork) => {
  const { payload } = stage.github.people.openPull({ author });
  const { pull_request: pull } = payload as {
    pull_request: { number: number; head: { sha: string; ref: string; repo: object } };
  };
  const { number, head } = pull;
  const workflow_run = {
    ...{ event: 'pull_request', conclusion: 'success', head_sha: head.sha, head_branch: head.ref },
    ...{ head_repository: head.repo, pull_requests: [{ number }] },
  };
  const event = { workflow_run, repository: { full_name: repository, default_branch: 'main' } };
  return stage.run(
    'plan.yml',
    { name: 'workflow_run', payload: event },
    { uses: { 'actions/checkout': checkout(edit) } },
  );
};
const comments = (): string[] => stage.github.state.comments.map(({ body }) => body);

test('a change of infra.yaml by somebody who writes here: what it would do to production is in a comment', async () => {
  const ran = await planned('ann');
  expect(ran['plan']?.result, JSON.stringify(ran['plan']?.steps.at(-1))).toBe('success');
  expect(comments()).toHaveLength(1);
  expect(comments()[0]).toContain('server/production-5');
  expect(comments()[0]?.startsWith('<!-- reconcile:plan production -->')).toBe(true);
});

test('of a change by anybody else nothing is read, and nothing is said', async () => {
  const ran = await planned('eve');
  expect(ran['plan']?.steps.find(({ name }) => name.startsWith('Whether'))?.log).toContain(
    'not trusted: whoever opened pull request 2 may not write here',
  );
  expect(ran['plan']?.steps.filter(({ name, outcome }) => name.includes('merge') && outcome !== 'skipped')).toEqual([]);
  expect(comments()).toHaveLength(1);
});

test('a symbolic link in it could point anywhere, and is refused', async () => {
  const ran = await planned('ann', (folder) => execFileSync('ln', ['-s', '/etc/passwd', join(folder, 'jobs/x.hcl')]));
  expect(ran['plan']?.result).toBe('failure');
  expect(ran['plan']?.steps.map(({ log }) => log).join('')).toContain('a symbolic link among');
  expect(comments()).toHaveLength(1);
});
