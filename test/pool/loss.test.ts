import { expect, test } from 'vitest';
import { createLab, type Lab } from '../support/lab.ts';
import { poolConfig } from './config.ts';
import { inPool } from './kit.ts';

const lose = async (lab: Lab): Promise<void> => {
  const { servers } = await lab.api('GET', '/servers');
  for (const { id } of servers) await lab.api('DELETE', `/servers/${id}`);
  await lab.emulator.clock.sleep(30_000);
};

test("somebody deletes the pool's server: the next deploy makes it anew, and the preview on it", async () => {
  const lab = createLab({ config: poolConfig() });
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  await lose(lab);
  const check = await lab.run('check pr 7');
  expect(check.exitCode).toBe(2);
  const healed = await lab.run('pr 7 --yes');
  expect(healed.exitCode, healed.stderr).toBe(0);
  expect(healed.stdout).toContain('+ server/pool-1');
  expect(healed.stdout).toContain('+ namespace/pr-7');
  expect((await lab.run('check pr 7')).exitCode).toBe(0);
});

test('or a preview is destroyed that went with it: forgotten, and its place is free', async () => {
  const lab = createLab({ config: poolConfig().replace('max: 15', 'max: 1') });
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  await lose(lab);
  const gone = await lab.run('destroy pr 7 --yes');
  expect(gone.exitCode, gone.stderr).toBe(0);
  expect((await lab.run('pr 8 --yes')).exitCode).toBe(0);
});

test('nobody can ask the pool: nothing is said to be gone, and nothing is made twice', async () => {
  const lab = createLab({ config: poolConfig() });
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  const fault = { kind: 'api-error', system: 'nomad', path: '/v1' };
  const url = 'http://emulator.invalid/_emulator/machines/aipacto-pool-1/fault';
  const headers = { authorization: `Bearer ${lab.emulator.token}` };
  await lab.emulator.fetch(new Request(url, { method: 'POST', headers, body: JSON.stringify(fault) }));
  const destroy = await lab.run('destroy pr 7 --yes');
  expect(destroy.exitCode).toBe(4);
  expect(destroy.stdout.replaceAll(/\s+/g, ' ')).toContain('it may still exist: nobody can be asked');
  const plan = await lab.run('plan pr 7');
  expect(plan.stdout).not.toContain('+ namespace/pr-7');
  await lab.emulator.fetch(new Request(url, { method: 'DELETE', headers }));
  expect((await lab.run('destroy pr 7 --yes')).exitCode).toBe(0);
});

test("the pool's own server is off: its previews are neither forgotten nor is their place free", async () => {
  const lab = createLab({ config: poolConfig() });
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  const { servers } = await lab.api('GET', '/servers');
  await lab.api('POST', `/servers/${servers[0].id}/actions/poweroff`);
  await lab.emulator.clock.sleep(30_000);
  const destroy = await lab.run('destroy pr 7 --yes');
  expect(destroy.exitCode).toBe(4);
  expect(destroy.stdout.replaceAll(/\s+/g, ' ')).toContain('it may still exist: nobody can be asked');
  await lab.api('POST', `/servers/${servers[0].id}/actions/poweron`);
  await lab.emulator.clock.sleep(120_000);
  const gone = await lab.run('destroy pr 7 --yes');
  expect(gone.exitCode, gone.stderr).toBe(0);
  expect(gone.stdout).toContain('- namespace/pr-7');
});

test('of a pool only a worker is left: previews went with its own server, and a sweep removes the rest', async () => {
  const pool = await inPool('    pool: { per_server: 1 }\n');
  expect((await pool.lab.run('pr 1 --yes')).exitCode).toBe(0);
  expect((await pool.lab.run('pr 2 --yes')).exitCode).toBe(0);
  const { servers } = await pool.lab.api('GET', '/servers');
  const own = servers.find(({ name }: { name: string }) => name === 'aipacto-pool-1');
  await pool.lab.api('DELETE', `/servers/${own.id}`);
  await pool.lab.emulator.clock.sleep(30_000);
  const world = await pool.anew();
  expect(await world.existing()).toEqual({ complete: true, previews: [] });
  expect(await world.destroy(1)).toEqual({ result: 'destroyed' });
  // Somebody may only be about to come.
  expect(await world.tidy()).not.toContain('what was left of the pool was removed');
  expect(await pool.servers()).toContain('aipacto-pool-worker-1');
  expect(await world.destroy(2)).toEqual({ result: 'destroyed' });
  expect((await (await pool.anew()).tidy()).join()).toContain('what was left of the pool was removed');
  expect(await pool.servers()).toEqual([]);
  expect((await pool.lab.api('GET', '/firewalls')).firewalls).toEqual([]);
});
