import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import type { DeliveredFile } from '../../src/ports/machines.ts';
import { setUp, target, type World } from './kit.ts';

const state = '/var/lib/bootstrap';
const file = (path: string, content: string | Secret, more: Partial<DeliveredFile> = {}): DeliveredFile => ({
  path,
  mode: '0640',
  owner: 'root:consul',
  content,
  ...more,
});
const two = [
  file('/etc/consul.d/keys.hcl', new Secret('encrypt = "very-secret-gossip-key"\n')),
  file('/etc/nomad.d/tls/ca.pem', 'a certificate\n', { mode: '0644', owner: 'root:root' }),
];
const delivery = ({ machine }: World): Record<string, string> => {
  const folder = join(machine.root, state, 'delivery');
  if (!existsSync(folder)) return {};
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
};

test('files lie there by number, with a manifest that says where they belong; only root can read them', async () => {
  const world = await setUp();
  await world.machines().deliver(target, two);
  expect(delivery(world)).toEqual({
    1: 'encrypt = "very-secret-gossip-key"\n',
    2: 'a certificate\n',
    manifest: '1 0640 root:consul /etc/consul.d/keys.hcl\n2 0644 root:root /etc/nomad.d/tls/ca.pem\n',
  });
  const mode = (path: string) => (statSync(join(world.machine.root, state, path)).mode & 0o777).toString(8);
  expect([mode('delivery'), mode('delivery/1'), mode('delivery/manifest'), mode('')]).toEqual([
    '700',
    '600',
    '600',
    '755',
  ]);
});

test('nothing of a delivery stands in a command line', async () => {
  const world = await setUp();
  await world.machines().deliver(target, two);
  expect(new Set(world.machine.seen.commands)).toEqual(new Set(['sh -s']));
});

test('a delivery that nobody has installed yet is replaced as a whole', async () => {
  const world = await setUp();
  const ours = world.machines();
  await ours.deliver(target, two);
  await ours.deliver(target, [file('/etc/consul.d/keys.hcl', 'new')]);
  expect(delivery(world)).toEqual({ 1: 'new', manifest: '1 0640 root:consul /etc/consul.d/keys.hcl\n' });
  expect(readdirSync(join(world.machine.root, state)).sort()).toEqual(['delivery', 'delivery.lock']);
});

const installer = ({ machine }: World, body: string): void => {
  const path = join(machine.root, 'usr/local/sbin/install-delivery');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
};

test('once the bootstrap has made the owners, a delivery is installed at once; before, it waits', async () => {
  const world = await setUp();
  installer(world, `cp ${world.machine.root}${state}/delivery/manifest ${world.machine.root}/installed-now`);
  await world.machines().deliver(target, two);
  expect(world.machine.has('installed-now')).toBe(false);
  world.machine.write(`${state}/installed`, '');
  await world.machines().deliver(target, two);
  expect(world.machine.file('installed-now')).toContain('/etc/consul.d/keys.hcl');
});

test('an installation that fails is told with what it said, but nothing of the files', async () => {
  const world = await setUp();
  world.machine.write(`${state}/installed`, '');
  installer(world, `cat ${world.machine.root}${state}/delivery/1 >&2; echo 'no group consul' >&2; exit 4`);
  const failure = await world
    .machines()
    .deliver(target, two)
    .then(() => undefined)
    .catch((error) => error);
  expect(failure?.message).toBe(
    'pr-7-1 did not take the delivery of 2 files (exit status 4): [redacted]no group consul',
  );
  expect(JSON.stringify({ ...failure })).not.toContain('gossip');
});

test('killed at any step: the old delivery, the new one, or none; never half of one', async () => {
  const fresh = await setUp();
  await fresh.machines().deliver(target, two);
  const before = fresh.machine.steps();
  await fresh.machines().deliver(target, [file('/etc/consul.d/keys.hcl', 'new')]);
  const steps = fresh.machine.steps() - before;
  expect(steps).toBeGreaterThan(4);
  const outcomes = new Set<string>();
  for (let step = 1; step <= steps; step += 1) {
    const world = await setUp();
    const ours = world.machines();
    await ours.deliver(target, two);
    // Both tries die: the one on the connection there is, and the one on a connection opened for it.
    world.machine.dieAt(world.machine.steps() + step);
    const second = [file('/etc/consul.d/keys.hcl', 'new')];
    await world
      .machines()
      .deliver(target, second)
      .catch((error) => expect(error.message).toContain('the connection broke during the delivery of 1 file'));
    const left = delivery(world);
    outcomes.add(left['1'] ?? 'none');
    if (left['1'] !== undefined) expect(left['manifest']).toBeDefined();
    world.machine.dieAt(0);
    await ours.deliver(target, second);
    expect(delivery(world)['1']).toBe('new');
    expect(readdirSync(join(world.machine.root, state)).sort()).toEqual(['delivery', 'delivery.lock']);
  }
  expect([...outcomes].sort()).toEqual(['encrypt = "very-secret-gossip-key"\n', 'new', 'none'].sort());
});

test('a path, mode or owner that a manifest can’t hold is refused before anything is sent', async () => {
  const world = await setUp();
  for (const wrong of [
    file('/etc/with blank', ''),
    file('etc/relative', ''),
    file('/etc/../shadow', ''),
    file('/etc/x\n2', ''),
    file('/etc/x', '', { mode: '640' }),
    file('/etc/x', '', { owner: 'root' }),
  ])
    await expect(world.machines().deliver(target, [wrong])).rejects.toThrow('no file for a delivery');
  expect(world.machine.seen.connections).toBe(0);
});

test('whatever the contents are, they arrive byte for byte', async () => {
  const world = await setUp();
  const ours = world.machines();
  const content = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('', '\n', 'END\n', 'no newline', '\'"$(reboot)`x`\\', '\r\n\0', 'x'.repeat(200_000)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 4 }), async (contents) => {
      await ours.deliver(
        target,
        contents.map((text, index) => file(`/etc/f${index}`, text)),
      );
      const arrived = contents.map((_, index) =>
        readFileSync(join(world.machine.root, state, 'delivery', String(index + 1))),
      );
      expect(arrived.map((bytes) => bytes.toString('hex'))).toEqual(
        contents.map((text) => Buffer.from(text, 'utf8').toString('hex')),
      );
    }),
    { numRuns: 25 },
  );
});

test('a server that can’t be reached: what failed, and what to do', async () => {
  const world = await setUp();
  const ours = world.machines();
  await world.machine.close();
  await expect(ours.deliver(target, two)).rejects.toMatchObject({
    message: "pr-7-1 can't be reached by SSH: connection refused",
    next: 'see whether the server runs (reconcile status <target>), then run the command again',
  });
});
