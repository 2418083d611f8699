import { expect, test } from 'vitest';
import { createLab } from '../support/lab.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { createRecordingReporter } from '../support/recording-reporter.ts';
import { closed, firewallsOf, fuseAt, officeOnly, sweep } from './kit.ts';

/** Without the line breaks that wrapping made. */
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('with port 22 closed to the runner production converges with --allow-runner; no drift afterwards, and not a rule is left', async () => {
  const lab = createLab({ config: closed });
  const deployed = await lab.run('production --yes --allow-runner');
  expect([deployed.exitCode, deployed.stderr]).toEqual([
    0,
    expect.stringContaining('192.0.2.254/32 gets in at port 22 of production until this command ends'),
  ]);
  expect(await firewallsOf(lab)).toEqual(['aipacto-production']);
  lab.requests();
  const checked = await lab.run('check production --allow-runner');
  expect([checked.exitCode, checked.stdout]).toEqual([0, expect.stringContaining('no drift, 14 as wanted')]);
  expect(lab.requests().filter((request) => !request.startsWith('GET '))).toEqual([
    'POST /firewalls',
    expect.stringMatching(/^POST .*remove_from_resources$/),
    expect.stringMatching(/^DELETE \/firewalls\/\d+$/),
  ]);
  expect(await firewallsOf(lab)).toEqual(['aipacto-production']);
});

test('without it nothing is begun: which rule is missing, and the command that lets the runner in', async () => {
  const lab = createLab({ config: closed });
  const { exitCode, stderr } = await lab.run('production --yes');
  expect(exitCode).toBe(4);
  expect(flat(stderr)).toContain('no rule of infra.yaml lets anybody in at port 22');
  expect(flat(stderr)).toContain('done: nothing was changed next: reconcile production --allow-runner');
  expect(lab.requests().filter((request) => !request.startsWith('GET '))).toEqual([]);
});

test('a rule for somebody else: the wait for a boot that nobody can see ends with the rule, and the command', async () => {
  const lab = createLab({ config: officeOnly });
  const failed = await lab.run('pr 7 --yes');
  expect(failed.exitCode).toBe(1);
  expect(flat(failed.stderr)).toContain(
    'last seen: no answer at port 22 within 10 s (infra.yaml lets only 198.51.100.0/24 in at port 22)',
  );
  expect(flat(failed.stderr)).toContain('reconcile pr 7 --allow-runner');
  expect((await lab.run('pr 7 --yes --allow-runner')).exitCode).toBe(0);
  const looked = await lab.run('check pr 7');
  expect(flat(looked.stdout)).toContain('infra.yaml lets only 198.51.100.0/24 in at port 22, and with --allow-runner');
  // Another address than the one the machines see does not help.
  expect((await lab.run('status pr 7 --allow-runner 203.0.113.99')).exitCode).toBe(1);
  expect((await lab.run('status pr 7 --allow-runner')).exitCode).toBe(0);
  expect((await lab.run('destroy pr 7 --yes --allow-runner')).exitCode).toBe(0);
  expect(await firewallsOf(lab)).toEqual([]);
});

test('what a human opened is no drift while it counts, and no reason to refuse a plan that was saved before', async () => {
  const lab = createLab({ config: closed });
  expect((await lab.run('pr 7 --yes --allow-runner')).exitCode).toBe(0);
  lab.config = closed.replace('max: 15', 'max: 15\n    labels: { team: web }');
  await lab.run('plan pr 7 --allow-runner --out plan.json');
  const opened = await lab.json('access open pr 7 --for 10m');
  expect(opened.document).toMatchObject({ environment: 'pr-7', result: 'opened', from: '192.0.2.254/32' });
  expect(await firewallsOf(lab)).toEqual(['aipacto-pr-7', 'aipacto-pr-7-access']);
  expect((await lab.run('apply plan.json --yes')).exitCode).toBe(0);
  const checked = await lab.run('check pr 7');
  expect([checked.exitCode, checked.stdout]).toEqual([
    0,
    expect.stringMatching(/^pr-7: no drift, \d+ as wanted\n\d+ API/),
  ]);
  expect((await lab.json('access open pr 7 --for 20m')).document).toMatchObject({ result: 'extended' });
  await lab.emulator.clock.sleep(15 * 60_000);
  expect(await sweep(lab)).toEqual([]);
  expect((await lab.run('check pr 7')).exitCode).toBe(0);
  expect((await lab.json('access close pr 7')).document).toMatchObject({ removed: ['192.0.2.254/32'], left: [] });
  expect(await firewallsOf(lab)).toEqual(['aipacto-pr-7']);
});

test('a rule whose time is over is a deletion in every plan, and gone after the next run, or one sweep', async () => {
  const lab = createLab({ config: officeOnly });
  expect((await lab.run('staging --yes --allow-runner')).exitCode).toBe(0);
  for (const ending of ['the next run', 'one sweep'] as const) {
    await lab.run('access open staging --for 1m');
    await lab.emulator.clock.sleep(61_000);
    const plan = await lab.run('plan staging --allow-runner');
    expect(plan.exitCode).toBe(2);
    expect(flat(plan.stdout)).toMatch(
      /- firewall\/staging-access-\S+ existence: it let a runner in at port 22, and its time is over/,
    );
    if (ending === 'one sweep')
      expect(await sweep(lab)).toEqual([
        '192.0.2.254/32 does not get in at port 22 of staging any more: its time is over',
      ]);
    else expect((await lab.run('staging --yes --allow-runner')).exitCode).toBe(0);
    expect(await firewallsOf(lab)).toEqual(['aipacto-staging']);
  }
  // Nor does it hold up the end of the environment.
  await lab.run('access open staging --for 1m');
  await lab.emulator.clock.sleep(61_000);
  expect((await lab.run('destroy staging --yes')).exitCode).toBe(0);
  expect(await firewallsOf(lab)).toEqual([]);
});

test('an address that is none is refused before anything is asked', async () => {
  const lab = createLab({ config: closed, env: { RECONCILE_RUNNER_ADDRESS: '203.0.113.0/24' } });
  for (const command of ['production --yes --allow-runner', 'access open production']) {
    const { exitCode, stderr } = await lab.run(command);
    expect([exitCode, stderr]).toEqual([64, expect.stringContaining('names no single IP address: "203.0.113.0/24"')]);
  }
  const v6 = await lab.json('access open production --address 2001:DB8:0::7 --for 5m');
  expect(v6.document).toMatchObject({ from: '2001:db8::7/128' });
  expect(lab.requests().filter((request) => !request.startsWith('GET '))).toEqual(['POST /firewalls']);
});

test('previews on shared servers: the rule of a preview stands before the servers of their pool, also before one that it orders', async () => {
  const lab = createLab({ config: closed.replace('    max: 15', '    mode: pool\n    max: 15') });
  const selectors: string[] = [];
  const deployed = await lab.run('pr 7 --yes --allow-runner');
  expect(deployed.exitCode).toBe(0);
  await lab.run('access open pr 8 --for 5m');
  for (const { name, applied_to } of (await lab.api('GET', '/firewalls')).firewalls)
    if (name.includes('-access-')) selectors.push(applied_to[0].label_selector.selector);
  expect(selectors).toEqual(['project=aipacto,environment=pool']);
  // What a human opened for one preview lets the next one's run in too: they share the servers.
  expect((await lab.run('pr 8 --yes')).exitCode).toBe(0);
  expect((await lab.run('access close pr 8')).exitCode).toBe(0);
  expect(flat((await lab.run('check pr 8')).stdout)).toContain('no rule of infra.yaml lets anybody in at port 22');
});

test('the sweep of previews takes away what a killed run of staging left, and leaves a human in production', async () => {
  const memory = createMemoryStore();
  const fuse = fuseAt(8, 'killed after it was carried out');
  const victim = createLab({ config: closed, store: fuse.store(memory), wrap: fuse.wrap });
  await victim.run('staging --yes --allow-runner').catch(() => undefined);
  const lab = createLab({ config: closed, store: memory, over: victim.emulator, seed: 8 });
  await lab.run('access open production --for 1h');
  await lab.emulator.clock.sleep(120_000);
  const workspace = await lab.open(createRecordingReporter(lab.emulator.clock), () => undefined);
  const { signal } = new AbortController();
  const world = await workspace.previews({ command: 'reconcile sweep', signal, kinds: 'needed', allowRunner: null });
  expect(await world.existing()).toMatchObject({ complete: true, previews: [] });
  expect(await world.tidy()).toEqual([
    '192.0.2.254/32 does not get in at port 22 of staging any more: its run is not at work any more',
  ]);
  expect(await world.tidy()).toEqual([]);
  expect(await firewallsOf(lab)).toEqual(['aipacto-staging', 'aipacto-production-access']);
  await workspace.close();
});
