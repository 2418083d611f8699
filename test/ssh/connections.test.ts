import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { createSshMachines } from '../../src/ssh/machines.ts';
import { memoryRing, setUp, target } from './kit.ts';
import { soundSshKey } from './sound-key.ts';

test('a connection that broke is opened anew, unnoticed by who asks', async () => {
  const { machine, machines } = await setUp();
  const ours = machines();
  await ours.bootStatus(target);
  const { connections } = machine.seen;
  machine.drop();
  expect((await ours.bootStatus(target)).stage).toBe('running');
  expect(machine.seen.connections).toBe(connections + 1);
});

test('a connection that died in silence is given up at the deadline and opened anew', async () => {
  const { ring, machine } = await setUp();
  let hurry = false;
  const clock: Clock = {
    now: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        const poll = setInterval(() => {
          if (!hurry && !signal?.aborted) return;
          clearInterval(poll);
          resolve();
        }, 5);
      }),
  };
  const addressOf = () => ({ host: '127.0.0.1', port: machine.port });
  const ours = createSshMachines({ keyRing: ring, clock, random: systemRandom, addressOf });
  await ours.bootStatus(target);
  const { connections } = machine.seen;
  machine.silent = true;
  const looking = ours.bootStatus(target);
  await expect.poll(() => machine.seen.commands.length).toBeGreaterThan(4);
  hurry = true;
  expect(await looking).toEqual({ stage: 'unreachable', because: 'the look at its boot did not end within 15 s' });
  // It was asked on the old connection and once more on a new one.
  expect(machine.seen.connections).toBe(connections + 1);
  machine.silent = false;
  hurry = false;
  expect((await ours.bootStatus(target)).stage).toBe('running');
  await ours.close();
});

test('a rebuild ordered: the old connection is no connection to the new server', async () => {
  const { ring, machine, machines } = await setUp();
  const ours = machines();
  await ours.bootStatus(target);
  const commands = machine.seen.commands.length;
  ring.set({ first: soundSshKey('after the rebuild') });
  // The old disk still runs: its key is not the one ordered.
  await expect(ours.bootStatus(target)).rejects.toThrow('shows another SSH host key');
  expect(machine.seen.commands.length).toBe(commands);
});

test('close ends everything at once, a login under way too; later questions open anew', async () => {
  const { machine, machines } = await setUp();
  const ours = machines();
  const looking = ours.bootStatus(target);
  await ours.close();
  expect(await looking).toMatchObject({ stage: 'unreachable' });
  expect((await ours.bootStatus(target)).stage).toBe('running');
  expect(machine.has('/etc/ssh/ssh_host_ed25519_key')).toBe(true);
});

test('at most six logins at once, for sshd refuses by chance above ten', async () => {
  const ring = await memoryRing();
  const names = [...Array(12).keys()].map((n) => `pr-7-${n + 1}`);
  const { first } = ring.host();
  const keys = ring.current();
  if (keys === null || first === undefined) throw new Error('no keys');
  ring.current = () => ({ ...keys, hosts: Object.fromEntries(names.map((name) => [name, { first }])) });
  let arrived = 0;
  // Takes connections and says nothing.
  const deaf = createServer((socket) => {
    arrived += 1;
    socket.resume().on('error', () => {});
  });
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  const { port } = deaf.address() as AddressInfo;
  const ours = createSshMachines({
    keyRing: ring,
    clock: systemClock,
    random: systemRandom,
    addressOf: () => ({ host: '127.0.0.1', port }),
    readyMs: 150,
  });
  const looking = names.map((name) => ours.bootStatus({ ...target, name }));
  await Promise.race(looking);
  expect(arrived).toBe(6);
  const looks = await Promise.all(looking);
  expect(arrived).toBe(12);
  expect(new Set(looks.map((look) => (look.stage === 'unreachable' ? look.because : look.stage)))).toEqual(
    new Set(['Timed out while waiting for handshake']),
  );
  await ours.close();
  await new Promise((resolve) => deaf.close(resolve));
});

test('without keys, or without a host key to tell the server by, nobody logs in', async () => {
  const { ring, machine, machines } = await setUp();
  const keys = ring.current();
  ring.set({});
  await expect(machines().bootStatus(target)).rejects.toThrow('the SSH host key of pr-7-1 is not in the state');
  ring.current = () => null;
  await expect(machines().deliver(target, [])).rejects.toThrow('no key to log in at pr-7-1 with');
  if (keys === null) throw new Error('no keys');
  const spoiled = { ...keys, ssh: { ...keys.ssh, privateKey: new Secret('-----BEGIN what\nsecret\n') } };
  ring.current = () => ({ ...spoiled, hosts: { [target.name]: { first: soundSshKey('x') } } });
  await expect(machines().bootStatus(target)).rejects.toThrow("the environment's own SSH key can't be read");
  expect(machine.seen.commands).toEqual([]);
});

test('a server without a public address and without another way is unreachable', async () => {
  const { ring } = await setUp();
  const ours = createSshMachines({ keyRing: ring, clock: systemClock, random: systemRandom });
  expect(await ours.bootStatus(target)).toEqual({ stage: 'unreachable', because: 'it has no public address' });
});

test('the last lines of a unit’s log; a name that is none never reaches a shell', async () => {
  const { machine, machines } = await setUp();
  const ours = machines();
  expect(await ours.logTail(target, 'nomad.service', 20)).toBe(
    '-u nomad.service -n 20 --no-pager -o cat -q\nthe last line',
  );
  const commands = machine.seen.commands.length;
  await expect(ours.logTail(target, 'nomad; reboot', 20)).rejects.toThrow('no name of a systemd unit: "nomad; reboot"');
  expect(machine.seen.commands.length).toBe(commands);
});
