import { describe, expect, test } from 'vitest';
import { aNetwork, aServer, createProject, publicKey, serverBody } from './project.ts';

describe('creating', () => {
  test('id, addresses and labels are there at once; the password only when no key is given', async () => {
    const project = createProject();
    const { server, root_password, next_actions } = await project.ok(
      'POST /servers',
      serverBody('web-1', { labels: { project: 'p' }, start_after_create: false }),
    );
    expect(server).toMatchObject({
      name: 'web-1',
      status: 'initializing',
      labels: { project: 'p' },
      locked: true,
      server_type: { name: 'cx23' },
      location: { name: 'nbg1', network_zone: 'eu-central' },
      image: { name: 'debian-12', architecture: 'x86' },
      private_net: [],
      placement_group: null,
    });
    expect(server.public_net.ipv4.ip).toBe('203.0.113.1');
    expect(server.public_net.ipv4.dns_ptr).toBe('static.1.113.0.203.clients.your-server.de');
    expect(server.public_net.ipv6.ip).toMatch(/^2001:db8:[0-9a-f:]+::\/64$/);
    expect(server).not.toHaveProperty('datacenter');
    expect(root_password).toMatch(/^\w{20}$/);
    expect(next_actions).toEqual([]);
    await project.ok('POST /ssh_keys', { name: 'k', public_key: publicKey });
    const keyed = await project.ok('POST /servers', serverBody('web-2', { ssh_keys: ['k'] }));
    expect(keyed.root_password).toBeNull();
    await project.settled();
    expect((await project.ok(`GET /servers/${server.id}`)).server).toMatchObject({ status: 'off', locked: false });
  });

  test('image names are one per architecture: an arm type gets the arm image', async () => {
    const project = createProject();
    const x86 = await project.ok('POST /servers', serverBody('x'));
    const arm = await project.ok('POST /servers', serverBody('a', { server_type: 'cax11' }));
    expect(x86.server.image.id).not.toBe(arm.server.image.id);
    expect(arm.server.image.architecture).toBe('arm');
    const wrong = serverBody('w', { server_type: 'cax11', image: x86.server.image.id });
    expect(await project.refusal('POST /servers', wrong)).toMatch(/^422 invalid_input.*\(image\)/);
  });

  test.each([
    [{ name: 'under_score' }, "422 invalid_input: invalid input in field 'name' (name)"],
    [{ name: '-dash' }, "422 invalid_input: invalid input in field 'name' (name)"],
    [{ server_type: 'cx22' }, "404 not_found: server type 'cx22' not found"],
    [{ server_type: 9_999 }, "404 not_found: server type with ID '9999' not found"],
    [{ location: 'mars' }, "422 invalid_input: location 'mars' not found"],
    [{ location: 'ash' }, '422 invalid_input: unsupported location for server type'],
    [{ image: 'debian-1' }, "404 not_found: image 'debian-1' not found"],
    [{ ssh_keys: ['nobody'] }, "404 not_found: SSH key 'nobody' not found"],
    [{ networks: [7] }, "404 not_found: network with ID '7' not found"],
    [{ firewalls: [{ firewall: 7 }] }, "404 not_found: firewall with ID '7' not found"],
    [{ placement_group: 7 }, "404 not_found: placement group with ID '7' not found"],
    [{ user_data: 'x'.repeat(32_769) }, "422 invalid_input: invalid input in field 'user_data' (user_data)"],
    [{ user_data: 'ü'.repeat(16_385) }, "422 invalid_input: invalid input in field 'user_data' (user_data)"],
    [{ labels: { 'a b': 'c' } }, "422 invalid_input: invalid input in field 'labels' (labels)"],
    [
      { public_net: { enable_ipv4: false, enable_ipv6: false } },
      '422 invalid_input: server without public network needs a private one to be started',
    ],
  ])('refused and nothing left behind: %j', async (more, expected) => {
    const project = createProject();
    expect(await project.refusal('POST /servers', serverBody('one', more))).toBe(expected);
    expect((await project.ok('GET /servers')).servers).toEqual([]);
    expect(project.emulator.world.primaryIps.size).toBe(0);
  });

  test('the name is unique, the limit holds, and a sold-out type is refused at once with 412', async () => {
    const project = createProject({ limits: { servers: 2 } });
    await project.ok('POST /servers', serverBody('one'));
    expect(await project.refusal('POST /servers', serverBody('one'))).toBe(
      '409 uniqueness_error: server name is already used',
    );
    await project.ok('PUT /_emulator/stock', { server_type: 'cx23', location: 'nbg1', available: false });
    expect(await project.refusal('POST /servers', serverBody('two'))).toBe(
      '412 resource_unavailable: error during placement',
    );
    await project.ok('POST /servers', serverBody('two', { location: 'fsn1' }));
    expect(await project.refusal('POST /servers', serverBody('three', { location: 'fsn1' }))).toBe(
      '403 resource_limit_exceeded: server limit exceeded',
    );
  });

  test('a type of 2024 is sold in the catalogue of 2024, and gone from that of today', async () => {
    const then = createProject({ date: '2024-12-01' });
    await then.ok('POST /servers', serverBody('one', { server_type: 'cx22' }));
    const now = createProject();
    expect((await now.ok('GET /server_types?name=cx22')).server_types).toEqual([]);
  });

  test('networks, group, firewalls and volumes given at creation are there when it has ended', async () => {
    const project = createProject();
    const network = await aNetwork(project);
    const { placement_group } = await project.ok('POST /placement_groups', { name: 'g', type: 'spread' });
    const id = await aServer(project, 'one', { networks: [network], placement_group: placement_group.id });
    const { server } = await project.ok(`GET /servers/${id}`);
    expect(server.private_net).toEqual([
      { network, ip: '10.0.1.1', alias_ips: [], mac_address: expect.stringMatching(/^86:00(:[0-9a-f]{2}){4}$/) },
    ]);
    expect(server.placement_group).toMatchObject({ id: placement_group.id, servers: [id] });
    expect((await project.ok(`GET /placement_groups/${placement_group.id}`)).placement_group.servers).toEqual([id]);
    expect((await project.ok(`GET /networks/${network}`)).network.servers).toEqual([id]);
  });

  test('an existing primary IP is taken if it is free, of the right version and in the same place', async () => {
    const project = createProject();
    const { primary_ip } = await project.ok('POST /primary_ips', { name: 'ip', type: 'ipv4', location: 'nbg1' });
    const withIp = (name: string, more = {}) => serverBody(name, { public_net: { ipv4: primary_ip.id }, ...more });
    const wrongVersion = serverBody('v', { public_net: { ipv6: primary_ip.id } });
    expect(await project.refusal('POST /servers', wrongVersion)).toMatch(/^412 primary_ip_version_mismatch/);
    expect(await project.refusal('POST /servers', withIp('w', { location: 'fsn1' }))).toMatch(
      /^422 primary_ip_datacenter_mismatch/,
    );
    const { server } = await project.ok('POST /servers', withIp('one'));
    expect(server.public_net.ipv4).toMatchObject({ id: primary_ip.id, ip: primary_ip.ip });
    expect(await project.refusal('POST /servers', withIp('two'))).toMatch(/^422 primary_ip_assigned/);
  });

  test('a server said to be made can be stuck in `initializing`', async () => {
    const project = createProject({ faults: [{ fault: { kind: 'stuck-initializing' } }] });
    const id = await aServer(project);
    await project.wait(3_600_000);
    expect((await project.ok(`GET /servers/${id}`)).server).toMatchObject({ status: 'initializing', locked: false });
  });
});

describe('deleting', () => {
  test('answers 200 with an action; afterwards the server is gone, its own addresses a little later', async () => {
    const project = createProject();
    const network = await aNetwork(project);
    const id = await aServer(project, 'one', { networks: [network] });
    const reply = await project.ask(`DELETE /servers/${id}`);
    expect([reply.status, reply.body.action.command]).toEqual([200, 'delete_server']);
    expect((await project.ok(`GET /servers/${id}`)).server.status).toBe('deleting');
    await project.wait(3_000);
    expect(await project.refusal(`GET /servers/${id}`)).toBe(`404 not_found: server with ID '${id}' not found`);
    expect((await project.ok(`GET /networks/${network}`)).network.servers).toEqual([]);
    const left = await project.ok('GET /primary_ips');
    expect(left.primary_ips).toHaveLength(2);
    await project.wait(5_000);
    expect((await project.ok('GET /primary_ips')).primary_ips).toEqual([]);
    expect((await project.ok(`GET /actions/${reply.body.action.id}`)).action.status).toBe('success');
  });

  test('a protected one is refused; protection of delete and rebuild go together', async () => {
    const project = createProject();
    const id = await aServer(project);
    const path = `POST /servers/${id}/actions/change_protection`;
    expect(await project.refusal(path, { delete: true })).toMatch(/^422 invalid_input/);
    const { action } = await project.ok(path, { delete: true, rebuild: true });
    expect(action).toMatchObject({ status: 'success', progress: 100 });
    expect(await project.refusal(`DELETE /servers/${id}`)).toBe('423 protected: server deletion is protected');
    expect(await project.refusal(`POST /servers/${id}/actions/rebuild`, { image: 'debian-12' })).toMatch(
      /^423 protected/,
    );
  });
});

test('a list filters by status, name and labels', async () => {
  const project = createProject();
  await aServer(project, 'on', { labels: { a: '1' } });
  await aServer(project, 'off', { start_after_create: false });
  const names = async (query: string) =>
    (await project.ok(`GET /servers?${query}`)).servers.map((server: { name: string }) => server.name);
  expect(await names('status=running')).toEqual(['on']);
  expect(await names('status=running&status=off&sort=name')).toEqual(['off', 'on']);
  expect(await names('name=off')).toEqual(['off']);
  expect(await names('label_selector=a')).toEqual(['on']);
});

test('PUT changes the name, or replaces the whole label map', async () => {
  const project = createProject();
  const id = await aServer(project, 'one', { labels: { a: '1', b: '2' } });
  const { server } = await project.ok(`PUT /servers/${id}`, { labels: { c: '3' } });
  expect(server.labels).toEqual({ c: '3' });
  expect((await project.ok(`PUT /servers/${id}`, { name: 'two' })).server).toMatchObject({
    name: 'two',
    labels: { c: '3' },
  });
  await aServer(project, 'three');
  expect(await project.refusal(`PUT /servers/${id}`, { name: 'three' })).toMatch(/^409 uniqueness_error/);
});
