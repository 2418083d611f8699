import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { actionFiles, loadAction, loadWorkflow, root, type Step, textOf, workflowFiles } from './workflow.ts';

/* What every workflow of this repository must be, read from its YAML. */

const workflows = workflowFiles.map((file) => ({ file, ...loadWorkflow(file) }));
const actions = actionFiles.map((file) => ({ file, ...loadAction(file) }));
const jobs = workflows.flatMap((workflow) =>
  Object.entries(workflow.jobs).map(([id, job]) => ({ where: `${workflow.file}: ${id}`, workflow, id, ...job })),
);
const steps: readonly (Step & { readonly where: string })[] = [
  ...jobs.flatMap(({ where, steps: own }) => own.map((step) => ({ ...step, where }))),
  ...actions.flatMap(({ file, runs }) => runs.steps.map((step) => ({ ...step, where: file }))),
];
const environmentOf = ({ environment }: (typeof jobs)[number]): string | undefined =>
  typeof environment === 'string' ? environment : environment?.name;
const secretsIn = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/\bsecrets\.([A-Z_]+)/g)].map((match) => match[1] ?? '');

test('the workflows that the project is about are there', () => {
  expect(workflowFiles).toEqual([
    'changes.yml',
    'ci.yml',
    'deploy-pr.yml',
    'deploy-production.yml',
    'deploy-staging.yml',
    'drift-check.yml',
    'plan.yml',
    'pr-commands.yml',
    'preview.yml',
    'sweep.yml',
  ]);
});

test("every action of somebody else's is pinned by a commit, with its version beside it", () => {
  const used = [...workflowFiles.map(textOf), ...actionFiles.map((file) => readFileSync(join(root, file), 'utf8'))]
    .flatMap((text) => text.split('\n'))
    .filter((line) => /^\s*(?:- )?uses:/.test(line))
    .map((line) => line.trim().replace(/^(?:- )?uses: /, ''));
  expect(used.length).toBeGreaterThan(20);
  const loose = used.filter((line) => !/^[\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line));
  expect([...new Set(loose)]).toEqual(['./.github/actions/preview-images']);
  // One commit of each: two versions of an action are one too many.
  const commits = new Set(used.filter((line) => !line.startsWith('./')));
  expect(commits.size).toBe(new Set([...commits].map((line) => line.split('@')[0])).size);
});

test('nothing is allowed to a whole workflow; each job says what it may, and how long', () => {
  for (const { file } of workflows) expect(textOf(file)).toMatch(/^permissions: \{\}$/m);
  expect(jobs.filter((job) => job['timeout-minutes'] > 60).map(({ where }) => where)).toEqual([]);
  const writers = jobs
    .map(({ where, permissions }) => [where, Object.keys(permissions).filter((name) => permissions[name] === 'write')])
    .filter(([, names]) => names?.length !== 0);
  expect(Object.fromEntries(writers)).toEqual({
    'drift-check.yml: check': ['issues'],
    'plan.yml: plan': ['pull-requests'],
    'pr-commands.yml: command': ['pull-requests', 'deployments', 'checks'],
    'preview.yml: look': ['pull-requests', 'deployments', 'checks'],
    'sweep.yml: previews': ['pull-requests', 'deployments', 'checks'],
  });
});

test('what people write is never a word of a shell: an expression in a run is nowhere', () => {
  expect(steps.filter(({ run }) => run?.includes('${{')).map(({ where, name }) => `${where}: ${name}`)).toEqual([]);
  // Nor does it choose a shell, a folder or what is used.
  const chosen = steps.flatMap(({ uses, shell, ...step }) => [uses, shell, step['working-directory']]);
  expect(chosen.filter((text) => text?.includes('${{') && text !== '${{ inputs.working-directory }}')).toEqual([]);
});

test('names of branches, titles and bodies reach nothing but a group of runs or an if', () => {
  const hostile = /github\.(?:head_ref|event\.[\w.[\]]*(?:title|body|head_branch|head\.ref|label|message|name\b))/;
  const values = steps.flatMap(({ where, env, with: given }) =>
    Object.entries({ ...env, ...given }).map(([name, value]) => `${where}: ${name}: ${value}`),
  );
  expect(values.filter((value) => hostile.test(value))).toEqual([]);
});

test('no checkout keeps its token, and none is made of a pull request where there are secrets but the one that is data', () => {
  const checkouts = jobs.flatMap((job) =>
    job.steps
      .filter(({ uses }) => uses?.startsWith('actions/checkout@'))
      .map((step) => ({ where: job.where, environment: environmentOf(job), with: step.with ?? {} })),
  );
  expect(checkouts.filter((checkout) => checkout.with['persist-credentials'] !== false)).toEqual([]);
  expect(checkouts.filter((checkout) => 'allow-unsafe-pr-checkout' in checkout.with)).toEqual([]);
  const ofChanges = checkouts.filter((checkout) => 'ref' in checkout.with);
  expect(ofChanges.map(({ where, environment, with: { path } }) => ({ where, environment, path }))).toEqual([
    { where: 'deploy-pr.yml: build', environment: undefined, path: undefined },
    { where: 'plan.yml: plan', environment: 'production', path: 'change' },
  ]);
});

test('nothing runs as pull_request_target', () => {
  expect(workflows.filter(({ on }) => 'pull_request_target' in on).map(({ file }) => file)).toEqual([]);
});

test('what runs the code of a pull request has no secret, no environment, and no right but to read', () => {
  const open = jobs.filter(({ workflow }) => 'pull_request' in workflow.on);
  expect(open.map(({ where }) => where)).toEqual([
    'changes.yml: touched',
    'ci.yml: test',
    'deploy-pr.yml: number',
    'deploy-pr.yml: build',
  ]);
  for (const job of open) {
    expect(secretsIn(job)).toEqual([]);
    expect(environmentOf(job)).toBeUndefined();
    expect(Object.entries(job.permissions).filter(([name, how]) => name !== 'contents' || how !== 'read')).toEqual([]);
  }
});

test('a secret is only in a job with an environment, and only in the step that needs it', () => {
  for (const job of jobs) {
    const { steps: own, ...around } = job;
    const { jobs: _all, ...workflow } = job.workflow;
    expect([...secretsIn({ ...around, workflow: null }), ...secretsIn(workflow)]).toEqual([]);
    if (environmentOf(job) === undefined) expect(secretsIn(own)).toEqual([]);
    for (const step of own.filter(({ run }) => run?.startsWith('npm ci') || run?.includes('docker:build')))
      expect(secretsIn(step)).toEqual([]);
  }
  // The gate has none: it could not be misused for more than letting one run go on.
  const gates = jobs.filter((job) => environmentOf(job) === 'production-approval');
  expect(gates.flatMap(({ steps: own }) => secretsIn(own))).toEqual([]);
});

test('each environment is used by the jobs that its name says', () => {
  const used = Object.groupBy(jobs, (job) => environmentOf(job) ?? 'none');
  expect(Object.fromEntries(Object.entries(used).map(([name, of]) => [name, of?.map(({ where }) => where)]))).toEqual({
    none: ['changes.yml: touched', 'ci.yml: test', 'deploy-pr.yml: number', 'deploy-pr.yml: build'],
    production: [
      'deploy-production.yml: images',
      'deploy-production.yml: plan',
      'deploy-production.yml: apply',
      'plan.yml: plan',
    ],
    'production-approval': ['deploy-production.yml: approve'],
    staging: ['deploy-staging.yml: images', 'deploy-staging.yml: apply'],
    preview: ['pr-commands.yml: command', 'preview.yml: look', 'sweep.yml: previews'],
    '${{ matrix.target }}': ['drift-check.yml: check', 'sweep.yml: doors'],
  });
});

test('a run that changes something is never cancelled; what only builds or tests is', () => {
  for (const job of jobs) {
    const group = job.concurrency ?? job.workflow.concurrency;
    expect(group, job.where).toBeDefined();
    expect(group?.['cancel-in-progress'], job.where).toBe(environmentOf(job) === undefined);
  }
  const groups = jobs.map((job) => (job.concurrency ?? job.workflow.concurrency)?.group);
  expect(new Set(groups)).toEqual(
    new Set([
      'production',
      'staging',
      'sweep',
      'drift-check-${{ matrix.target }}',
      'plan-${{ github.event.workflow_run.head_repository.id }}-${{ github.event.workflow_run.head_branch }}',
      'preview-${{ github.event.workflow_run.id }}',
      'pr-command-${{ github.event.comment.id }}',
      'ci-${{ github.ref }}',
      'deploy-pr-${{ github.event.pull_request.number }}',
      'changes-${{ github.event.pull_request.number }}',
    ]),
  );
});

test('what wakes another workflow is there under that name', () => {
  const names = workflows.map(({ name }) => name);
  const woken = workflows.flatMap(
    ({ on }) => (on['workflow_run'] as { workflows?: string[] } | undefined)?.workflows ?? [],
  );
  expect(woken).toEqual(['changes', 'deploy-pr']);
  expect(woken.filter((name) => !names.includes(name))).toEqual([]);
});

test('every secret, variable, environment and permission is explained in docs/github.md', () => {
  const page = readFileSync(join(root, 'docs/github.md'), 'utf8');
  const named = [
    ...new Set(
      [...workflowFiles.map(textOf), readFileSync(join(root, actionFiles[1]), 'utf8')].flatMap((text) =>
        [...text.matchAll(/\b(?:secrets|vars)\.([A-Z_]+)/g)].map((match) => match[1] ?? ''),
      ),
    ),
  ];
  expect(named.length).toBeGreaterThan(10);
  const environments = jobs.map(environmentOf).filter((name) => name !== undefined && !name.includes('{'));
  const rights = jobs.flatMap(({ permissions }) => Object.entries(permissions).map(([name, how]) => `${name}: ${how}`));
  const missing = [...named, ...environments, ...rights].filter((name) => !page.includes(`\`${name}\``));
  expect([...new Set(missing)]).toEqual([]);
});

const actionlint = (): string | undefined => {
  const given = process.env['ACTIONLINT_BIN'];
  if (given !== undefined && given !== '') return given;
  const found = (process.env['PATH'] ?? '').split(':').map((path) => join(path, 'actionlint'));
  return found.find((path) => existsSync(path));
};
const linter = actionlint();

test.skipIf(linter === undefined)(
  `actionlint finds nothing${linter === undefined ? ' (skipped: no actionlint on PATH or ACTIONLINT_BIN)' : ''}`,
  () => {
    const ran = spawnSync(linter ?? '', ['-no-color'], { cwd: root, encoding: 'utf8' });
    expect(ran.error).toBeUndefined();
    expect(`${ran.stdout}${ran.stderr}`).toBe('');
    expect(ran.status).toBe(0);
  },
);
