import { expect, test } from 'vitest';
import { makeClusterKeys } from '../../../src/cluster/keys/cluster-keys.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { createEmulator } from '../../../src/emulator/emulator.ts';
import { createMachineModels } from '../../../src/emulator/machines/models.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { systemRandom } from '../../../src/local/random.ts';
import { createGatewayMachines } from '../../../src/machines/gateway.ts';
import { keys, targetOf, userDataFor } from '../../support/machines.ts';
import { filesFor, securedStage } from './secured.ts';

test('a machine waits for its keys, and goes on as soon as it has them', async () => {
  const stage = await securedStage(1);
  await expect(stage.machines.deliver(targetOf(1), await filesFor(1))).rejects.toThrow(
    /refused: 502 .*connection refused on port 22 of aipacto-production-1: booting to sshd/,
  );
  await stage.sleep(15_000);
  expect(await stage.machines.bootStatus(targetOf(1))).toEqual({
    stage: 'running',
    detail: 'cloud-init: installing packages',
    awaitsFiles: true,
  });
  await stage.sleep(600_000);
  expect(await stage.machines.bootStatus(targetOf(1))).toEqual({
    stage: 'running',
    detail: 'cloud-init: awaiting keys',
    awaitsFiles: true,
  });
  await expect(stage.ask(1, 8501, '/v1/status/leader')).rejects.toThrow('connection refused on port 8501');
  await stage.deliver(1);
  expect(await stage.machines.bootStatus(targetOf(1))).toEqual({
    stage: 'running',
    detail: 'cloud-init: starting Consul, Nomad and Caddy',
  });
  await stage.sleep(8_000);
  const boot = await stage.machines.bootStatus(targetOf(1));
  expect(boot).toMatchObject({ stage: 'done' });
  const timings = boot.stage === 'done' ? (boot.timings ?? []) : [];
  expect(timings).toContainEqual({ what: 'bootstrap: packages', ms: 14_000 });
  expect(timings.find((part) => part.what === 'bootstrap: awaiting keys')?.ms).toBeGreaterThan(500_000);
});

test('keys that are there before the bootstrap asks for them cost it no time', async () => {
  const stage = await securedStage(1);
  await stage.deliver(1);
  await stage.sleep(40_000);
  const boot = await stage.machines.bootStatus(targetOf(1));
  expect(boot).toMatchObject({ stage: 'done' });
  expect(JSON.stringify(boot)).not.toContain('awaiting keys');
});

test('a machine without its certificate says so, and whose log has it', async () => {
  const stage = await securedStage(1);
  await stage.sleep(60_000);
  const files = (await filesFor(1)).filter((file) => !file.path.endsWith('server.pem'));
  await stage.machines.deliver(targetOf(1), files);
  await stage.sleep(60_000);
  const missing = 'consul: open /etc/consul.d/tls/server.pem: no such file or directory';
  expect(await stage.machines.bootStatus(targetOf(1))).toEqual({ stage: 'error', detail: `services: ${missing}` });
  expect(await stage.machines.logTail(targetOf(1), 'consul.service', 5)).toBe(`==> ${missing}`);
});

test('Nomad starts only when Consul knows its token; its unit says what it waits for', async () => {
  const stage = await securedStage(1);
  await stage.deliver(1);
  await stage.until('boot', async () => (await stage.machines.bootStatus(targetOf(1))).stage === 'done');
  await stage.until('leader', async () => (await stage.said(1, 8501, '/v1/status/leader', null))[1] !== '""');
  await stage.sleep(60_000);
  await expect(stage.ask(1, 4646, '/v1/status/leader')).rejects.toThrow('connection refused on port 4646');
  expect(await stage.machines.logTail(targetOf(1), 'nomad', 5)).toContain('does not know the token of Nomad');
  const deployer = await stage.setUp();
  await stage.until('node', async () => (await stage.scheduler(deployer).nodes()).length === 1);
  // Trap 1: a client that had started before the token would be blind for some 15 s more.
  await stage.until('view of Consul', async () => (await stage.scheduler(deployer).nodes())[0]?.seesConsul === true);
  expect(await stage.scheduler(deployer).nodes()).toMatchObject([
    { status: 'ready', eligible: true, seesConsul: true },
  ]);
});

test('a server with another gossip key never joins', async () => {
  const stage = await securedStage(3);
  const given = { clock: systemClock, random: systemRandom };
  const stranger = { ...(await makeClusterKeys({ name: 'other', ...given })), consul: keys.consul };
  await stage.deliver(1);
  await stage.deliver(2);
  await stage.deliver(3, stranger);
  await stage.sleep(120_000);
  expect(await stage.said(1, 8501, '/v1/status/leader', null)).toEqual([200, '""']);
  await stage.deliver(3);
  await stage.sleep(10_000);
  expect(await stage.said(1, 8501, '/v1/status/leader', null)).toEqual([200, expect.stringContaining(':8300')]);
});

test('keys are lost with the disk, and kept with the world', async () => {
  const stage = await securedStage(1);
  await stage.setUp();
  const { emulator } = stage;
  const again = createEmulator({
    machines: createMachineModels,
    clock: emulator.clock,
    world: emulator.world.snapshot(),
  });
  const machines = createGatewayMachines({
    fetch: (request) => again.fetch(request),
    endpoint: 'https://emulated.test/v1',
    token: new Secret(again.token),
  });
  expect(await machines.bootStatus(targetOf(1))).toMatchObject({ stage: 'done' });
  await stage.api('POST', `/v1/servers/${stage.ids[0]}/actions/rebuild`, {
    image: 'debian-12',
    user_data: userDataFor(1, 1),
  });
  await stage.sleep(120_000);
  expect(await stage.machines.bootStatus(targetOf(1))).toMatchObject({ stage: 'running', awaitsFiles: true });
});

test('a reboot needs no second delivery, and tokens stay', async () => {
  const stage = await securedStage(1);
  const deployer = await stage.setUp();
  await stage.api('POST', `/v1/servers/${stage.ids[0]}/actions/poweroff`);
  await stage.sleep(10_000);
  await expect(stage.ask(1, 4646, '/v1/status/leader')).rejects.toThrow('is not running');
  await stage.api('POST', `/v1/servers/${stage.ids[0]}/actions/poweron`);
  await stage.until('ready node', async () => (await stage.scheduler(deployer).nodes())[0]?.seesConsul === true);
});

test('what is no delivery is refused', async () => {
  const stage = await securedStage(1);
  await stage.sleep(60_000);
  const wrong = [{ path: 'etc/passwd', mode: '0644', owner: 'root:root', content: '' }];
  await expect(stage.machines.deliver(targetOf(1), wrong)).rejects.toThrow('refused: 422');
  await expect(stage.machines.deliver({ ...targetOf(1), name: 'nobody' }, [])).rejects.toThrow('refused: 404');
});
