import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import { fingerprint, keyBlob } from '../../src/ssh/host-key.ts';
import { publicLine } from './fake-machine.ts';
import { setUp, target, type World } from './kit.ts';

const hostKey = '/etc/ssh/ssh_host_ed25519_key';

/** What must be true once the first contact is over, however it went. */
const expectSettled = ({ ring, machine }: World, first: string | undefined): void => {
  const { pinned } = ring.host();
  expect(ring.host()).toEqual({ pinned });
  expect(pinned).not.toBe(first);
  expect(machine.shows()).toBe(pinned);
  expect(publicLine(machine.file(hostKey))).toBe(pinned);
  expect(machine.file(`${hostKey}.pub`).trim()).toBe(pinned);
  expect(['.own', '.own.pub', '.making', '.making.pub'].filter((end) => machine.has(`${hostKey}${end}`))).toEqual([]);
};

const firstOf = ({ ring }: World): string | undefined => ring.host().first?.publicKey.split(' ').slice(0, 2).join(' ');

test('at the first login the server makes a host key of its own, which is pinned; the first key is gone from both', async () => {
  const world = await setUp();
  const first = firstOf(world);
  expect(world.machine.shows()).toBe(first);
  expect((await world.machines().bootStatus(target)).stage).toBe('running');
  expectSettled(world, first);
  // Two logins: with the first key, then with the pinned one.
  expect(world.machine.seen.connections).toBe(2);
});

test('the next run logs in with the pinned key at once and changes nothing', async () => {
  const world = await setUp();
  await world.machines().bootStatus(target);
  const { connections } = world.machine.seen;
  const steps = world.machine.steps();
  await world.machines().bootStatus(target);
  expect(world.machine.seen.connections).toBe(connections + 1);
  expect(world.machine.steps()).toBe(steps);
});

test('ten questions at once make one first contact and share one connection', async () => {
  const world = await setUp();
  const machines = world.machines();
  const looks = await Promise.all([...Array(10)].map(() => machines.bootStatus(target)));
  expect(looks.map(({ stage }) => stage)).toEqual(Array(10).fill('running'));
  expect(world.machine.seen.connections).toBe(2);
});

test('a look that may not write takes the first key as it is, and leaves server and state alone', async () => {
  const world = await setUp();
  world.ring.isWritable = false;
  const before = world.ring.host();
  const machines = world.machines();
  expect((await machines.bootStatus(target)).stage).toBe('running');
  expect(world.ring.host()).toBe(before);
  expect(world.machine.steps()).toBe(0);
  // The same process takes the lease: now the contact is finished.
  world.ring.isWritable = true;
  await machines.bootStatus(target);
  expectSettled(world, before.first?.publicKey);
});

const stepsOfAContact = async (): Promise<number> => {
  const world = await setUp();
  await world.machines().bootStatus(target);
  return world.machine.steps();
};

test('the server killed at any step of the first contact: the next run picks it up, rebooted in between or not', async () => {
  const steps = await stepsOfAContact();
  expect(steps).toBeGreaterThan(8);
  const scenes = [...Array(steps).keys()].flatMap((index) =>
    [false, true].map((reboots) => ({ step: index + 1, reboots })),
  );
  const scene = async ({ step, reboots }: (typeof scenes)[number]): Promise<void> => {
    const world = await setUp();
    const first = firstOf(world);
    world.machine.dieAt(step);
    // It may or may not get through by itself: a connection that broke is opened anew.
    const before = await world.machines().bootStatus(target);
    expect(['running', 'unreachable'], `step ${step}`).toContain(before.stage);
    world.machine.dieAt(0);
    if (reboots) world.machine.reboot();
    expect((await world.machines().bootStatus(target)).stage, `step ${step}`).toBe('running');
    expectSettled(world, first);
  };
  const atOnce = pLimit(6);
  await Promise.all(scenes.map((one) => atOnce(() => scene(one))));
});

test('our own process killed before or after each write of the state: the next run picks it up', async () => {
  for (const when of ['before', 'after'] as const)
    for (const write of [1, 2]) {
      const world = await setUp();
      const first = firstOf(world);
      world.ring.crash = (at, count) => {
        if (at === when && count === write) throw new Error('killed');
      };
      await expect(world.machines().bootStatus(target)).rejects.toThrow('killed');
      await expect.poll(() => world.machine.open()).toBe(0);
      world.ring.crash = () => {};
      expect((await world.machines().bootStatus(target)).stage).toBe('running');
      expectSettled(world, first);
    }
});

test('an own key that a power cut left empty is made again and pinned in place of the lost one', async () => {
  const world = await setUp();
  const first = firstOf(world);
  world.ring.crash = (at, count) => {
    if (at === 'after' && count === 1) throw new Error('killed');
  };
  await expect(world.machines().bootStatus(target)).rejects.toThrow('killed');
  const lost = world.ring.host().pinned;
  expect(lost).toBeDefined();
  world.machine.write(`${hostKey}.own`, '');
  world.ring.crash = () => {};
  await world.machines().bootStatus(target);
  expectSettled(world, first);
  expect(world.ring.host().pinned).not.toBe(lost);
});

test('another host key than the pinned one: no second try, and both fingerprints in the message', async () => {
  const world = await setUp();
  const blob = keyBlob(firstOf(world) ?? '');
  blob[50] = (blob[50] ?? 0) ^ 1;
  const pinned = `ssh-ed25519 ${blob.toString('base64')}`;
  world.ring.set({ pinned });
  const failure = await world
    .machines()
    .bootStatus(target)
    .then(() => undefined)
    .catch((error) => error);
  expect(failure?.message).toBe(
    `pr-7-1 (127.0.0.1) shows another SSH host key than the one we know: expected ${fingerprint(keyBlob(pinned))}, ` +
      `got ${fingerprint(keyBlob(world.machine.shows()))}. Either the server was installed anew by other hands, or its ` +
      'address now belongs to another machine, or someone listens in between; nothing was sent',
  );
  expect(failure.next).toContain('reconcile pr 7 --replace server/pr-7-1');
  expect(world.machine.seen).toEqual({ connections: 1, commands: [], forwards: [] });
});

test('once pinned, the first key is a stranger’s', async () => {
  const world = await setUp();
  const { first } = world.ring.host();
  await world.machines().bootStatus(target);
  // Somebody who read the user data poses as the server.
  world.machine.write(hostKey, first?.privateKey.reveal() ?? '');
  world.machine.reboot();
  await expect(world.machines().bootStatus(target)).rejects.toThrow('shows another SSH host key');
});

test('fingerprints are those of ssh-keygen -l', () => {
  const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl github.com';
  expect(fingerprint(keyBlob(line))).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
});
