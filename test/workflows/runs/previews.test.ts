import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Delivery } from '../../../src/emulator/github/deliveries.ts';
import type { Ran } from '../local-runner.ts';
import { eventOf, openStage, repository, type WorkflowStage } from './stage.ts';

/* deploy-pr, then preview as GitHub wakes it; pr-commands; sweep. Their own shell, against the emulated cloud and GitHub. */

let stage: WorkflowStage;
beforeAll(async () => {
  stage = await openStage({ ann: 'write', rob: 'read' });
});
afterAll(() => stage.close());

const stepsOf = (ran: Ran, job: string): Record<string, string> =>
  Object.fromEntries(
    (ran[job]?.steps ?? [])
      .filter(({ name }) => !/^(actions\/|npm ci|Join)/.test(name))
      .map(({ name, outcome }) => [name, outcome]),
  );
const commentAt = (number: number): string =>
  stage.github.state.comments.filter(({ issue, body }) => issue === number && body.startsWith('<!-- reconcile')).at(-1)
    ?.body ?? '';
const servers = async (): Promise<readonly string[]> =>
  ((await stage.hetzner('GET', '/v1/servers'))['servers'] as { name: string }[]).map(({ name }) => name);
const pushes = (): number => stage.stoodIn().filter((line) => line.startsWith('npm run docker:check')).length;

/** deploy-pr of an event, and the workflow that its end wakes. `says`: the number that a forged artifact names. */
const both = async (event: Delivery, more: Parameters<WorkflowStage['run']>[2] = {}, says?: number) => {
  const { pull_request: pull, sender } = event.payload as {
    pull_request: {
      number: number;
      head: { sha: string; ref: string; repo: { id: number; full_name: string } };
      base: { repo: { id: number } };
    };
    sender: { login: string };
  };
  const built = await stage.run('deploy-pr.yml', eventOf(event), more);
  const run = stage.runNumber();
  if (says !== undefined) stage.forge(run, 'pull-request/number', `${says}\n`);
  const failed = Object.values(built).some(({ result }) => result === 'failure');
  const { head, base } = pull;
  stage.builtBy(head.sha, run);
  const isFork = head.repo.full_name !== repository;
  const workflow_run = {
    id: run,
    event: 'pull_request',
    conclusion: failed ? 'failure' : 'success',
    head_sha: head.sha,
    head_branch: head.ref,
    head_repository: head.repo,
    actor: { login: sender.login },
    created_at: new Date().toISOString(),
    html_url: `https://github.com/${repository}/actions/runs/${run}`,
    pull_requests: isFork
      ? []
      : [{ number: pull.number, head: { sha: head.sha }, base: { repo: { id: base.repo.id } } }],
  };
  const payload = {
    action: 'completed',
    workflow_run,
    repository: { full_name: repository, id: base.repo.id },
    sender,
  };
  return { built, looked: await stage.run('preview.yml', { name: 'workflow_run', payload }) };
};
const people = () => stage.github.people;

test('opened by somebody who writes here: built without a secret, pushed, deployed, and said in the one comment', async () => {
  const { built, looked } = await both(
    people().openPull({ author: 'ann', title: '$(touch /tmp/pwned) `id` <img src=x>' }),
  );
  expect(Object.entries(built).map(([id, { result }]) => `${id}: ${result}`)).toEqual([
    'number: success',
    'build: success',
  ]);
  expect(stepsOf(looked, 'look')).toEqual({
    'Which pull request': 'success',
    'Look at it': 'success',
    'Check and push': 'success',
    'Check and push the images that were built for it': 'success',
    'Deploy them, or say that there are none': 'success',
  });
  expect(stage.stoodIn().find((line) => line.includes('docker:check'))).toMatch(
    /images\.tar --sha [0-9a-f]{40} --pull-request 1 --push --digests /,
  );
  expect(await servers()).toEqual(['aipacto-pr-1-1']);
  expect(commentAt(1)).toContain('http://pr-1.pr.aipacto.com');
  expect(looked['look']?.summary).toContain('### The look at a pull request');
});

test('a comment is never a word of a shell', async () => {
  const trap = join(tmpdir(), `pwned-${process.pid}`);
  const ran = await stage.run(
    'pr-commands.yml',
    eventOf(people().comment(1, { by: 'ann', body: `/status $(touch ${trap}) \`touch ${trap}\`"; touch ${trap}; "` })),
  );
  expect(ran['command']?.result).toBe('success');
  expect(existsSync(trap)).toBe(false);
});

test('a comment without a command, and one of a bot, wake no job', async () => {
  const talk = await stage.run('pr-commands.yml', eventOf(people().comment(1, { by: 'rob', body: 'Looks good' })));
  expect(talk['command']?.result).toBe('skipped');
});

test('merged or closed: nothing is built, and what was there is gone', async () => {
  const { built, looked } = await both(people().close(1));
  expect(Object.entries(built).map(([id, { result }]) => `${id}: ${result}`)).toEqual([
    'number: success',
    'build: skipped',
  ]);
  expect(stepsOf(looked, 'look')).toMatchObject({
    'Look at it': 'success',
    'Deploy them, or say that there are none': 'skipped',
  });
  expect(await servers()).toEqual([]);
});

test("a stranger's: built, and neither pushed nor deployed; what it says of itself in the artifact only says where to look", async () => {
  const before = pushes();
  const { looked } = await both(people().openPull({ author: 'eve', fork: true, ref: 'main"; touch pwned; "' }));
  expect(stepsOf(looked, 'look')).toMatchObject({
    'Look at it': 'success',
    'Check and push the images that were built for it': 'skipped',
    'Deploy them, or say that there are none': 'skipped',
  });
  expect(pushes()).toBe(before);
  expect(await servers()).toEqual([]);
  expect(commentAt(2)).toContain('/deploy');
});

test('once somebody approves that very commit, the images of the earlier run are checked, pushed and deployed', async () => {
  const before = pushes();
  const sha = stage.github.state.pulls.find(({ number }) => number === 2)?.headSha ?? '';
  const ran = await stage.run('pr-commands.yml', eventOf(people().comment(2, { by: 'ann', body: `/deploy ${sha}` })));
  expect(stepsOf(ran, 'command')).toMatchObject({ 'Do what it says': 'success', 'Deploy them': 'success' });
  expect(pushes()).toBe(before + 1);
  expect(await servers()).toEqual(['aipacto-pr-2-1']);
});

test('an artifact that names the pull request of somebody trusted gets no image of a stranger pushed', async () => {
  // Ann's waits for its images while eve's build ends, which says that it is ann's.
  const anns = people().openPull({ author: 'ann' });
  const number = (anns.payload as { number: number }).number;
  const before = pushes();
  const { looked } = await both(people().openPull({ author: 'eve', fork: true, ref: 'forged' }), {}, number);
  expect(looked['look']?.summary).toContain(`pr-${number}: waiting-for-images`);
  expect(stepsOf(looked, 'look')).toMatchObject({
    'Check and push the images that were built for it': 'skipped',
  });
  expect(pushes()).toBe(before);
  people().close(number);
});

test('a build that failed is said, and nothing is deployed', async () => {
  const before = pushes();
  const event = people().openPull({ author: 'ann' });
  const { built, looked } = await both(event, { env: { BUILD_FAILS: 'yes' } });
  expect(built['build']?.result).toBe('failure');
  expect(looked['look']?.result).toBe('success');
  expect(pushes()).toBe(before);
  expect(commentAt((event.payload as { number: number }).number)).toMatch(/build/i);
});

test('an event that got lost is made good by the next sweep', async () => {
  people().close(2);
  const ran = await stage.run('sweep.yml', { name: 'schedule', payload: { schedule: '*/15 * * * *' } });
  expect(stepsOf(ran, 'previews')).toEqual({ Sweep: 'success' });
  expect(ran['previews']?.summary).toContain('### The sweep');
  expect(await servers()).toEqual([]);
});
