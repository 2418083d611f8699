import { expect, test } from 'vitest';
import { bootMs } from '../../../src/emulator/machines/timings.ts';
import {
  clusterOf,
  createStage,
  formedStage,
  ipOf,
  nameOf,
  openUserData,
  targetOf,
  userDataFor,
} from '../../support/machines.ts';

test('three machines boot from their user data and elect one leader', async () => {
  const stage = await formedStage(3);
  const observed = await stage.operations.observe([targetOf(1), targetOf(2), targetOf(3)]);
  expect(observed).toMatchObject({
    reachable: true,
    consul: { voters: [nameOf(1), nameOf(2), nameOf(3)], version: '1.20.1' },
    nomad: { voters: [nameOf(1), nameOf(2), nameOf(3)], version: '1.9.7' },
    jobs: [],
  });
  const leaders = await Promise.all([1, 2, 3].map((n) => stage.nomad(n).leader()));
  expect(new Set(leaders).size).toBe(1);
  expect(leaders[0]).toMatch(/^10\.0\.1\.1[123]:4647$/);
  expect(await stage.consul(2).leader()).toMatch(/:8300$/);
});

test('a booting machine says where it stands, and its ports answer only when its services run', async () => {
  const stage = await createStage();
  await stage.serve(1, 1);
  expect(await stage.machines.bootStatus(targetOf(1))).toEqual({ stage: 'unreachable', because: 'booting to sshd' });
  await expect(stage.nomad().leader()).rejects.toThrow('connection refused on port 4646 of aipacto-production-1');
  await stage.operations.awaitBoot(targetOf(1), stage.waiting);
  expect(stage.said).toEqual([
    'booting to sshd',
    'cloud-init: writing files',
    'cloud-init: installing packages',
    'cloud-init: downloading Consul, Nomad and Caddy',
    'cloud-init: starting Consul, Nomad and Caddy',
  ]);
  await stage.operations.awaitReady(clusterOf(1), stage.waiting);
});

test('a boot is noticed within a twentieth of the time it takes', async () => {
  const stage = await createStage();
  await stage.serve(1, 1);
  await stage.operations.awaitBoot(targetOf(1), stage.waiting);
  const running = stage.emulator.world.serverFacts.all()[0]?.firstBootAt ?? Number.NaN;
  const taken = stage.emulator.clock.now() - running;
  expect(taken).toBeGreaterThanOrEqual(bootMs);
  expect(taken / bootMs).toBeLessThan(1.05);
});

test('bootstrap waits for all expected servers: two of three elect nobody', async () => {
  const stage = await createStage();
  await Promise.all([stage.serve(1, 3), stage.serve(2, 3)]);
  await stage.operations.awaitBoot(targetOf(1), stage.waiting);
  await stage.operations.awaitBoot(targetOf(2), stage.waiting);
  await stage.sleep(300_000);
  expect(await stage.consul().leader()).toBeNull();
  await expect(stage.operations.awaitReady(clusterOf(3), stage.waiting)).rejects.toThrow(
    'waited 10 min for Consul and Nomad of cluster/production to form; last seen: Consul has no leader',
  );
});

const refusals: readonly [string, (text: string) => string, string][] = [
  [
    'is no cloud-config',
    (text) => text.replace('#cloud-config', '#!/bin/sh'),
    "Unhandled non-multipart (text/x-not-multipart) userdata: '#!/bin/sh",
  ],
  ['is broken YAML', (text) => `${text}\n  - {`, 'Failed loading yaml blob'],
  [
    'names too few peers',
    (text) => text.replace(`"${ipOf(2)}",`, ''),
    'bootstrap_expect = 3 but retry_join names 1 other server',
  ],
  ['starts nothing', (text) => text.replace(/runcmd:[\s\S]*/, ''), 'runcmd starts nothing'],
  [
    'holds a configuration that its agent refuses',
    (text) => text.replace('bootstrap_expect = 3', 'bootstrap_expect = ='),
    'an agent refused its configuration',
  ],
  [
    'binds to an address that the machine has not',
    (text) => text.replaceAll(`bind_addr = "${ipOf(1)}"`, 'bind_addr = "10.0.1.99"'),
    'Failed to bind to 10.0.1.99',
  ],
];
test.each(refusals)('user data that %s ends the boot in an error that says so', async (_title, change, expected) => {
  const stage = await createStage();
  await stage.serve(1, 3, userDataFor(1, 3, change));
  await expect(stage.operations.awaitBoot(targetOf(1), stage.waiting)).rejects.toThrow(expected);
});

test('a server without user data boots to nothing: its ports stay closed', async () => {
  const stage = await createStage();
  await stage.serve(1, 1, '');
  await stage.operations.awaitBoot(targetOf(1), stage.waiting);
  await expect(stage.ask(1, 80, '/healthz')).rejects.toThrow('connection refused');
});

test('a saved and restored world goes on where it was', async () => {
  const stage = await formedStage(1);
  const saved = JSON.parse(JSON.stringify(stage.emulator.world.snapshot()));
  const other = await createStage();
  other.emulator.world.restore(saved);
  await other.sleep(120_000);
  expect(await other.nomad().nodes()).toEqual(await stage.nomad().nodes());
});

test('user data without access control waits for no keys, and everyone may ask', async () => {
  const stage = await createStage();
  await stage.serve(1, 1, openUserData(1, 1));
  await stage.operations.awaitBoot(targetOf(1), stage.waiting);
  await stage.sleep(10_000);
  const open = async (port: number, path: string) => {
    const reply = await stage.ask(1, port, path, { headers: {} });
    return [reply.status, await reply.text()];
  };
  expect(await open(4646, '/v1/nodes')).toEqual([200, expect.stringContaining(nameOf(1))]);
  expect(await open(8500, '/v1/catalog/nodes')).toEqual([200, expect.stringContaining(nameOf(1))]);
  expect(await open(8500, '/v1/acl/tokens')).toEqual([401, 'ACL support disabled']);
  expect(await open(4646, '/v1/acl/tokens')).toEqual([400, 'ACL support disabled']);
});
