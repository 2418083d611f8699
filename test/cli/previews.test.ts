import { describe, expect, test } from 'vitest';
import type { LifeReport, LookedAt, WakingEvent } from '../../src/ports/preview-life.ts';
import type { PreviewOptions } from '../../src/ports/session.ts';
import { run, type World } from './kit.ts';

const looked = (more: Partial<LookedAt> = {}): LookedAt => ({
  pullRequest: 7,
  environment: 'pr-7',
  state: 'deployed',
  sha: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d',
  action: 'deployed',
  because: 'it runs commit 1a2b3c4',
  did: ['deployed 1a2b3c4 to pr-7'],
  url: 'https://pr-7.pr.example.com',
  comment: 'https://github.com/acme/shop/pull/7#issuecomment-5',
  end: 'done',
  trouble: null,
  ...more,
});
const report = (...all: readonly LookedAt[]): LifeReport => ({
  ignored: null,
  looked: all,
  notes: [],
  problems: [],
  requests: { github: 6, githubLeft: 4988, hetzner: { read: 6, write: 0 } },
});

interface Called {
  readonly events: WakingEvent[];
  readonly sweeps: boolean[];
  readonly options: PreviewOptions[];
}
/** A world in which every look ends so. */
const worldOf = (ends: LifeReport, more: World = {}): { readonly world: World; readonly called: Called } => {
  const called: Called = { events: [], sweeps: [], options: [] };
  const life = {
    event: async (event: WakingEvent) => {
      called.events.push(event);
      return ends;
    },
    sweep: async ({ dry }: { readonly dry: boolean }) => {
      called.sweeps.push(dry);
      return ends;
    },
  };
  const workspace = {
    life: async (options: PreviewOptions) => {
      called.options.push(options);
      return life;
    },
  };
  const files = { 'event.json': '{"number":7}', ...more.files };
  return { world: { ...more, files, answers: { workspace } }, called };
};
const event = 'event --event pull_request --payload event.json';

test('an event: what was decided and why, what was done, where it was said, and what that took', async () => {
  const { world, called } = worldOf(report(looked()));
  const ran = await run(event, world);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toBe(`pr-7: deployed
  it runs commit 1a2b3c4
  - deployed 1a2b3c4 to pr-7
  https://pr-7.pr.example.com
  said at https://github.com/acme/shop/pull/7#issuecomment-5
requests: 6 to GitHub (4988 left), 6 to Hetzner
`);
  expect(called.events).toEqual([
    { name: 'pull_request', file: 'event.json', text: '{"number":7}', images: {}, sha: null },
  ]);
  expect(called.options[0]).toMatchObject({ kinds: 'needed', waitMs: 600_000 });
});

test('name and payload come from the workflow, images and their commit from the command line', async () => {
  const env = { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_EVENT_PATH: 'event.json' };
  const { world, called } = worldOf(report(), { env });
  const sha = 'a'.repeat(40);
  await run(`event --image web=acme/web:1 --image server=acme/server:1 --sha ${sha}`, world);
  expect(called.events[0]).toMatchObject({
    name: 'workflow_run',
    images: { web: 'acme/web:1', server: 'acme/server:1' },
    sha,
  });
  expect((await run('event --sha 1a2b3c4', world)).code).toBe(64);
});

test.each(['schedule', 'workflow_dispatch'])('%s looks at everything, and is not waited for', async (name) => {
  const { world, called } = worldOf(report());
  await run('event', { ...world, env: { GITHUB_EVENT_NAME: name } });
  expect(called.sweeps).toEqual([false]);
  expect(called.options[0]).toMatchObject({ kinds: 'all', waitMs: 0 });
});

describe('exit codes', () => {
  const held = looked({ end: 'held', trouble: 'pr-7 is being changed by ci@runner' });
  const failed = looked({ end: 'failed', trouble: 'pr-7 was not deployed: no stock' });
  test.each([
    ['waiting is no failure', report(looked({ end: 'waiting', state: 'waiting-for-place' })), 0],
    ['another run is at it', report(looked(), held), 3],
    ['a failure does not hide behind it', report(held, failed), 1],
    ['a list that did not come whole', { ...report(looked()), problems: ['the list did not come whole'] }, 1],
    ['an event that concerns nobody', { ...report(), ignored: 'it is of another repository' }, 0],
  ])('%s', async (_what, ends, code) => {
    const { world } = worldOf(ends);
    expect((await run(event, world)).code).toBe(code);
  });
});

test('in a workflow: a summary in which nothing is markup, and outputs of one line each', async () => {
  const env = { GITHUB_OUTPUT: 'outputs', GITHUB_STEP_SUMMARY: 'summary' };
  const hostile = '</code>```\n<img src=x>\u001b[2J [click](https://evil.example) @team';
  const { world } = worldOf(report(looked({ because: hostile, url: 'https://pr-7.example.com\nstate=hacked' })), {
    env,
  });
  const ran = await run(event, world);
  expect(ran.files['outputs']).toBe(
    'url=https://pr-7.example.com state=hacked\nstate=deployed\nenvironment=pr-7\nsha=1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d\n',
  );
  expect(ran.files['summary']).toMatch(/^### The look at a pull request\n\n````text\n[\s\S]*\n````\n\n$/);
  expect(ran.stdout + ran.files['summary']).not.toContain('\u001b');
});

test('nobody gives commands to a runner by what we print', async () => {
  const hostile = '##[set-output name=environment;]pr-1\n::set-output name=state::deployed\n  ::stop-commands::x';
  const { world } = worldOf({ ...report(looked({ because: hostile, trouble: hostile })), problems: [hostile] });
  for (const line of [event, `${event} --json`]) {
    const { stdout, stderr } = await run(line, { ...world, env: { ...world.env, GITHUB_ACTIONS: 'true' } });
    expect(stdout).toContain('set-output');
    expect(stdout + stderr).not.toMatch(/##\[|^\s*::/m);
  }
  expect((await run(event, world)).stdout).toContain('##[');
});

test('a sweep says what went first, and why the rest stays; --dry-run only what it would do', async () => {
  const gone = looked({
    environment: 'pr-3',
    ...{ state: 'destroyed', action: 'destroyed', because: 'the pull request is merged', url: null, comment: null },
    did: ['destroyed pr-3: merged'],
  });
  const kept = looked({ action: 'kept', did: [], comment: null });
  const { world, called } = worldOf({ ...report(kept, gone), notes: ['gave back server pool-2'] });
  expect((await run('sweep', world)).stdout).toBe(`destroyed (1)
  pr-3: destroyed
    the pull request is merged
    - destroyed pr-3: merged

kept (1)
  pr-7: deployed
    it runs commit 1a2b3c4
    https://pr-7.pr.example.com

gave back server pool-2
requests: 6 to GitHub (4988 left), 6 to Hetzner
`);
  expect((await run('sweep --dry-run', world)).stdout).toContain('would be destroyed (1)\n  pr-3: destroyed\n');
  expect(called.sweeps).toEqual([false, true]);
});

test('--json: one document', async () => {
  const { world } = worldOf(report(looked()));
  expect(JSON.parse((await run(`${event} --json`, world)).stdout)).toEqual(report(looked()));
});
