import { expect, test } from 'vitest';
import { CloudError, ConfigError, type ConfigProblem, Failure } from '../../src/domain/errors.ts';
import { run, type World } from './kit.ts';
import { change, planOf, statusLines } from './samples.ts';

const failing = (error: unknown, more: Partial<World> = {}): World => ({
  ...more,
  answers: {
    open: () => {
      throw error;
    },
  },
});

const problems: readonly ConfigProblem[] = [
  {
    file: 'infra.yaml',
    line: 12,
    column: 16,
    path: 'environments.production.servers.count',
    message: 'an even number of servers survives no more failures than the odd number below it',
    found: '2',
    allowed: '1, 3, 5 or 7',
  },
  {
    file: 'infra.yaml',
    line: 14,
    column: 5,
    path: 'environments.production.serverz',
    message: 'unknown key',
    suggestion: 'servers',
  },
];

test('all problems of a configuration are printed, each with its place, in text and in JSON', async () => {
  const ran = await run('production', failing(new ConfigError(problems, { next: 'correct infra.yaml' })));
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatchInlineSnapshot(`
    "error: 2 problems in the configuration

      infra.yaml:12:16  environments.production.servers.count
        an even number of servers survives no more failures than the odd number
        below it
        found: 2
        allowed: 1, 3, 5 or 7

      infra.yaml:14:5  environments.production.serverz
        unknown key
        did you mean servers?
      next: correct infra.yaml
    "
  `);
  const json = await run('production --json', failing(new ConfigError(problems)));
  expect(JSON.parse(json.stdout)).toEqual({
    error: { message: '2 problems in the configuration', exitCode: 1, next: null, problems },
  });
});

test('a refusal of Hetzner carries its correlation id; --verbose adds the causes', async () => {
  const cause = new Error('HTTP 409', { cause: new Error('socket closed') });
  const refusal = new CloudError(
    'Hetzner refused: uniqueness_error, server name is already used',
    { code: 'uniqueness_error', status: 409, correlationId: 'abc123', retryable: false },
    { next: 'reconcile production', cause },
  );
  const ran = await run('production --local', failing(refusal));
  expect(ran.stderr).toBe(
    'error: Hetzner refused: uniqueness_error, server name is already used\n  (correlation id abc123)\n  next: reconcile production --local\n',
  );
  const verbose = await run('production --verbose', failing(refusal));
  expect(verbose.stderr).toContain('  caused by Error: HTTP 409\n');
  expect(verbose.stderr).toContain('  caused by Error: socket closed\n');
  const json = JSON.parse((await run('production --json', failing(refusal))).stdout);
  expect(json.error).toMatchObject({ code: 'uniqueness_error', exitCode: 1 });
});

test('a ring of causes ends', async () => {
  const first = new Error('first');
  const second = new Error('second', { cause: first });
  first.cause = second;
  const ran = await run('production --verbose', failing(new Failure('round', { cause: first })));
  expect(ran.stderr.match(/caused by/g)?.length).toBe(8);
});

test('a fault of the program is told as such', async () => {
  const ran = await run('production', failing(new TypeError('x is not a function')));
  expect(ran.code).toBe(1);
  expect(ran.stderr).toBe(
    'error: unexpected: x is not a function\n  next: run it again with --verbose, and report what it prints\n',
  );
});

test('no secret and no half of one gets out: errors, causes, plans, progress, JSON', async () => {
  const token = 'Zk3vJ9qLw8Xy2RtBn5MsHd7GfCp4AeUi0OoKjLmNbVcXzQwErTyUiOpAsDfGhJkL';
  const half = token.slice(0, 32);
  const secrets = [token];
  const error = new Failure(`limit reached for token ${half}…`, {
    done: [`used ${token}`],
    next: `export HCLOUD_TOKEN=${token}`,
    cause: new Error(`with ${token}`),
  });
  const plan = () =>
    planOf([change('server/x-1', 'delete', [{ field: 'name', because: `named ${half}` }])], [], { notices: [token] });
  const session = {
    status: async () => statusLines.map((line) => ({ ...line, detail: `a long detail before it ${half}` })),
  };
  const outputs = [
    await run('production', failing(error, { secrets })),
    await run('production --verbose', failing(error, { secrets })),
    await run('production --json', failing(error, { secrets })),
    await run('plan production', { secrets, answers: { plan } }),
    await run('plan production --json', { secrets, answers: { plan } }),
    await run('status production', { secrets, answers: { session } }),
    await run('production', { secrets, answers: { open: ({ reporter }) => reporter.phase(`asking with ${token}`) } }),
    await run('production', {
      secrets,
      terminal: 80,
      answers: { open: ({ reporter }) => reporter.phase(`with ${token}`) },
    }),
    await run(`plan ${token}`, { secrets }),
  ];
  for (const { stdout, stderr } of outputs) {
    expect(stdout + stderr).toContain('[redacted]');
    for (let at = 0; at + 12 <= token.length; at += 1) expect(stdout + stderr).not.toContain(token.slice(at, at + 12));
  }
});
