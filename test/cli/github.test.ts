import { expect, test } from 'vitest';
import { setOutputs } from '../../src/cli/github-runner.ts';
import type { Io } from '../../src/cli/io.ts';
import { fenced } from '../../src/cli/print/markdown.ts';
import { accessRuleAddress } from '../../src/domain/access-rule.ts';
import { approvalOf, notApproved } from '../../src/domain/approval.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';
import { run } from './kit.ts';
import { change, firstPlan, mixedPlan, outcome, planOf, outputs as sampleOutputs, step } from './samples.ts';

type Comment = Parameters<CodeHost['putComment']>[1];
type Issue = Parameters<CodeHost['putIssue']>[0];

const runner = { GITHUB_STEP_SUMMARY: '/runner/summary', GITHUB_OUTPUT: '/runner/output' };
const hostile = '```\n</details>\n# @everyone <img src=x onerror=alert(1)> [click](http://evil.example)';
const hostilePlan = () =>
  planOf(
    [change('server/production-1', 'rebuild', [{ field: 'name', because: `it says ${hostile} tok-0123456789ab` }])],
    [step('rebuild server/production-1', 'server/production-1', 1_000)],
  );
const commenting = (comments: [number, Comment][]): Partial<CodeHost> => ({
  putComment: async (number, comment) => {
    comments.push([number, comment]);
    return 1;
  },
});

test('plan --comment shows the plan at the pull request, in the one comment that its marker finds again', async () => {
  const comments: [number, Comment][] = [];
  const ran = await run('plan production --comment 7', {
    answers: { plan: mixedPlan },
    codeHost: commenting(comments),
  });
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('the plan is in a comment at pull request 7 of acme/shop\n');
  const [[number, { body, marker, known }] = [0, { body: '', marker: '', known: null }]] = comments;
  expect({ number, marker, known, once: comments.length }).toEqual({
    ...{ number: 7, marker: '<!-- reconcile:plan production -->', known: null, once: 1 },
  });
  expect(body.split('\n').slice(0, 8)).toEqual([
    '<!-- reconcile:plan production -->',
    '### production: 1 blocked, 1 to delete, 1 to rebuild, 2 to update, 1 to adopt, 1 to forget, 2 unchanged',
    '',
    '**Blocked**: it can not be carried out as it is. **Rebuilds, replaces or deletes 2**: somebody has to approve that.',
    '',
    '<details>',
    '<summary>The plan</summary>',
    '',
  ]);
});

test('what people and programs wrote stands inside a fence that it can not close, and no secret is in it', async () => {
  const comments: [number, Comment][] = [];
  await run('plan production --comment 7', {
    answers: { plan: hostilePlan },
    codeHost: commenting(comments),
    secrets: ['tok-0123456789ab'],
  });
  const lines = comments[0]?.[1].body.split('\n') ?? [];
  const fences = lines.flatMap((line, at) => (/^`{4,}/.test(line) ? [at] : []));
  expect(fences).toHaveLength(2);
  const outside = lines.filter((_, at) => at < (fences[0] ?? 0) || at > (fences[1] ?? 0)).join('\n');
  expect(outside).not.toMatch(/everyone|onerror|evil/);
  expect(lines.join('\n')).toContain('@everyone');
  expect(lines.join('\n')).not.toContain('tok-0123456789ab');
});

test('a long plan is folded, and one that is longer than a comment may be is cut and says so', async () => {
  const comments: [number, Comment][] = [];
  const many = (count: number) => () =>
    planOf(
      Array.from({ length: count }, (_, at) =>
        change(`server/production-${at}`, 'update', [
          { field: 'type', from: 'cx23', to: 'cpx22', because: 'it is so' },
        ]),
      ),
      [step('x', 'server/production-1', 1_000)],
    );
  for (const count of [3, 50, 5_000])
    await run('plan production --comment 7', { answers: { plan: many(count) }, codeHost: commenting(comments) });
  const bodies = comments.map(([, { body }]) => body);
  expect(bodies.map((body) => body.includes('<details>'))).toEqual([false, true, true]);
  expect(bodies[2]?.length).toBeLessThan(65_536);
  expect(bodies[2]).toMatch(/… cut here: the whole is longer than a page may be\n```\n\n<\/details>\n$/);
});

test('a fence is longer than any row of backticks inside it', () => {
  expect(fenced(['a ````` b'])).toEqual(['``````text', 'a ````` b', '``````']);
  expect(fenced(['plain'])).toEqual(['```text', 'plain', '```']);
});

const issues = (told: Issue[], number: number | null): Partial<CodeHost> => ({
  putIssue: async (issue) => {
    told.push(issue);
    return number;
  },
});

test('check --issue opens the one issue about drift, and closes it when there is none', async () => {
  const told: Issue[] = [];
  const drift = await run('check production --issue', { answers: { plan: mixedPlan }, codeHost: issues(told, 12) });
  const clean = await run('check production --issue', { codeHost: issues(told, 12) });
  const quiet = await run('check production --issue', { codeHost: issues(told, null) });
  expect([drift.code, clean.code, quiet.code]).toEqual([2, 0, 0]);
  expect(drift.stderr).toContain('issue 12 of acme/shop is up to date\n');
  expect(clean.stderr).toContain('issue 12 of acme/shop closed\n');
  expect(quiet.stderr).not.toContain('issue');
  expect(told.map(({ marker, title, body }) => [marker, title, body?.split('\n')[1] ?? null])).toEqual([
    [
      '<!-- reconcile:check production -->',
      'Drift: production is not as infra.yaml wants it',
      '### production is not as infra.yaml wants it',
    ],
    ['<!-- reconcile:check production -->', 'Drift: production is not as infra.yaml wants it', null],
    ['<!-- reconcile:check production -->', 'Drift: production is not as infra.yaml wants it', null],
  ]);
});

test('check --all --issue has one issue for all, with what differs and nothing else', async () => {
  const told: Issue[] = [];
  const plan = (_: unknown, { type }: { readonly type: string }) =>
    type === 'production' ? mixedPlan() : planOf([], [], { environment: 'staging', environmentType: 'staging' });
  const ran = await run('check --all --issue', { answers: { plan }, codeHost: issues(told, 12) });
  expect(ran.code).toBe(2);
  expect(told[0]?.marker).toBe('<!-- reconcile:check all -->');
  expect(told[0]?.body).toContain('### production is not as infra.yaml wants it');
  expect(told[0]?.body).not.toContain('### staging');
});

test('a check that could not look touches no issue: it does not know', async () => {
  const told: Issue[] = [];
  const plan = () => {
    throw new Error('the cloud does not answer');
  };
  const ran = await run('check production --issue', { answers: { plan }, codeHost: issues(told, 12) });
  expect([ran.code, told]).toEqual([1, []]);
});

test('inside a workflow plan, converge, check and whatever fails add to the summary of the job and say how it ended', async () => {
  const told = async (line: string, answers: NonNullable<Parameters<typeof run>[1]>['answers'] = {}) => {
    const files = { '/runner/summary': 'before\n' };
    const { files: after } = await run(line, { answers, env: runner, files });
    const summary = after['/runner/summary'] ?? '';
    expect(summary.startsWith('before\n')).toBe(true);
    return [summary.split('\n')[1] ?? '', after['/runner/output'] ?? ''];
  };
  const apply = () => outcome();
  const failing = () => outcome({ result: 'failed', failed: [{ step: 'x', message: 'it did not' }] });
  const throwing = () => {
    throw new Error('boom');
  };
  expect({
    plan: await told('plan production', { plan: mixedPlan }),
    'plan, nothing to do': await told('plan production'),
    converge: await told('production --yes', { plan: firstPlan, apply }),
    'converge, nothing to do': await told('production --yes'),
    'converge that failed': await told('production --yes', { plan: firstPlan, apply: failing }),
    'converge that was not begun': await told('production --yes', { plan: mixedPlan }),
    check: await told('check production', { plan: mixedPlan }),
    error: await told('check production', { plan: throwing }),
  }).toMatchInlineSnapshot(`
    {
      "check": [
        "### production is not as infra.yaml wants it",
        "state=drift
    ",
      ],
      "converge": [
        "### production: converged",
        "state=converged
    url=https://aipacto.com
    ",
      ],
      "converge that failed": [
        "### production: failed",
        "state=failed
    ",
      ],
      "converge that was not begun": [
        "### Ended with an error",
        "state=blocked
    ",
      ],
      "converge, nothing to do": [
        "### production: converged",
        "state=unchanged
    url=https://aipacto.com
    ",
      ],
      "error": [
        "### Ended with an error",
        "state=failed
    ",
      ],
      "plan": [
        "### production: 1 blocked, 1 to delete, 1 to rebuild, 2 to update, 1 to adopt, 1 to forget, 2 unchanged",
        "state=blocked
    approval=delete:server/production-4,rebuild:server/production-2
    ",
      ],
      "plan, nothing to do": [
        "### production: no changes, 2 unchanged",
        "state=unchanged
    approval=none
    ",
      ],
    }
  `);
});

test('without a workflow around it nothing is written', async () => {
  const ran = await run('plan production', { answers: { plan: mixedPlan } });
  expect(ran.files).toEqual({});
});

test('what may not be written there changes no exit code, and is said', async () => {
  const said: string[] = [];
  const full = async (): Promise<never> => {
    throw new Error('the disk is full');
  };
  await setOutputs(
    {
      env: runner,
      files: { read: async () => undefined, write: full },
      io: { stderr: { write: (text: string) => void said.push(text) } } as unknown as Io,
      secrets: () => [],
    },
    { state: 'clean' },
  );
  expect(said).toEqual(['GITHUB_OUTPUT: the disk is full\n']);
});

test('an output is one line: what is in it can not write outputs of its own', async () => {
  const evil = () => outcome();
  const outputs = { ...sampleOutputs, environment_url: 'https://a.example\nstate=hacked\r\nx=1' };
  const ran = await run('production --yes', {
    answers: { plan: firstPlan, apply: evil, session: { outputs: async () => outputs } },
    env: runner,
  });
  expect(ran.files['/runner/output']).toBe('state=converged\nurl=https://a.example state=hacked x=1\n');
});

test('an approval names what is lost; a plan that loses less passes, one that loses anything else is refused, exit 4', async () => {
  expect(approvalOf(firstPlan())).toBe('none');
  expect(approvalOf(mixedPlan())).toBe('delete:server/production-4,rebuild:server/production-2');
  const less = planOf([change('server/production-2', 'rebuild')]);
  expect(notApproved(less, approvalOf(mixedPlan()))).toEqual([]);
  const plan = () => planOf([change('server/production-2', 'rebuild')], [step('x', 'server/production-2', 1_000)]);
  const refused = await run('production --yes --approved none', { answers: { plan } });
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain('error: not approved: rebuild server/production-2\n');
  expect(refused.calls.filter((call) => call.startsWith('applied'))).toEqual([]);
  const other = await run('production --yes --approved rebuild:server/production-1', { answers: { plan } });
  expect(other.code).toBe(4);
  const done = await run('production --yes --approved rebuild:server/production-2', { answers: { plan } });
  expect(done.code).toBe(0);
});

test('what let a dead runner in is nothing to approve', () => {
  const plan = planOf([change(accessRuleAddress('production', '20261130T100000-ab12cd'), 'delete')]);
  expect(approvalOf(plan)).toBe('none');
});

test('an approval that is none is refused before anything is opened', async () => {
  const ran = await run('production --yes --approved yes');
  expect([ran.code, ran.calls]).toEqual([64, []]);
  expect(ran.stderr).toContain('--approved wants none, or what a plan says under approval, found: yes');
});
