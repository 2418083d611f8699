import { expect, test } from 'vitest';
import { createLab } from '../support/lab.ts';
import { createRecordingReporter } from '../support/recording-reporter.ts';
import { poolConfig } from './config.ts';

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

test("previews on staging's servers: staging gets their names, and keeps its own jobs", async () => {
  const lab = createLab({ config: poolConfig('    pool: { on: staging }\n') });
  const made = await lab.run('pr 7 --yes');
  expect(made.exitCode, made.stderr).toBe(0);
  expect(made.stdout).toContain('+ server/staging-1');
  expect(made.stdout).toContain('+ namespace/pr-7');
  const { zones } = await lab.api('GET', '/zones');
  const { rrsets } = await lab.api('GET', `/zones/${zones[0].id}/rrsets`);
  const names = rrsets.map(({ name, type }: { name: string; type: string }) => `${name} ${type}`);
  expect(names).toContain('*.pr A');
  expect(names).toContain('staging A');

  expect((await lab.run('check staging')).exitCode).toBe(0);
  const refused = await lab.run('destroy staging --yes');
  expect(refused.exitCode).toBe(4);
  expect((await lab.run('destroy pr 7 --yes')).exitCode).toBe(0);
  const status = await lab.run('status staging');
  expect(status.exitCode, status.stdout).toBe(0);
  expect(status.stdout).toContain('web');
});

test('staging that stands already is asked to let previews in, by its own plan', async () => {
  const lab = createLab();
  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  lab.config = poolConfig('    pool: { on: staging }\n');
  const plan = await lab.run('plan pr 7');
  expect(plan.exitCode).toBe(2);
  expect(plan.stdout).toContain('+ rrset/aipacto.com/*.pr/A');
  const made = await lab.run('pr 7 --yes');
  expect(made.exitCode, made.stderr).toBe(0);
  expect((await lab.run('check staging')).exitCode).toBe(0);
});

test('previews move from staging to a pool only by being destroyed first: nothing of theirs is left on staging', async () => {
  const onStaging = poolConfig('    pool: { on: staging }\n');
  const lab = createLab({ config: onStaging });
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  expect((await lab.run('pr 8 --yes')).exitCode).toBe(0);
  lab.config = poolConfig();
  for (const command of ['pr 7 --yes', 'destroy pr 7 --yes']) {
    const refused = await lab.run(command);
    expect(refused.exitCode, command).toBe(4);
    expect(flat(refused.stdout)).toContain('it runs on the servers of staging');
    expect(flat(refused.stdout)).toContain('write on: staging under environments.pr.pool once more');
  }
  // Staging without the names of previews has another disk: its plan says whose work goes with the old one.
  const plan = await lab.run('plan staging');
  expect(flat(plan.stdout)).toContain('and what runs there of pr-7, pr-8');
  const destroy = await lab.run('destroy staging --yes');
  expect(destroy.exitCode).toBe(4);
  expect(flat(destroy.stderr)).toContain('first reconcile destroy pr 7');
  lab.config = onStaging;
  expect((await lab.run('destroy pr 7 --yes')).exitCode).toBe(0);
  expect((await lab.run('destroy pr 8 --yes')).exitCode).toBe(0);
  lab.config = poolConfig();
  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  expect((await lab.run('check --all')).exitCode).toBe(0);
});

test('where previews run on staging there is no pool, and that is what the refusal speaks of', async () => {
  const lab = createLab({ config: poolConfig('    pool: { on: staging }\n') });
  const refused = await lab.run('plan pool');
  expect(refused.exitCode).toBe(1);
  expect(flat(refused.stderr)).toContain('write on: pool under environments.pr.pool');
});

test('staging gets another disk for previews only by its own name, or where that was approved', async () => {
  const lab = createLab();
  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  lab.config = poolConfig('    pool: { on: staging }\n');
  const refused = await lab.run('pr 7 --yes --approved none');
  expect(refused.exitCode).toBe(4);
  expect(flat(refused.stderr)).toContain('not approved: rebuild server/staging-1');

  // An event of a pull request approves nothing.
  const workspace = await lab.open(createRecordingReporter(lab.emulator.clock), () => undefined);
  const { signal } = new AbortController();
  const world = workspace.previews({ command: 'reconcile event', signal, kinds: 'needed', allowRunner: null });
  const wanted = { pullRequest: 7, images: null, redeploy: false, stillWanted: async () => null };
  const event = await (await world).deploy(wanted);
  expect(event).toMatchObject({ result: 'blocked' });
  expect(flat(JSON.stringify(event))).toContain('that wipes the disk of aipacto-staging-1');
  expect(flat(JSON.stringify(event))).toContain('reconcile staging');

  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  expect(await (await world).deploy(wanted)).toMatchObject({ result: 'deployed' });
});

test('a guard that has nothing to do with places is no waiting for one, though others have places', async () => {
  const lab = createLab();
  expect((await lab.run('staging --yes')).exitCode).toBe(0);
  expect((await lab.run('pr 3 --yes')).exitCode).toBe(0);
  lab.config = poolConfig('    pool: { on: staging }\n');
  const workspace = await lab.open(createRecordingReporter(lab.emulator.clock), () => undefined);
  const { signal } = new AbortController();
  const world = await workspace.previews({ command: 'reconcile event', signal, kinds: 'needed', allowRunner: null });
  const wanted = { pullRequest: 7, images: null, redeploy: false, stillWanted: async () => null };
  expect(await world.places()).toHaveLength(1);
  expect(await world.deploy(wanted)).toMatchObject({ result: 'blocked', holders: [] });
});
