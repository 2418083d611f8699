import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine } from '../../src/emulator/docker/engine.ts';
import { findMachineImage, type MachineImage } from '../../src/emulator/docker/image.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import type { Machines } from '../../src/ports/machines.ts';
import { createSshMachines } from '../../src/ssh/machines.ts';
import { type MemoryRing, memoryRing, target } from '../ssh/kit.ts';
import { hasDocker } from './agents.ts';

/*
 * The SSH adapter against the OpenSSH that servers run: the machine image with sshd alone, started by testcontainers,
 * with the first host key and our own public key where cloud-init would have put them.
 */
const image: MachineImage | undefined = hasDocker() ? await findMachineImage(createEngine()) : undefined;
const missing = hasDocker() ? 'no machine image yet' : 'no docker';
const title = 'against a real OpenSSH';

/** An http server on loopback, which is reached through a tunnel only. */
const web = 'python3 -m http.server 8099 --bind 127.0.0.1 --directory /srv';

describe.skipIf(image === undefined)(image === undefined ? `${title} (skipped: ${missing})` : title, () => {
  let ring: MemoryRing;
  let stop: () => Promise<unknown> = async () => {};
  let shell: (line: string) => Promise<string>;
  let machines: () => Machines;
  const opened: Machines[] = [];

  beforeAll(async () => {
    // Its watchdog is an image of its own, which would have to be pulled; we end the container ourselves.
    process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
    const { GenericContainer, Wait } = await import('testcontainers');
    ring = await memoryRing();
    const { first } = ring.host();
    const keys = ring.current();
    if (image === undefined || first === undefined || keys === null) throw new Error('nothing to start');
    const file = (path: string, content: string, mode: number) => ({ target: path, content, mode });
    const container = await new GenericContainer(image.tag)
      .withLabels({ 'made-by': 'ssh-helper' })
      .withExposedPorts(22)
      .withCopyContentToContainer([
        file('/etc/ssh/ssh_host_ed25519_key', first.privateKey.reveal(), 0o600),
        file('/etc/ssh/ssh_host_ed25519_key.pub', `${first.publicKey}\n`, 0o644),
        file('/root/.ssh/authorized_keys', `${keys.ssh.publicKey}\n`, 0o600),
        file('/srv/hello', 'hello from loopback\n', 0o644),
        file('/usr/local/sbin/install-delivery', '#!/bin/sh\ncp /var/lib/bootstrap/delivery/1 /root/got\n', 0o755),
      ])
      .withCommand(['sh', '-c', `mkdir -p /run/sshd; ${web} & exec /usr/sbin/sshd -D -e`])
      .withWaitStrategy(Wait.forListeningPorts())
      .withStartupTimeout(60_000)
      .start();
    stop = () => container.stop({ timeout: 1 });
    shell = async (line) => (await container.exec(['sh', '-c', line])).output.trim();
    const address = { host: container.getHost(), port: container.getMappedPort(22) };
    machines = () => {
      const made = createSshMachines({
        keyRing: ring,
        clock: systemClock,
        random: systemRandom,
        addressOf: () => address,
      });
      opened.push(made);
      return made;
    };
  });
  afterAll(async () => {
    for (const one of opened) await one.close();
    await stop();
  });

  test('first contact: sshd itself makes the key, reloads, and shows it', async () => {
    const first = ring.host().first?.publicKey;
    expect((await machines().bootStatus(target)).stage).toBe('running');
    const { pinned } = ring.host();
    expect(ring.host()).toEqual({ pinned });
    expect(first?.startsWith(pinned ?? '')).toBe(false);
    expect(await shell('ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | cut -d " " -f 2-3')).toBe(pinned);
    expect(await shell('ls /etc/ssh | grep host_ed')).toBe('ssh_host_ed25519_key\nssh_host_ed25519_key.pub');
  });

  test('a delivery arrives and is installed; nothing of it was ever in the process list', async () => {
    await shell(
      'touch /var/lib/bootstrap/installed || { mkdir -p /var/lib/bootstrap && touch /var/lib/bootstrap/installed; }',
    );
    const content = `grüße\0${'k'.repeat(100_000)}`;
    await machines().deliver(target, [{ path: '/etc/x', mode: '0600', owner: 'root:root', content }]);
    expect(await shell('wc -c </root/got')).toBe(String(Buffer.byteLength(content)));
  });

  test('a tunnel reaches what listens on the server’s loopback alone, and says when nothing does', async () => {
    const fetch = machines().fetchThrough(target);
    const replies = [...Array(30)].map(async () => (await fetch(new Request('http://127.0.0.1:8099/hello'))).text());
    expect(new Set(await Promise.all(replies))).toEqual(new Set(['hello from loopback\n']));
    await expect(fetch(new Request('http://127.0.0.1:8098/'))).rejects.toThrow('pr-7-1 port 8098: Connection refused');
  });

  test('its sessions killed on the server: the next question opens a connection anew', async () => {
    const ours = machines();
    await ours.bootStatus(target);
    await shell("pkill -f 'sshd: root' ; true");
    expect((await ours.bootStatus(target)).stage).toBe('running');
  });
});
