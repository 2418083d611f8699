import { expect, test } from 'vitest';
import type { Target } from '../../src/domain/environment.ts';
import type { SecretLine, SecretsAccess } from '../../src/ports/session.ts';
import { run, type World } from './kit.ts';

const lines: readonly SecretLine[] = [
  { name: 'DATABASE_URL', value: 'missing', setAt: null, jobs: ['server'] },
  { name: 'JWT_SECRET', value: 'set', setAt: '2026-11-24T06:30:00.000Z', jobs: ['server', 'web'] },
];
/** A workspace whose secrets remember what they were told. */
const world = (
  typed: string,
  answers: {
    set?: Awaited<ReturnType<SecretsAccess['set']>>;
    unset?: Awaited<ReturnType<SecretsAccess['unset']>>;
  } = {},
) => {
  const told: unknown[] = [];
  const secrets = async (target: Target): Promise<SecretsAccess> => ({
    scope: target.type === 'pr' && target.pullRequest === undefined ? 'all previews' : target.type,
    knows: (name) => name !== 'UNKNOWN',
    waitUntilFree: async () => undefined,
    list: async () => lines,
    set: async (name, value, command) => {
      told.push([target, name, value.reveal(), command]);
      return answers.set ?? 'set';
    },
    unset: async (name, command) => {
      told.push([target, name, command]);
      return answers.unset ?? 'removed';
    },
  });
  const given: World = { typed, answers: { workspace: { secrets } } };
  return { given, told };
};

test('set asks for the value without echo, keeps it, and says when it takes effect; the value is printed nowhere', async () => {
  const { given, told } = world('postgres://secret');
  const ran = await run('secrets set production DATABASE_URL --local', given);
  expect(ran.code).toBe(0);
  expect(told).toEqual([
    [
      { type: 'production' },
      'DATABASE_URL',
      'postgres://secret',
      'reconcile secrets set production DATABASE_URL --local',
    ],
  ]);
  expect(ran.calls).toContain('asked without echo: DATABASE_URL of production (not shown): ');
  expect(ran.stdout).toBe('DATABASE_URL of production is set\nit takes effect with: reconcile production --local\n');
  expect(ran.stdout + ran.stderr).not.toContain('postgres');
});

test('pr alone means all previews, pr 7 one of them', async () => {
  const { given, told } = world('x');
  const all = await run('secrets set pr DATABASE_URL', given);
  expect(all.stdout).toContain('DATABASE_URL of all previews is set\nit takes effect with: reconcile pr <number>');
  await run('secrets set pr 7 DATABASE_URL', given);
  expect(told.map((entry) => (entry as unknown[])[0])).toEqual([{ type: 'pr' }, { type: 'pr', pullRequest: 7 }]);
  expect((await run('secrets list pr', given)).stdout).toContain('Secrets of all previews');
});

test.each([
  'secrets set production DATABASE_URL=postgres://secret',
  'secrets set production DATABASE_URL postgres://secret',
  'secrets set pr 7 DATABASE_URL postgres://secret',
])('a value on the command line is refused and not repeated: %s', async (line) => {
  const { given, told } = world('x');
  const ran = await run(line, given);
  expect(ran.code).toBe(64);
  expect(ran.stderr).toContain('a value on the command line can be seen by every process');
  expect(ran.stdout + ran.stderr).not.toContain('postgres');
  expect(told).toEqual([]);
});

test('names, empty values and unknown names are told', async () => {
  const { given, told } = world('');
  expect((await run('secrets set production database_url', given)).stderr).toContain(
    'database_url is no name of a secret',
  );
  for (const line of ['secrets set', 'secrets set production', 'secrets set pr 7'])
    expect(await run(line, given)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('secrets set needs a target and the name of a secret'),
    });
  expect((await run('secrets', given)).stderr).toContain('secrets needs a verb: secrets list <target>, secrets set');
  const empty = await run('secrets set production DATABASE_URL', given);
  expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining('no value was given')]);
  expect(told).toEqual([]);
  const unknown = await run('secrets set production UNKNOWN', world('x').given);
  expect(unknown.stdout).toContain('no job of infra.yaml reads it yet');
});

test('list shows names and since when, never values; what is missing comes with its command', async () => {
  const { given } = world('');
  expect((await run('secrets list production --local', given)).stdout).toMatchInlineSnapshot(`
    "Secrets of production
    NAME          VALUE    SINCE                 JOBS
    DATABASE_URL  missing  -                     server
    JWT_SECRET    set      2026-11-24 06:30 UTC  server, web
    set it with: reconcile secrets set production DATABASE_URL --local
    "
  `);
  expect(JSON.parse((await run('secrets list production --json', given)).stdout)).toEqual({
    scope: 'production',
    secrets: lines,
  });
});

test('unset says what came of it', async () => {
  const of = async (unset: 'removed' | 'generated' | 'absent') =>
    (await run('secrets unset staging JWT_SECRET', world('', { unset }).given)).stdout.split('\n')[0];
  expect([await of('removed'), await of('generated'), await of('absent')]).toEqual([
    'JWT_SECRET of staging is no longer set',
    'JWT_SECRET of staging has a new value, made at random: infra.yaml wants it generated',
    'JWT_SECRET of staging was not set',
  ]);
});
