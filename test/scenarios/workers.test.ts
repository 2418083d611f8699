import { expect, test } from 'vitest';
import { createLab, shippedConfig } from '../support/lab.ts';

const withWorkers = shippedConfig.replace('servers: { count: 3 }', 'servers: { count: 3 }\n    workers: { count: 2 }');

test('workers take jobs and no part in elections; one that is lost comes back and disturbs nobody', async () => {
  const lab = createLab({ config: withWorkers });
  const made = await lab.run('production --yes');
  expect(made.stderr).toContain('a second look finds nothing left to do');
  expect(made.stdout).toContain('server_ips.aipacto-production-worker-2');

  const status = (await lab.json('status production')).document;
  const lines = (status.lines ?? status.layers ?? status) as { layer: string; name: string; detail: string }[];
  const text = JSON.stringify(lines);
  expect(text).toContain('3 of 3 voters');
  expect(text).toContain('aipacto-production-worker-1');

  const { servers } = await lab.api('GET', '/servers?name=aipacto-production-worker-1');
  await lab.api('DELETE', `/servers/${servers[0].id}`);
  lab.emulator.clock.advance?.(30_000);
  const check = await lab.run('check production');
  expect(check.exitCode).toBe(2);
  expect(check.stdout).toContain('server/production-worker-1');
  const healed = await lab.run('production --yes');
  expect(healed.exitCode).toBe(0);
  expect((await lab.run('check production')).exitCode).toBe(0);
});

test('fewer workers: the last one goes, the quorum is not asked', async () => {
  const lab = createLab({ config: withWorkers });
  expect((await lab.run('production --yes')).exitCode).toBe(0);
  lab.config = withWorkers.replace('workers: { count: 2 }', 'workers: { count: 1 }');
  const plan = await lab.run('plan production');
  expect(plan.stdout).toContain('- server/production-worker-2');
  expect((await lab.run('production --yes')).exitCode).toBe(0);
});
