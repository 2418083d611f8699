import { appendFileSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { get as getTls } from 'node:https';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createImageKeeper } from '../../src/emulator/docker/app-images.ts';
import { createBalancerPart } from '../../src/emulator/docker/balancers.ts';
import { cacheDirectory } from '../../src/emulator/docker/binaries-cache.ts';
import { createServicesPart } from '../../src/emulator/docker/services.ts';
import { addSupplies } from '../../src/emulator/docker/services-supplies.ts';
import { supplyWorld } from '../../src/emulator/docker/services-supply.ts';
import { docker, hasDocker, until } from './agents.ts';
import { type EdgeWorld, openEdgeWorld } from './edge-world.ts';

const lacks = hasDocker() ? [] : ['no docker engine'];
const why = lacks.length === 0 ? '' : ` (skipped: ${lacks.join(', ')})`;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly name: string;
  readonly seen: Readonly<Record<string, string>>;
}
const ask = (url: string, options: { headers?: Record<string, string>; ca?: string } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, protocol, pathname } = new URL(url);
    const given = { host: hostname, path: pathname, headers: { ...options.headers }, timeout: 5_000, agent: false };
    const onReply = (reply: import('node:http').IncomingMessage): void => {
      let text = '';
      reply.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      reply.on('end', () => {
        const body = text.startsWith('{') ? JSON.parse(text) : { name: '', headers: {} };
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, name: body.name, seen: body.headers });
      });
    };
    const made =
      protocol === 'https:'
        ? getTls({ ...given, ca: options.ca, servername: options.headers?.['host'] }, onReply)
        : request(given, onReply);
    made.on('error', reject).on('timeout', () => made.destroy(new Error(`${url} took too long`)));
    made.end();
  });

describe.skipIf(lacks.length > 0)(`the edge of a docker world${why}`, () => {
  let world: EdgeWorld;
  let balancer: { id: number; ip: string };
  const balancers = createBalancerPart();
  const names: string[] = [];

  beforeAll(async () => {
    world = await openEdgeWorld('edgetest');
    const { network } = await world.api('POST', '/networks', {
      name: 'private',
      ip_range: '10.0.0.0/16',
      subnets: [{ type: 'cloud', ip_range: '10.0.1.0/24', network_zone: 'eu-central' }],
    });
    for (const name of ['shop-1', 'shop-2']) {
      await world.api('POST', '/servers', {
        name,
        server_type: 'cx23',
        image: 'debian-12',
        location: 'nbg1',
        networks: [network.id],
        user_data: `#cloud-config\nhostname: ${name}\n`,
        labels: { role: 'web' },
      });
      names.push(name);
    }
    world.startServers();
    const { load_balancer } = await world.api('POST', '/load_balancers', {
      name: 'shop',
      load_balancer_type: 'lb11',
      location: 'nbg1',
      network: network.id,
      targets: [{ type: 'label_selector', label_selector: { selector: 'role=web' }, use_private_ip: true }],
      services: [
        {
          protocol: 'http',
          listen_port: 80,
          destination_port: 80,
          health_check: { protocol: 'http', port: 80, interval: 3, timeout: 2, retries: 2, http: { path: '/health' } },
        },
      ],
    });
    const row = (await world.api('GET', `/load_balancers/${load_balancer.id}`)).load_balancer;
    balancer = { id: row.id, ip: row.public_net.ipv4.ip };
    await world.sync(balancers);
  }, 400_000);
  afterAll(() => world?.close());

  const askedNames = async (count: number): Promise<Set<string>> => {
    const seen = new Set<string>();
    for (let asked = 0; asked < count; asked += 1) seen.add((await ask(`http://${balancer.ip}/`)).name);
    return seen;
  };
  const healthOf = async (): Promise<string[]> => {
    await balancers.look(world.context());
    return world
      .context()
      .world.servers.all()
      .map((server) => balancers.targetHealth(server.id, 80, balancer.id));
  };

  test('requests are spread over both servers, by their private addresses, with the headers of Hetzner', async () => {
    await until('both servers answering', 20_000, async () => ((await askedNames(4)).size === 2 ? true : undefined));
    const { seen } = await ask(`http://${balancer.ip}/`, { headers: { host: 'shop.example' } });
    expect(seen).toMatchObject({
      host: 'shop.example',
      'x-forwarded-for': world.context().publicSide.gateway,
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '80',
    });
    expect(await healthOf()).toEqual(['healthy', 'healthy']);
  });

  test('the load balancer is where its row says, in both networks', () => {
    const shown = docker(['exec', world.context().names.balancer(balancer.id), 'ip', '-4', '-o', 'address']);
    expect(shown).toContain(` ${balancer.ip}/24 `);
    const row = world.context().world.loadBalancers.get(balancer.id);
    expect(row?.private_net).toHaveLength(1);
    expect(shown).toContain(` ${row?.private_net[0]?.ip}/32 `);
  });

  test('a sick server gets no request after interval × retries, and is back after as many good checks', async () => {
    const sick = world.context().names.server(world.context().world.servers.all()[0]?.id ?? 0);
    docker(['exec', sick, 'touch', '/tmp/sick']);
    const begun = Date.now();
    await until('the sick server out', 10_000, async () =>
      (await healthOf()).join() === 'unhealthy,healthy' ? true : undefined,
    );
    expect(Date.now() - begun).toBeLessThan(2 * 3_000 + 2_000);
    expect(await askedNames(6)).toEqual(new Set(['shop-2']));
    docker(['exec', sick, 'rm', '/tmp/sick']);
    await until('the server back', 15_000, async () => ((await askedNames(4)).size === 2 ? true : undefined));
  });

  test('a reload drops no request: eight clients keep asking while the configuration changes three times', async () => {
    await until('the load balancer', 20_000, async () => (await ask(`http://${balancer.ip}/`)).status);
    let changed = false;
    const asking = Promise.all(
      Array.from({ length: 8 }, async () => {
        const codes: number[] = [];
        while (!changed) codes.push((await ask(`http://${balancer.ip}/`)).status);
        return codes;
      }),
    );
    for (const type of ['least_connections', 'round_robin', 'least_connections']) {
      await world.api('POST', `/load_balancers/${balancer.id}/actions/change_algorithm`, { type });
      await world.sync(balancers);
    }
    changed = true;
    const codes = (await asking).flat();
    expect(codes.length).toBeGreaterThan(30);
    expect(new Set(codes)).toEqual(new Set([200]));
  });

  test('sticky sessions keep a client on its server', async () => {
    await world.api('POST', `/load_balancers/${balancer.id}/actions/update_service`, {
      listen_port: 80,
      http: { sticky_sessions: true },
    });
    await world.sync(balancers);
    const first = await until('a cookie', 5_000, async () => {
      const answer = await ask(`http://${balancer.ip}/`);
      return answer.headers['set-cookie'] === undefined ? undefined : answer;
    });
    const cookie = String(first.headers['set-cookie']).split(';')[0] ?? '';
    expect(cookie).toMatch(/^HCLBSTICKY=/);
    for (let asked = 0; asked < 4; asked += 1)
      expect((await ask(`http://${balancer.ip}/`, { headers: { cookie } })).name).toBe(first.name);
  });

  test('https: a managed certificate is believed with the ca.pem of the world, and port 80 redirects', async () => {
    await world.api('POST', '/zones', { name: 'shop.example', mode: 'primary' });
    const { certificate } = await world.api('POST', '/certificates', {
      name: 'shop',
      type: 'managed',
      domain_names: ['shop.example'],
    });
    await world.api('POST', `/load_balancers/${balancer.id}/actions/delete_service`, { listen_port: 80 });
    await world.api('POST', `/load_balancers/${balancer.id}/actions/add_service`, {
      protocol: 'https',
      listen_port: 443,
      destination_port: 80,
      http: { certificates: [certificate.id], redirect_http: true },
      health_check: { protocol: 'tcp', port: 80, interval: 3, timeout: 2, retries: 2 },
    });
    await world.sync(balancers);
    const ca = readFileSync(join(world.directory, 'ca.pem'), 'utf8');
    const host = { host: 'shop.example' };
    const answer = await until('https', 10_000, () =>
      ask(`https://${balancer.ip}/`, { headers: host, ca }).catch(() => undefined),
    );
    expect(answer.status).toBe(200);
    expect(answer.seen['x-forwarded-proto']).toBe('https');
    const redirected = await ask(`http://${balancer.ip}/path`, { headers: host });
    expect([redirected.status, redirected.headers['location']]).toEqual([301, 'https://shop.example/path']);
    await expect(ask(`https://${balancer.ip}/`, { headers: host })).rejects.toThrow(/self.signed|unable to/i);
    const shown = (await world.api('GET', `/certificates/${certificate.id}`)).certificate;
    expect(shown.certificate).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect(shown.certificate).not.toContain('PRIVATE');
  });

  test('tcp with the PROXY protocol: the target sees the client first', async () => {
    await world.api('POST', `/load_balancers/${balancer.id}/actions/add_service`, {
      protocol: 'tcp',
      listen_port: 9000,
      destination_port: 9000,
      proxyprotocol: true,
      health_check: { protocol: 'tcp', port: 80, interval: 3, timeout: 2, retries: 2 },
    });
    await world.sync(balancers);
    const said = await until('an answer', 10_000, () => firstBytes(balancer.ip, 9000).catch(() => undefined));
    expect(said).toMatch(
      new RegExp(`^PROXY TCP4 ${world.context().publicSide.gateway} ${balancer.ip} \\d+ 9000\\r\\n`),
    );
  });

  test('a load balancer whose container was killed is there again after the next sync, one without a row is gone', async () => {
    const name = world.context().names.balancer(balancer.id);
    docker(['kill', name]);
    await world.sync(balancers);
    await until('tcp again', 10_000, () => firstBytes(balancer.ip, 9000).catch(() => undefined));
    await world.api('DELETE', `/load_balancers/${balancer.id}`);
    await world.sync(balancers);
    expect(docker(['ps', '-aq', '--filter', `name=${name}`])).toBe('');
  });

  describe('services', () => {
    const services = createServicesPart();
    beforeAll(() => world.sync(services), 60_000);
    const inside = (command: string): string => {
      const [first] = world.context().world.servers.all();
      return docker(['exec', world.context().names.server(first?.id ?? 0), 'sh', '-c', command]);
    };

    test('the metadata service tells each server about itself, and nobody else', async () => {
      const at = 'http://169.254.169.254/hetzner/v1';
      await until('the metadata service', 10_000, async () => {
        try {
          return inside(`curl -fsS -m 2 ${at}/metadata/hostname`);
        } catch {
          return undefined;
        }
      });
      const [first] = world.context().world.servers.all();
      expect(inside(`curl -fsS ${at}/metadata/hostname`)).toBe('shop-1');
      expect(inside(`curl -fsS ${at}/metadata/instance-id`)).toBe(String(first?.id));
      expect(inside(`curl -fsS ${at}/metadata/region`)).toBe('eu-central');
      expect(inside(`curl -fsS ${at}/userdata`)).toBe('#cloud-config\nhostname: shop-1\n');
      expect(inside(`curl -fsS ${at}/metadata/private-networks`)).toMatch(
        /^- ip: 10\.0\.\d\.\d\n {2}alias_ips: \[\]\n/,
      );
      expect(inside(`curl -fsS ${at}/metadata`)).toContain('hostname: "shop-1"\n');
      const { services: host } = world.context().publicSide;
      expect((await ask(`http://${host}/hetzner/v1/metadata/hostname`)).status).toBe(404);
    });

    test('a server that was ordered later is told of too, without a new container', async () => {
      const before = docker(['inspect', '--format', '{{.Id}} {{.State.StartedAt}}', world.context().names.services]);
      await world.api('POST', '/servers', {
        name: 'shop-3',
        server_type: 'cx23',
        image: 'debian-12',
        location: 'nbg1',
        start_after_create: false,
      });
      await world.sync(services);
      const told = docker(['exec', world.context().names.services, 'cat', '/srv/world.json']);
      expect(told).toContain('"shop-3"');
      expect(docker(['inspect', '--format', '{{.Id}} {{.State.StartedAt}}', world.context().names.services])).toBe(
        before,
      );
    });

    test('the mirror hands out what was packed, byte for byte, and a changed archive shows by its checksum', async () => {
      // Any program of this machine will do: the mirror does not run it.
      const env = { ...world.context().env, NOMAD_BIN: '/bin/ls', CONSUL_BIN: '/bin/cat', CADDY_BIN: '/bin/cp' };
      const releases = { url: 'http://nowhere.invalid/', checksum: undefined };
      const { mirror, programs } = await supplyWorld(
        { directory: world.directory, host: world.context().publicSide.services, env, say: () => undefined },
        {
          programs: (['nomad', 'consul', 'caddy'] as const).map((artifact) => ({
            artifact,
            version: '1.2.3',
            releases: { amd64: releases, arm64: releases },
          })),
          images: [],
        },
      );
      await world.sync(services);
      const [nomad] = programs;
      const url = `${mirror}/nomad/1.2.3/nomad_1.2.3_linux_amd64.zip`;
      const check = `curl -fsS ${url} | sha256sum`;
      expect(inside(check)).toBe(`${nomad?.checksum}  -\n`);
      expect(
        inside(
          `curl -fsS ${mirror}/caddy/1.2.3/caddy_1.2.3_linux_arm64.tar.gz | tar -xzO caddy | cmp - /bin/cp && echo same`,
        ),
      ).toBe('same\n');
      appendFileSync(join(cacheDirectory(env), nomad?.file ?? ''), 'x');
      expect(inside(check)).not.toBe(`${nomad?.checksum}  -\n`);
      expect((await ask(`${mirror}/nomad/9.9.9/nomad_9.9.9_linux_amd64.zip`)).status).toBe(404);
    });

    test('an image that a job needs is built, pushed once, and pulled by an engine inside of a server', async () => {
      const root = resolve(import.meta.dirname, '../..');
      const image = 'edge-test/server:1';
      const wanted = {
        job: 'server',
        image,
        dockerfile: join(root, 'docker/server.Dockerfile'),
        context: join(root, 'docker'),
      };
      await addSupplies(world.directory, { mirror: {}, images: [wanted] });
      const push = async (): Promise<void> => {
        const keeper = createImageKeeper();
        await createServicesPart({ onRunning: keeper.begin }).sync(await world.found());
        await keeper.settled();
      };
      await push();
      expect(world.said.filter((text) => text.includes("can't start"))).toEqual([]);
      const registry = docker(['port', world.context().names.services, '5000/tcp']).trim();
      const listed = await (await fetch(`http://${registry}/v2/edge-test/server/tags/list`)).json();
      expect(listed).toEqual({ name: 'edge-test/server', tags: ['1'] });
      const said = world.said.length;
      await push();
      expect(world.said.slice(said)).toEqual([]);

      const engine = world.startEngine();
      await until('the engine inside', 30_000, async () =>
        docker(['exec', engine, 'docker', 'info', '-f', '{{.Driver}}']),
      );
      docker(['exec', engine, 'docker', 'pull', '-q', image]);
      expect(docker(['exec', engine, 'docker', 'image', 'inspect', '-f', '{{.Config.Cmd}}', image])).toBe(
        '[node server.mjs]\n',
      );
    }, 120_000);

    test('nothing is left when the last server is gone', async () => {
      for (const server of world.context().world.servers.all()) await world.api('DELETE', `/servers/${server.id}`);
      await world.sync(services);
      expect(docker(['ps', '-aq', '--filter', `name=${world.context().names.services}`])).toBe('');
    });
  });
});

const firstBytes = (host: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 3_000 }, () => socket.write('hello'));
    socket.on('data', (data) => {
      socket.destroy();
      resolve(data.toString());
    });
    socket.on('error', reject).on('timeout', () => socket.destroy(new Error('no answer')));
    socket.on('close', () => reject(new Error('closed without an answer')));
  });
