import { expect, test } from 'vitest';
import { createMachineModels } from '../../src/emulator/machines/models.ts';
import { type Api, createApi } from './api.ts';

const balancer = async (api: Api, more: Record<string, unknown> = {}) => {
  const body = { name: 'lb', load_balancer_type: 'lb11', location: 'nbg1', ...more };
  const { load_balancer } = await api.done('POST /load_balancers', body);
  return { load_balancer, path: `/load_balancers/${load_balancer.id}` };
};
const network = async (api: Api) => {
  const subnets = [{ type: 'cloud', network_zone: 'eu-central', ip_range: '10.0.1.0/24' }];
  return (await api.ok('POST /networks', { name: 'net', ip_range: '10.0.0.0/16', subnets })).network;
};
const read = async (api: Api, path: string) => (await api.ok(`GET ${path}`)).load_balancer;

test('a load balancer is made with addresses at once and an action that holds it', async () => {
  const api = createApi();
  const body = { name: 'lb', load_balancer_type: 'lb11', network_zone: 'eu-central', labels: { a: 'b' } };
  const { load_balancer, action } = await api.ok('POST /load_balancers', body);
  expect(action).toMatchObject({ command: 'create_load_balancer', status: 'running' });
  expect(load_balancer).toMatchObject({
    public_net: {
      enabled: true,
      ipv4: { ip: expect.stringMatching(/^\d/) },
      ipv6: { ip: expect.stringMatching(/::1$/) },
    },
    private_net: [],
    load_balancer_type: { name: 'lb11', max_targets: 25 },
    algorithm: { type: 'round_robin' },
    services: [],
    targets: [],
  });
  const path = `/load_balancers/${load_balancer.id}`;
  expect(await api.say(`POST ${path}/actions/add_service`, { protocol: 'http' })).toMatch(/^409 conflict/);
  await api.pass(4);
  expect(await api.say(`POST ${path}/actions/add_service`, { protocol: 'http' })).toBe('201');
});

test.each([
  ['neither place', { location: undefined }, '422 invalid_input'],
  ['both places', { network_zone: 'eu-central' }, '422 invalid_input'],
  ['an unknown location', { location: 'xyz1' }, "422 invalid_input: location 'xyz1' not found"],
  ['an unknown type', { load_balancer_type: 'lb99' }, "404 not_found: load balancer type 'lb99' not found"],
  ['outer spaces', { name: ' lb' }, '422 invalid_input'],
  [
    'a private target, no network',
    { targets: [{ type: 'label_selector', label_selector: { selector: 'a=b' }, use_private_ip: true }] },
    '422 load_balancer_not_attached_to_network',
  ],
  [
    'one port twice',
    { services: [{ protocol: 'http' }, { protocol: 'tcp', listen_port: 80 }] },
    '412 source_port_already_used',
  ],
])('a load balancer with %s is refused', async (_what, more, said) => {
  const api = createApi();
  const body = { name: 'lb', load_balancer_type: 'lb11', location: 'nbg1', ...more };
  expect(await api.say('POST /load_balancers', body)).toContain(said);
  expect((await api.ok('GET /load_balancers')).load_balancers).toEqual([]);
});

test('add_service fills in what is left out', async () => {
  const api = createApi();
  const { path } = await balancer(api);
  await api.ok(`POST ${path}/actions/add_service`, { protocol: 'http' });
  await api.ok(`POST ${path}/actions/add_service`, { protocol: 'tcp', listen_port: 5432 });
  expect((await read(api, path)).services).toEqual([
    {
      protocol: 'http',
      listen_port: 80,
      destination_port: 80,
      proxyprotocol: false,
      http: { cookie_name: 'HCLBSTICKY', cookie_lifetime: 300, timeout_idle: 50, sticky_sessions: false },
      health_check: {
        protocol: 'http',
        port: 80,
        interval: 15,
        timeout: 10,
        retries: 3,
        http: { domain: '', path: '/', response: '', status_codes: ['2??', '3??'], tls: false },
      },
    },
    {
      protocol: 'tcp',
      listen_port: 5432,
      destination_port: 5432,
      proxyprotocol: false,
      health_check: { protocol: 'tcp', port: 5432, interval: 15, timeout: 10, retries: 3 },
    },
  ]);
});

test('services are known by their port: changed in part, deleted, never doubled', async () => {
  const api = createApi();
  const { path } = await balancer(api, { services: [{ protocol: 'http' }] });
  const update = { listen_port: 80, destination_port: 8080, health_check: { http: { path: '/health' } } };
  await api.ok(`POST ${path}/actions/update_service`, update);
  const [service] = (await read(api, path)).services;
  expect([service.destination_port, service.health_check.http.path, service.health_check.port]).toEqual([
    8080,
    '/health',
    80,
  ]);
  expect([
    await api.say(`POST ${path}/actions/add_service`, { protocol: 'http' }),
    await api.say(`POST ${path}/actions/add_service`, { protocol: 'tcp' }),
    await api.say(`POST ${path}/actions/add_service`, { protocol: 'https' }),
    await api.say(`POST ${path}/actions/add_service`, { protocol: 'https', http: { certificates: [12] } }),
    await api.say(`POST ${path}/actions/update_service`, { listen_port: 81 }),
    await api.say(`POST ${path}/actions/delete_service`, { listen_port: 81 }),
    await api.say(`POST ${path}/actions/delete_service`, { listen_port: 80 }),
  ]).toEqual([
    '412 source_port_already_used: source port 80 is already used',
    "422 invalid_input: invalid input in field 'listen_port'",
    "422 invalid_input: invalid input in field 'http.certificates'",
    "404 not_found: certificate with ID '12' not found",
    '404 not_found: load balancer service with listen_port 81 not found',
    '404 not_found: load balancer service with listen_port 81 not found',
    '201',
  ]);
});

test('lb11 takes five services and 25 targets', async () => {
  const api = createApi();
  const { path } = await balancer(api);
  const add = (port: number) => api.say(`POST ${path}/actions/add_service`, { protocol: 'tcp', listen_port: port });
  for (const port of [1, 2, 3, 4, 5]) expect(await add(port)).toBe('201');
  expect(await add(6)).toBe('403 resource_limit_exceeded: lb11 allows 5 services');
  await api.done(`POST ${path}/actions/change_type`, { load_balancer_type: 'lb21' });
  expect(await add(6)).toBe('201');
  expect(await api.say(`POST ${path}/actions/change_type`, { load_balancer_type: 'lb11' })).toMatch(
    /^422 invalid_load_balancer_type/,
  );
  expect(await api.say(`POST ${path}/actions/change_type`, { load_balancer_type: 'lb21' })).toBe('201');
});

test('a load balancer has one network, at the wanted address', async () => {
  const api = createApi();
  const { load_balancer, path } = await balancer(api);
  const net = await network(api);
  const { action } = await api.ok(`POST ${path}/actions/attach_to_network`, { network: net.id, ip: '10.0.1.5' });
  expect([action.status, (await read(api, path)).private_net]).toEqual(['running', []]);
  await api.pass(5);
  expect((await read(api, path)).private_net).toEqual([{ network: net.id, ip: '10.0.1.5' }]);
  expect((await api.ok(`GET /networks/${net.id}`)).network.load_balancers).toEqual([load_balancer.id]);
  expect([
    await api.say(`POST ${path}/actions/attach_to_network`, { network: net.id }),
    await api.say(`DELETE ${path}/actions`),
    await api.say(`POST ${path}/actions/detach_from_network`, { network: net.id }),
  ]).toEqual([
    '422 load_balancer_already_attached: load balancer is already attached to a network',
    expect.stringMatching(/^405/),
    '201',
  ]);
  await api.pass(5);
  const other = await balancer(api, { name: 'other' });
  await api.done(`POST ${other.path}/actions/attach_to_network`, { network: net.id, ip: '10.0.1.5' });
  expect(await api.say(`POST ${path}/actions/attach_to_network`, { network: net.id, ip: '10.0.1.5' })).toBe(
    '422 ip_not_available: IP not available',
  );
  expect(await api.say(`POST ${path}/actions/attach_to_network`, { network: net.id, ip: '10.0.9.9' })).toBe(
    '422 ip_not_available: IP not available',
  );
});

test('targets are servers, selectors or foreign addresses; each once, each reachable', async () => {
  const api = createApi();
  const { path } = await balancer(api);
  const server = await api.server('web');
  const add = (body: unknown) => api.say(`POST ${path}/actions/add_target`, body);
  const byId = { type: 'server', server: { id: server.id } };
  expect([
    await add({ server: { id: server.id } }),
    await add(byId),
    await add(byId),
    await add({ ...byId, use_private_ip: true }),
    await add({ type: 'server', server: { id: 5 } }),
    await add({ type: 'label_selector', label_selector: { selector: 'a in (b' } }),
    await add({ type: 'ip', ip: { ip: server.public_net.ipv4.ip } }),
    await add({ type: 'ip', ip: { ip: '10.0.0.1' } }),
    await add({ type: 'ip', ip: { ip: '8.8.8.8' } }),
  ]).toEqual([
    "422 invalid_input: invalid input in field 'type'",
    '201',
    '422 target_already_defined: target is already defined',
    '422 target_already_defined: target is already defined',
    "404 not_found: server with ID '5' not found",
    expect.stringMatching(/^422 invalid_input/),
    '422 cloud_resource_ip_not_allowed: IP of a cloud resource is not allowed as a target',
    '422 load_balancer_not_attached_to_network: load balancer is not attached to a network',
    '201',
  ]);
  expect((await api.ok(`GET /servers/${server.id}`)).server.load_balancers).toHaveLength(1);
  await api.ok(`POST ${path}/actions/remove_target`, byId);
  expect((await read(api, path)).targets).toMatchObject([{ type: 'ip' }]);
});

test('a selector finds servers as they come and go, by their private address', async () => {
  const api = createApi();
  const net = await network(api);
  const { path } = await balancer(api, { network: net.id, services: [{ protocol: 'http' }] });
  const target = { type: 'label_selector', label_selector: { selector: 'role=web' }, use_private_ip: true };
  await api.ok(`POST ${path}/actions/add_target`, target);
  const found = async () =>
    (await read(api, path)).targets[0].targets.map((one: { server: { ip: string } }) => one.server.ip);
  expect(await found()).toEqual([]);
  const server = await api.server('web', { labels: { role: 'web' }, networks: [net.id] });
  await api.server('outside', { labels: { role: 'web' } });
  expect(await found()).toEqual([server.private_net[0].ip]);
  await api.done(`DELETE /servers/${server.id}`);
  expect(await found()).toEqual([]);
});

test('without its public interface a load balancer needs a network and private targets', async () => {
  const api = createApi();
  const net = await network(api);
  const { path } = await balancer(api);
  expect(await api.say(`POST ${path}/actions/disable_public_interface`)).toMatch(/^422 load_balancer_not_attached/);
  await api.done(`POST ${path}/actions/attach_to_network`, { network: net.id });
  const open = { type: 'label_selector', label_selector: { selector: 'a' } };
  await api.ok(`POST ${path}/actions/add_target`, open);
  expect(await api.say(`POST ${path}/actions/disable_public_interface`)).toMatch(/^422 targets_without_use_private_ip/);
  await api.ok(`POST ${path}/actions/remove_target`, open);
  await api.ok(`POST ${path}/actions/disable_public_interface`);
  expect((await read(api, path)).public_net.enabled).toBe(false);
  expect(await api.say(`POST ${path}/actions/add_target`, open)).toBe(
    '422 load_balancer_public_interface_disabled: load balancer public interface is disabled, cannot add target using public IP',
  );
  expect(await api.say(`POST ${path}/actions/enable_public_interface`)).toBe('201');
  expect(await api.say(`POST ${path}/actions/enable_public_interface`)).toBe('201');
});

test('health is unknown without machines, unhealthy while the server is off', async () => {
  const api = createApi();
  const [off, on] = [await api.server('off'), await api.server('on', { start_after_create: true })];
  const targets = [off, on].map(({ id }) => ({ type: 'server', server: { id } }));
  const { path } = await balancer(api, { services: [{ protocol: 'http' }], targets });
  const health = (await read(api, path)).targets.map((one: { health_status: unknown }) => one.health_status);
  expect(health).toEqual([
    [{ listen_port: 80, status: 'unhealthy', detail: 'layer4_timeout' }],
    [{ listen_port: 80, status: 'unknown' }],
  ]);
});

test('health is what the machine answers on the health-check port', async () => {
  const api = createApi({ machines: createMachineModels });
  const { id } = await api.server('bare', { start_after_create: true });
  const { path } = await balancer(api, {
    services: [{ protocol: 'http' }],
    targets: [{ type: 'server', server: { id } }],
  });
  expect((await read(api, path)).targets[0].health_status).toEqual([
    { listen_port: 80, status: 'unhealthy', detail: 'layer4_no_connection' },
  ]);
});

test('protection, reverse DNS, algorithm, rename', async () => {
  const api = createApi();
  const { path } = await balancer(api);
  await api.ok(`POST ${path}/actions/change_protection`, { delete: true });
  expect(await api.say(`DELETE ${path}`)).toBe('423 protected: load balancer is delete protected');
  await api.ok(`POST ${path}/actions/change_protection`, { delete: false });
  const { ip } = (await read(api, path)).public_net.ipv4;
  await api.ok(`POST ${path}/actions/change_dns_ptr`, { ip, dns_ptr: 'lb.example.com' });
  await api.ok(`POST ${path}/actions/change_algorithm`, { type: 'least_connections' });
  const { load_balancer } = await api.ok(`PUT ${path}`, { name: 'new' });
  expect(load_balancer).toMatchObject({
    name: 'new',
    algorithm: { type: 'least_connections' },
    public_net: { ipv4: { dns_ptr: 'lb.example.com' } },
  });
  expect(await api.say(`DELETE ${path}`)).toBe('204');
});
