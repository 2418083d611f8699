import { expect, test } from 'vitest';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { aNetwork, createProject, serverBody } from '../contract/project.ts';

test('a world saved in the middle of its actions goes on where it was: effects land, ids go on', async () => {
  const first = createProject();
  const network = await aNetwork(first);
  const { server, action } = await first.ok('POST /servers', serverBody('one', { networks: [network] }));
  await first.wait(3_000);
  const text = JSON.stringify(first.emulator.world.snapshot());
  const second = createProject({ world: JSON.parse(text), clock: first.emulator.clock });
  expect((await second.ok(`GET /servers/${server.id}`)).server).toMatchObject({ status: 'initializing', locked: true });
  await second.settled();
  expect((await second.ok(`GET /servers/${server.id}`)).server).toMatchObject({
    status: 'running',
    locked: false,
    private_net: [{ network, ip: '10.0.1.1' }],
  });
  expect((await second.ok(`GET /actions/${action.id}`)).action.status).toBe('success');
  const next = await second.ok('POST /servers', serverBody('two'));
  expect(next.server.id).toBe(server.id + 1);
  expect(next.server.public_net.ipv4.ip).toBe('203.0.113.2');
});

test('a snapshot is a copy: what happens afterwards is not in it', async () => {
  const project = createProject();
  const saved = project.emulator.world.snapshot();
  await project.ok('POST /servers', serverBody('one'));
  expect(saved.tables['servers']?.rows).toEqual([]);
  project.emulator.world.restore(saved);
  expect((await project.ok('GET /servers')).servers).toEqual([]);
});

test('same seed, same requests, same world', async () => {
  const run = async () => {
    const project = createProject({ seed: 7 });
    await project.ok('POST /servers', serverBody('one'));
    await project.settled();
    return project.emulator.world.snapshot();
  };
  expect(await run()).toEqual(await run());
});

test('the control plane tells what it is, wants the token, and counts in no rate limit', async () => {
  const project = createProject();
  expect(await project.ok('GET /_emulator')).toEqual({
    kind: 'simulated',
    version: '1',
    now: '2026-11-24T00:00:00+00:00',
    date: '2026-11-24',
  });
  const bare = await project.emulator.fetch(new Request('http://x/_emulator'));
  expect(bare.status).toBe(401);
  await project.ok('POST /_emulator/clock', { advance_ms: 60_000 });
  expect((await project.ok('GET /_emulator')).now).toBe('2026-11-24T00:01:00+00:00');
  await project.ok('PUT /_emulator/catalogue', { date: '2024-12-01' });
  expect((await project.ok('GET /server_types?name=cx22')).server_types).toHaveLength(1);
  expect(project.emulator.rateLimit.headers()['RateLimit-Remaining']).toBe('3599');
  expect((await project.ok('GET /_emulator/requests')).requests).toMatchObject([{ path: '/server_types?name=cx22' }]);
  expect(await project.refusal('GET /_emulator/nonsense')).toMatch(/^404/);
});

test('no two servers ever share an address, not even after deletions', async () => {
  const project = createProject({ limits: { servers: 400, primaryIps: 1_000 } });
  const seen = new Set<string>();
  for (let n = 0; n < 320; n += 1) {
    const { server } = await project.ok('POST /servers', serverBody(`s-${n}`));
    seen.add(server.public_net.ipv4.ip);
    seen.add(server.public_net.ipv6.ip);
  }
  expect(seen.size).toBe(640);
  expect([...seen].filter((ip) => !/^(203\.0\.113|198\.51\.100|2001:db8:)/.test(ip))).toEqual([]);
});

test('an emulator is ready at once: a millisecond or a few', () => {
  const began = performance.now();
  createEmulator();
  expect(performance.now() - began).toBeLessThan(100);
});
