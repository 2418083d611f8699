import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Client, utils } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine } from '../../src/emulator/docker/engine.ts';
import { ensureMachineImage } from '../../src/emulator/docker/image.ts';
import { docker, hasDocker } from './agents.ts';
import { answers, eventually, greeting, type MachinesWorld, openMachinesWorld } from './machines-world.ts';

const why = hasDocker() ? '' : ' (skipped: no docker engine)';
const userData = (mark: string): string => `#cloud-config\nruncmd:\n  - touch /root/${mark}\n`;
const network = (name: string) => ({
  name,
  ip_range: '10.0.0.0/16',
  subnets: [{ type: 'cloud', ip_range: '10.0.1.0/24', network_zone: 'eu-central' }],
});
const order = (name: string, more: object) => ({
  name,
  server_type: 'cx23',
  image: 'debian-12',
  location: 'nbg1',
  ...more,
});
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
const publicKey = (): string => {
  const parsed = utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return `ssh-rsa ${parsed.getPublicSSH().toString('base64')}`;
};
const bySsh = (host: string, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const client = new Client();
    client.on('error', reject).on('ready', () => {
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        let text = '';
        channel.on('data', (part: Buffer) => {
          text += part.toString();
        });
        channel.on('close', () => {
          client.end();
          resolve(text.trim());
        });
      });
    });
    client.connect({ host, username: 'root', privateKey, readyTimeout: 10_000 });
  });

describe.skipIf(!hasDocker())(`servers that are containers${why}`, () => {
  let world: MachinesWorld;
  const servers: { id: number; ip: string; privateIp: string }[] = [];
  const [first, second, third] = [0, 1, 2].map((index) => () => {
    const server = servers[index];
    if (server === undefined) throw new Error('the servers were not made');
    return server;
  }) as [() => (typeof servers)[0], () => (typeof servers)[0], () => (typeof servers)[0]];
  let networkId = 0;
  let firewallId = 0;

  beforeAll(async () => {
    await ensureMachineImage({ engine: createEngine(), env: process.env, progress: () => undefined });
    world = await openMachinesWorld();
  });
  afterAll(() => world.close());

  /** Sorted, with their prefixes. */
  const addresses = (id: number): string[] =>
    world.inside(id, "ip -4 -o address | awk '{ print $4 }' | sort").split('\n').sort();
  const statusOf = async (id: number): Promise<string> => (await world.api('GET', `/servers/${id}`)).server.status;

  test('three boot to "cloud-init done" within 15 seconds, with user data plain, in base64 and compressed', async () => {
    networkId = (await world.api('POST', '/networks', network('private'))).network.id;
    const key = (await world.api('POST', '/ssh_keys', { name: 'test', public_key: publicKey() })).ssh_key.id;
    firewallId = (
      await world.act('POST', '/firewalls', {
        name: 'test',
        rules: [
          { direction: 'in', protocol: 'tcp', port: '22', source_ips: ['0.0.0.0/0', '::/0'] },
          { direction: 'in', protocol: 'tcp', port: '8000-8010', source_ips: ['0.0.0.0/0'] },
          { direction: 'in', protocol: 'icmp', source_ips: ['0.0.0.0/0'] },
        ],
      })
    ).firewall.id;
    const forms = [
      userData('plain'),
      Buffer.from(userData('base64')).toString('base64'),
      gzipSync(userData('compressed')).toString('base64'),
    ];
    const begin = Date.now();
    const replies = await Promise.all(
      forms.map((user_data, index) =>
        world.act(
          'POST',
          '/servers',
          order(`m-${index + 1}`, {
            user_data,
            ssh_keys: [key],
            networks: [networkId],
            firewalls: index === 2 ? [{ firewall: firewallId }] : [],
          }),
        ),
      ),
    );
    await Promise.all(replies.map(({ server }) => world.booted(server.id)));
    const seconds = (Date.now() - begin) / 1000;
    process.stdout.write(`three machines booted in ${seconds.toFixed(1)} s\n`);
    for (const { server } of replies) {
      const row = (await world.api('GET', `/servers/${server.id}`)).server;
      servers.push({ id: row.id, ip: row.public_net.ipv4.ip, privateIp: row.private_net[0].ip });
    }
    expect(servers.map(({ id }) => world.inside(id, 'ls /root'))).toEqual(['plain', 'base64', 'compressed']);
    expect(world.said).toEqual([]);
    expect(seconds).toBeLessThan(15);
  });

  test('each is reached from here by SSH at its public address, with the key of its order', async () => {
    for (const [index, { ip }] of servers.entries()) expect(await bySsh(ip, 'hostname')).toBe(`m-${index + 1}`);
  });

  test('they reach each other at their private addresses, which nobody reaches from outside', async () => {
    for (const { id } of servers)
      for (const { privateIp } of servers)
        expect(world.inside(id, `ping -c 1 -W 2 ${privateIp} >/dev/null && echo yes`)).toBe('yes');
    // Somebody else may have that address in the host's own network.
    expect(await greeting(second().ip, 22)).toMatch(/^SSH-2/);
    expect(await greeting(second().privateIp, 22)).toBe('');
  });

  test('a firewall filters by port on the public side only; without one everything is open', async () => {
    const listen = 'for port in 8003 8088; do setsid python3 -m http.server $port >/dev/null 2>&1 & done';
    for (const { id } of [first(), third()]) docker(['exec', '-d', world.container(id), 'sh', '-c', listen]);
    await eventually('the open server answers', () => answers(first().ip, 8088), 10_000);
    await eventually('the allowed port of the other answers', () => answers(third().ip, 8003), 10_000);
    expect(await answers(first().ip, 8003)).toBe(true);
    expect(await answers(third().ip, 8088)).toBe(false);
    expect(await answers(third().ip, 22)).toBe(true);
    // As an engine publishes a container's port: the firewall stands before it.
    world.inside(third().id, 'iptables -t nat -A PREROUTING -p tcp --dport 8123 -j REDIRECT --to-ports 8003');
    expect(await answers(third().ip, 8123)).toBe(false);
    const ask = (ip: string): string =>
      world.inside(first().id, `curl -s -m 2 -o /dev/null http://${ip}:8088 && echo yes || echo no`);
    expect([ask(third().ip), ask(third().privateIp)]).toEqual(['no', 'yes']);
  });

  test('its rules follow a change at once, and outbound rules close what is not named', async () => {
    await world.act('POST', `/firewalls/${firewallId}/actions/set_rules`, {
      rules: [
        { direction: 'in', protocol: 'tcp', port: '8088', source_ips: ['198.18.0.0/15'] },
        { direction: 'out', protocol: 'tcp', port: '8088', destination_ips: [`${first().ip}/32`] },
      ],
    });
    expect([await answers(third().ip, 8088), await answers(third().ip, 22)]).toEqual([true, false]);
    const ask = (port: number): string =>
      world.inside(third().id, `curl -s -m 2 -o /dev/null http://${first().ip}:${port} && echo yes || echo no`);
    expect([ask(8088), ask(8003)]).toEqual(['yes', 'no']);
  });

  test('a firewall that is taken away leaves the server open', async () => {
    const resource = { type: 'server', server: { id: third().id } };
    await world.act('POST', `/firewalls/${firewallId}/actions/remove_from_resources`, { remove_from: [resource] });
    expect([await answers(third().ip, 8123), await answers(third().ip, 22)]).toEqual([true, true]);
  });

  test('the engine inside keeps its images on overlay2 and knows the mirror of the world', () => {
    world.inside(first().id, 'systemctl start docker');
    const info = world.inside(first().id, "docker info --format '{{.Driver}} {{json .RegistryConfig.Mirrors}}'");
    expect(info).toMatch(/^overlay2 \["http:\/\/198\.18\.\d+\.253:5000\/"\]$/);
  });

  test('a machine changes neither the clock nor the kernel of its host', () => {
    const before = docker(['run', '--rm', '--entrypoint', 'cat', imageOf(), '/proc/sys/vm/swappiness']);
    expect(world.inside(second().id, 'echo 3 >/proc/sys/vm/swappiness; cat /proc/sys/vm/swappiness')).toBe('3');
    expect(docker(['run', '--rm', '--entrypoint', 'cat', imageOf(), '/proc/sys/vm/swappiness'])).toBe(before);
    expect(world.inside(second().id, 'date -s 12:00 2>&1 | head -1')).toMatch(/not permitted/);
    expect(world.inside(second().id, 'echo x 2>&1 >/proc/sys/kernel/core_pattern || echo refused')).toMatch(/refused$/);
  });

  test('a network is taken off and put on while the server runs', async () => {
    const { id, privateIp } = second();
    await world.act('POST', `/servers/${id}/actions/detach_from_network`, { network: networkId });
    expect(addresses(id)).not.toContain(`${privateIp}/32`);
    await world.act('POST', `/servers/${id}/actions/attach_to_network`, { network: networkId, ip: '10.0.1.77' });
    expect(world.inside(first().id, 'ping -c 1 -W 2 10.0.1.77 >/dev/null && echo yes')).toBe('yes');
    second().privateIp = '10.0.1.77';
  });

  test('a restart that nobody ordered leaves addresses and firewall as they were', async () => {
    const resource = { type: 'server', server: { id: second().id } };
    await world.act('POST', `/firewalls/${firewallId}/actions/apply_to_resources`, { apply_to: [resource] });
    docker(['restart', '-t', '5', world.container(second().id)]);
    await world.booted(second().id);
    expect(world.inside(first().id, 'ping -c 1 -W 2 10.0.1.77 >/dev/null && echo yes')).toBe('yes');
    expect(await answers(second().ip, 22)).toBe(false);
    await world.act('POST', `/firewalls/${firewallId}/actions/remove_from_resources`, { remove_from: [resource] });
    expect(await answers(second().ip, 22)).toBe(true);
  });

  test('off is off, on is on again with the same disk and addresses', async () => {
    const { id, ip } = second();
    await world.act('POST', `/servers/${id}/actions/poweroff`);
    expect([await statusOf(id), await answers(ip, 22)]).toEqual(['off', false]);
    await world.act('POST', `/servers/${id}/actions/poweron`);
    await world.booted(id);
    expect(await statusOf(id)).toBe('running');
    expect(world.inside(id, 'ls /root')).toContain('base64');
    expect(addresses(id)).toEqual(expect.arrayContaining([`${ip}/24`, '10.0.1.77/32']));
    await eventually('sshd answers', () => answers(ip, 22), 10_000);
  });

  test('networks come and go while a server is off', async () => {
    const { id, ip } = third();
    await world.act('POST', `/servers/${id}/actions/poweroff`);
    const range = {
      name: 'brief',
      ip_range: '10.9.0.0/16',
      subnets: [{ type: 'cloud', ip_range: '10.9.1.0/24', network_zone: 'eu-central' }],
    };
    const brief = (await world.api('POST', '/networks', range)).network.id;
    await world.act('POST', `/servers/${id}/actions/attach_to_network`, { network: brief });
    await world.act('POST', `/servers/${id}/actions/poweron`);
    await world.booted(id);
    expect(addresses(id)).toContain('10.9.1.1/32');
    await world.act('POST', `/servers/${id}/actions/poweroff`);
    await world.api('DELETE', `/networks/${brief}`);
    await world.act('POST', `/servers/${id}/actions/poweron`);
    await world.booted(id);
    expect(addresses(id)).toEqual(['127.0.0.1/8', `${ip}/24`, `${third().privateIp}/32`].sort());
    await eventually('sshd answers', () => answers(ip, 22), 10_000);
  });

  test('a shutdown lets the server end by itself', async () => {
    const { id } = second();
    world.inside(
      id,
      'printf \'[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStop=/bin/sh -c "echo ended >/root/ended"\\n\' >/etc/systemd/system/end.service; systemctl start end',
    );
    await world.act('POST', `/servers/${id}/actions/shutdown`);
    await eventually('the server is off', async () => (await statusOf(id)) === 'off', 25_000);
    await world.act('POST', `/servers/${id}/actions/poweron`);
    await world.booted(id);
    expect(world.inside(id, 'cat /root/ended')).toBe('ended');
  });

  test('reset and reboot start it anew, and so does a reboot from inside at the next look', async () => {
    const { id } = third();
    const begun = (): string => world.inside(id, 'stat -c %Y /run/systemd/private; cut -d " " -f 22 /proc/1/stat');
    for (const how of ['reset', 'reboot']) {
      const before = begun();
      await world.act('POST', `/servers/${id}/actions/${how}`);
      await world.booted(id);
      expect(begun()).not.toBe(before);
    }
    const before = begun();
    docker(['exec', world.container(id), 'systemctl', 'reboot']);
    await eventually('it has gone down', () => stateOf(world.container(id)) === 'exited', 20_000);
    expect(await statusOf(id)).toBe('running');
    await world.booted(id);
    expect(begun()).not.toBe(before);
  });

  test('one that is killed is off at the next look, for every process that looks', async () => {
    const { id } = third();
    docker(['kill', world.container(id)]);
    expect(await statusOf(id)).toBe('off');
    const other = await world.again();
    expect((await other.api('GET', `/servers/${id}`)).server.status).toBe('off');
    await other.act('POST', `/servers/${id}/actions/poweron`);
    expect([await statusOf(id), stateOf(world.container(id))]).toEqual(['running', 'running']);
  });

  test('a rebuild makes a new machine at the same addresses', async () => {
    const { id, ip, privateIp } = first();
    const look = (): string => world.inside(id, 'cat /etc/machine-id; ls /root');
    const before = look();
    await world.act('POST', `/servers/${id}/actions/rebuild`, { image: 'debian-12', user_data: userData('anew') });
    await world.booted(id);
    const after = look();
    expect(after.split('\n')[0]).not.toBe(before.split('\n')[0]);
    expect(after).toContain('anew');
    expect(addresses(id)).toEqual(expect.arrayContaining([`${ip}/24`, `${privateIp}/32`]));
    expect(after).not.toContain('plain');
  });

  test('a volume is a folder that goes from server to server with what is in it', async () => {
    const { volume } = await world.act('POST', '/volumes', { name: 'data', size: 10, server: first().id });
    const folder = `/mnt/HC_Volume_${volume.id}`;
    world.inside(first().id, `mountpoint -q ${folder} && echo kept >${folder}/file`);
    await world.act('POST', `/volumes/${volume.id}/actions/detach`);
    expect(world.inside(first().id, `ls ${folder} 2>&1 || true`)).toMatch(/No such file/);
    await world.act('POST', `/volumes/${volume.id}/actions/attach`, { server: second().id });
    expect(world.inside(second().id, `cat ${folder}/file`)).toBe('kept');
    await world.act('POST', `/volumes/${volume.id}/actions/detach`);
    await world.api('DELETE', `/volumes/${volume.id}`);
    expect(world.inside(second().id, 'ls -A /var/lib/emulated/volumes')).toBe('');
  });

  test('a container that was removed by hand is made anew, a stranger with our labels goes', async () => {
    const { id } = second();
    docker(['rm', '-f', '-v', world.container(id)]);
    const labels = [
      '--label',
      `emulated-cloud=${world.id}`,
      '--label',
      'emulated-kind=server',
      '--label',
      'emulated-id=99',
    ];
    docker(['create', '--name', `emulated-${world.id}-server-99`, ...labels, imageOf()]);
    expect(await statusOf(id)).toBe('running');
    await world.booted(id);
    expect((await world.left()).join('\n')).not.toContain('server-99');
  });

  test.each(['network create', 'create', 'cp', 'network connect', 'start'])(
    'a command that is killed right after its docker %s leaves only what the next one finds',
    async (call) => {
      const directory = mkdtempSync(join(tmpdir(), 'machines-'));
      const child = fileURLToPath(new URL('./killed-child.ts', import.meta.url));
      const { signal, stderr } = spawnSync(process.execPath, [child, directory, call], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(signal).toBe('SIGKILL');
      const next = await openMachinesWorld(directory);
      try {
        const found = (await next.api('GET', '/servers')).servers;
        for (const { id } of found) await next.act('POST', `/servers/${id}/actions/poweron`);
        const server =
          found[0] ?? (await next.act('POST', '/servers', order('killed', { user_data: userData('finished') }))).server;
        await next.booted(server.id);
        expect(next.inside(server.id, 'ls /root')).toBe('finished');
        await next.act('DELETE', `/servers/${server.id}`);
        for (const one of (await next.api('GET', '/networks')).networks)
          await next.api('DELETE', `/networks/${one.id}`);
        expect(await next.left()).toEqual([]);
        expect(next.said).toEqual([]);
      } finally {
        await next.close();
      }
    },
  );

  test('two worlds with the same private range live side by side', async () => {
    const other = await openMachinesWorld();
    try {
      const { id } = (await other.api('POST', '/networks', network('private'))).network;
      const made = await other.act('POST', '/servers', order('m-1', { networks: [id], user_data: userData('other') }));
      await other.booted(made.server.id);
      const row = (await other.api('GET', `/servers/${made.server.id}`)).server;
      expect(row.private_net[0].ip).toBe('10.0.1.1');
      expect(other.inside(row.id, 'ping -c 1 -W 1 10.0.1.1 >/dev/null && echo yes')).toBe('yes');
      expect(other.inside(row.id, 'ping -c 1 -W 1 10.0.1.77 >/dev/null && echo yes || echo no')).toBe('no');
      expect(world.inside(first().id, 'ping -c 1 -W 1 10.0.1.77 >/dev/null && echo yes')).toBe('yes');
    } finally {
      await other.close();
    }
  });

  test('a server that can not be started says why in its action, and keeps nobody from deleting it', async () => {
    const { ip } = (
      await world.api('POST', '/primary_ips', {
        name: 'taken',
        type: 'ipv4',
        assignee_type: 'server',
        location: 'nbg1',
      })
    ).primary_ip;
    const { id: taken } = (await world.api('GET', '/primary_ips?name=taken')).primary_ips[0];
    const squatter = `machines-squatter-${world.id}`;
    docker([
      'run',
      '-d',
      '--name',
      squatter,
      '--network',
      `emulated-${world.id}-public`,
      '--ip',
      ip,
      '--entrypoint',
      'sleep',
      imageOf(),
      '300',
    ]);
    try {
      const wanted = order('m-4', { public_net: { enable_ipv4: true, ipv4: taken, enable_ipv6: false } });
      await expect(world.act('POST', '/servers', wanted)).rejects.toThrow(/start_server: .*[Aa]ddress already in use/);
      const row = (await world.api('GET', '/servers?name=m-4')).servers[0];
      expect(row.status).toBe('off');
      await world.act('DELETE', `/servers/${row.id}`);
      expect((await world.left()).join('\n')).not.toContain(`server-${row.id}`);
    } finally {
      docker(['rm', '-f', squatter]);
    }
    await world.api('DELETE', `/primary_ips/${taken}`);
  });

  test('nothing is left when all is deleted: no container, no network, no volume', async () => {
    const volumes = docker(['volume', 'ls', '-q']).split('\n');
    const own = servers.flatMap(({ id }) => volumesOf(world.container(id)));
    expect(own.length).toBeGreaterThanOrEqual(6);
    expect(volumes).toEqual(expect.arrayContaining(own));
    for (const { id } of servers) await world.act('DELETE', `/servers/${id}`);
    await world.api('DELETE', `/networks/${networkId}`);
    await world.api('DELETE', `/firewalls/${firewallId}`);
    expect(await world.left()).toEqual([]);
    const after = docker(['volume', 'ls', '-q']).split('\n');
    expect(own.filter((volume) => after.includes(volume))).toEqual([]);
    expect(world.said).toEqual([]);
  });

  const imageOf = (): string => docker(['inspect', '-f', '{{.Image}}', world.container(first().id)]).trim();
});

const stateOf = (container: string): string => docker(['inspect', '-f', '{{.State.Status}}', container]).trim();
const volumesOf = (container: string): string[] =>
  docker(['inspect', '-f', '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}', container])
    .trim()
    .split(' ');
