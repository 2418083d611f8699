import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Runner, runWorkflow } from './local-runner.ts';
import type { Job, Step, Workflow } from './workflow.ts';

/* The runner that the stories of workflows rely on (npm run test:runs), held to what GitHub's does. */

const directory = mkdtempSync(join(tmpdir(), 'runner-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const runner: Runner = {
  directory,
  repository: 'acme/shop',
  sha: '0'.repeat(40),
  eventName: 'push',
  event: { title: '"; echo pwned; "' },
  token: 't',
  vars: {},
  secrets: { production: { TOKEN: 'of production' } },
  uses: {},
  env: { PATH: process.env['PATH'] ?? '' },
};
const job = (steps: Step[], more: Partial<Job> = {}): Job => ({
  'runs-on': 'here',
  'timeout-minutes': 1,
  permissions: {},
  needs: [],
  steps,
  ...more,
});
const run = (jobs: Record<string, Job>, more: Partial<Runner> = {}) =>
  runWorkflow({ name: 'x', on: {}, permissions: {}, jobs } satisfies Workflow, { ...runner, ...more });

test('outputs go from step to step and job to job; a failure skips what needs it, and wakes what asks for it', async () => {
  const ran = await run({
    first: job([{ id: 'a', run: 'echo "x=1" >> "$GITHUB_OUTPUT"; echo "# told" >> "$GITHUB_STEP_SUMMARY"' }], {
      outputs: { x: '${{ steps.a.outputs.x }}' },
    }),
    second: job(
      [
        { id: 'b', env: { X: '${{ needs.first.outputs.x }}' }, run: 'echo "got $X"; exit 3' },
        { run: 'echo never' },
        { if: 'failure()', run: 'echo after' },
      ],
      { needs: ['first'] },
    ),
    third: job([{ run: 'true' }], { needs: ['second'] }),
    fourth: job([{ run: 'true' }], { needs: ['second'], if: "!cancelled() && needs.second.result == 'failure'" }),
  });
  expect(Object.entries(ran).map(([id, { result }]) => `${id} ${result}`)).toEqual([
    'first success',
    'second failure',
    'third skipped',
    'fourth success',
  ]);
  expect(ran['first']?.summary).toBe('# told\n');
  expect(ran['second']?.steps.map(({ outcome, log }) => [outcome, log])).toEqual([
    ['failure', 'got 1\n'],
    ['skipped', ''],
    ['success', 'after\n'],
  ]);
});

test('a secret is there in the jobs of its environment and in no other; a reviewer may refuse', async () => {
  const step = { env: { TOKEN: '${{ secrets.TOKEN }}' }, run: 'echo "[$TOKEN]"' };
  const jobs = { with: job([step], { environment: 'production' }), without: job([step]) };
  const ran = await run(jobs);
  expect([ran['with']?.steps[0]?.log, ran['without']?.steps[0]?.log]).toEqual(['[of production]\n', '[]\n']);
  expect((await run(jobs, { refuses: ['production'] }))['with']?.result).toBe('failure');
});

test('a value of the environment is no text of the script', async () => {
  const ran = await run({ a: job([{ env: { TITLE: '${{ github.event.title }}' }, run: 'echo "$TITLE"' }]) });
  expect(ran['a']?.steps[0]?.log).toBe('"; echo pwned; "\n');
});

test('an action that nothing stands in for is refused', async () => {
  await expect(run({ a: job([{ uses: 'somebody/else@v1' }]) })).rejects.toThrow('nothing stands in for somebody/else');
});
