import { expect, test } from 'vitest';
import type { LeaseRecord } from '../../src/domain/lease.ts';
import type { MigrationPlan, StateAccess, StoreReport } from '../../src/ports/state-access.ts';
import { run } from './kit.ts';
import { state } from './samples.ts';

const record: LeaseRecord = {
  holder: 'ci@runner',
  host: 'runner',
  pid: 42,
  command: 'reconcile production --yes',
  acquiredAt: '2026-11-30T09:59:00.000Z',
  expiresAt: '2026-11-30T10:00:45.000Z',
  fencingToken: 7,
  released: false,
};

test('unlock shows who holds the lease and what ending it means, asks, and ends what was shown', async () => {
  const ended: LeaseRecord[] = [];
  const access: Partial<StateAccess> = {
    lease: async () => ({ standing: 'held', record, leftMs: 45_000 }),
    unlock: async (shown) => {
      ended.push(shown);
      return shown;
    },
  };
  const no = await run('state unlock production', { terminal: 80, answers: { state: access } });
  expect([no.code, ended]).toEqual([1, []]);
  expect(no.stdout).toMatchInlineSnapshot(`
    "The lease on production is held
      by     ci@runner, process 42 on runner
      for    reconcile production --yes
      since  2026-11-30 09:59 UTC
      until  2026-11-30 10:00 UTC, 45 s from now; renewed while its run works
    A run that died is no reason: its lease runs out by itself within a minute. End
    it only if that process can no more renew it and you know so. Should it live
    after all, its next write of the state is refused and it stops; what it has
    asked of the cloud until then stays, and the next run finds it.
    "
  `);
  const yes = await run('state unlock production --local --yes', { answers: { state: access } });
  expect([yes.code, ended]).toEqual([0, [record]]);
  expect(yes.stdout).toContain('reconcile plan production --local');
});

test.each([
  ['free', 'it was given back by ci@runner'],
  ['expired', 'it ran out at 2026-11-30 10:00 UTC'],
  ['dead', 'its process is gone: ci@runner'],
] as const)('there is nothing to unlock in a lease that is %s, and nothing is asked', async (standing, why) => {
  const lease = async () => ({ standing, record, leftMs: 0 });
  const ran = await run('state unlock production', { answers: { state: { lease } } });
  expect(ran.code).toBe(0);
  expect(ran.stdout.replaceAll(/\n\s*/g, ' ')).toContain(why);
  expect(
    JSON.parse((await run('state unlock production --json', { answers: { state: { lease } } })).stdout),
  ).toMatchObject({ standing, ended: false });
});

test('keygen writes the identity into a file of its own and shows only the recipient; an existing one is left alone', async () => {
  const made = await run('state keygen --out age.txt');
  expect([made.code, made.files['age.txt'], made.modes['age.txt']]).toEqual([0, 'the identity\n', 0o600]);
  expect(made.stdout).toContain('recipients:\n      - age1recipient\n    identity: age.txt');
  expect(made.stdout + made.stderr).not.toContain('the identity\n');
  const again = await run('state keygen --out age.txt', { files: { 'age.txt': 'older' } });
  expect([again.code, again.files['age.txt']]).toEqual([1, 'older']);
  const home = await run('state keygen', { env: { HOME: '/home/ada' } });
  expect(Object.keys(home.files)).toEqual(['/home/ada/.config/age/reconcile.txt']);
});

const report: StoreReport = {
  place: 's3://bucket',
  made: 'made',
  versioning: 'turned on',
  honours: { place: 's3://bucket', createIfAbsent: true, replaceIfMatch: true, etags: 'unquoted', triedAt: '' },
  refused: null,
};

test('init tells what was made and what the store honours; a store that lies is exit 1 with the way out', async () => {
  const initStore = async () => report;
  const good = await run('state init', { answers: { workspace: { initStore } } });
  expect([good.code, good.stdout]).toEqual([
    0,
    's3://bucket is made\n  versions: turned on now\n  refuses to make what is there already (If-None-Match): yes\n  refuses to replace what has changed (If-Match): yes\n  takes ETags unquoted\n',
  ]);
  const honours = { ...report.honours, replaceIfMatch: false };
  const lying = { ...report, honours, refused: { message: 'it ignores If-Match', next: 'lease: hetzner' } };
  const bad = await run('state init', { answers: { workspace: { initStore: async () => lying } } });
  expect([bad.code, bad.stderr]).toEqual([1, 'error: it ignores If-Match\n  next: lease: hetzner\n']);
  expect(bad.stdout).toContain('refuses to replace what has changed (If-Match): no');
});

test('migrate shows what moves, asks, moves it, and says what to write then', async () => {
  const plan: MigrationPlan = {
    from: 'state/files',
    to: 's3://bucket',
    environments: [
      { name: 'production', serial: 12, standing: 'on the way' },
      { name: 'staging', serial: 3, standing: 'to move' },
    ],
    others: 4,
    finished: false,
  };
  const moved: string[] = [];
  const migrate = async (to: string) => ({
    plan,
    carryOut: async (command: string) => void moved.push(`${to}: ${command}`),
  });
  const answers = { workspace: { migrate } };
  expect((await run('state migrate --to s3', { answers })).code).toBe(64);
  expect(moved).toEqual([]);
  const ran = await run('state migrate --to s3 --yes', { answers });
  expect([ran.code, moved]).toEqual([0, ['s3: reconcile state migrate --to s3']]);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "Move the states of this project from state/files to s3://bucket
      STATE       SERIAL
      production      12  on the way
      staging          3  to move
      and 4 documents beside them: copies of keys, earlier documents, certificates
      no run can be at work meanwhile; should it be stopped, the same command goes on
    moved: nothing is in use in state/files any more
    next: write under state of infra.yaml: backend: s3
    "
  `);
  expect((await run('state migrate', { answers })).stderr).toContain('--to s3 or --to local');
  expect((await run('state migrate --to r2', { answers })).stderr).toContain('--to wants s3 or local, found: r2');
});

test('state show says who can open it, and what a run that did not end was at', async () => {
  const unfinished = {
    ...{ run: 'r', holder: 'ci@runner', command: 'reconcile production', startedAt: '2026-11-30T09:00:00.000Z' },
    steps: ['create server/production-2'],
  };
  const show = async () => ({ path: 's3://bucket/production.json', state, recipients: ['age1a', 'age1b'], unfinished });
  const ran = await run('state show production', { answers: { state: { show } } });
  expect(ran.stdout.replaceAll(/\n\s+/g, ' ')).toContain(
    'secrets: sealed for 2 recipients\nthe last run has not said how it ended: reconcile production, of ci@runner, begun 2026-11-30 09:00 UTC, at create server/production-2; the next run finds what it made',
  );
});

test('shared and pr mean the state of what all previews share', async () => {
  const seen: unknown[] = [];
  const workspace = {
    state: async (target: unknown) => {
      seen.push(target);
      return { show: async () => null, scope: 'shared' } as never;
    },
  };
  await run('state show shared', { answers: { workspace } });
  await run('state show pr', { answers: { workspace } });
  await run('state show pr 7', { answers: { workspace } });
  expect(seen).toEqual([{ type: 'pr' }, { type: 'pr' }, { type: 'pr', pullRequest: 7 }]);
});

test('the doctor prints a line for each check, what to do about the bad ones, and exit 1 when there is one', async () => {
  const checks = [
    { name: 'configuration', result: 'ok', detail: 'project shop: production' },
    { name: 'state store', result: 'bad', detail: 's3://bucket does not answer', next: 'reconcile state init' },
    { name: 'clock', result: 'skipped', detail: 'the store comes first' },
  ] as const;
  const ran = await run('doctor --config shop.yaml', { checks });
  expect([ran.code, ran.stdout]).toEqual([
    1,
    '  configuration  ok       project shop: production\n  state store    bad      s3://bucket does not answer\n                          next: reconcile state init --config shop.yaml\n  clock          skipped  the store comes first\n\n1 check of 3 is bad\n',
  ]);
  expect((await run('doctor', { checks: checks.slice(0, 1) })).code).toBe(0);
  expect(JSON.parse((await run('doctor --json', { checks })).stdout)).toEqual({ good: false, checks });
});

test.each(['state push production', 'state pull production --serial x', 'state rebuild', 'state keygen production'])(
  'wrong usage is exit 64 with the help of the verb: %s',
  async (line) => {
    const ran = await run(line);
    expect([ran.code, ran.stderr]).toEqual([
      64,
      expect.stringContaining(`next: reconcile state ${line.split(' ')[1]} --help`),
    ]);
  },
);
