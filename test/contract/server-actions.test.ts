import { describe, expect, test } from 'vitest';
import { aNetwork, aServer, createProject, type Project } from './project.ts';

const off = { start_after_create: false };
const statusOf = async (project: Project, id: number): Promise<string> =>
  (await project.ok(`GET /servers/${id}`)).server.status;
const act = (project: Project, id: number, name: string, body?: unknown) =>
  project.ok(`POST /servers/${id}/actions/${name}`, body);
const refuse = (project: Project, id: number, name: string, body?: unknown) =>
  project.refusal(`POST /servers/${id}/actions/${name}`, body);

describe('power', () => {
  test('off, on, on again', async () => {
    const project = createProject();
    const id = await aServer(project);
    expect((await act(project, id, 'poweroff')).action.command).toBe('stop_server');
    await project.settled();
    expect(await statusOf(project, id)).toBe('off');
    await act(project, id, 'poweron');
    await project.settled();
    expect(await statusOf(project, id)).toBe('running');
    expect((await act(project, id, 'poweron')).action.status).toBe('success');
  });

  test('a shutdown has succeeded before the server is off', async () => {
    const project = createProject();
    const id = await aServer(project);
    const { action } = await act(project, id, 'shutdown');
    await project.wait(1_000);
    expect((await project.ok(`GET /actions/${action.id}`)).action.status).toBe('success');
    expect(await statusOf(project, id)).toBe('running');
    await project.wait(5_000);
    expect(await statusOf(project, id)).toBe('off');
  });

  test('a shutdown that is overtaken by a reset leaves the server running', async () => {
    const project = createProject();
    const id = await aServer(project);
    await act(project, id, 'shutdown');
    await project.wait(1_000);
    await act(project, id, 'reset');
    await project.wait(10_000);
    expect(await statusOf(project, id)).toBe('running');
  });

  test('reset_password needs a running server', async () => {
    const project = createProject();
    const id = await aServer(project, 'one', off);
    expect(await refuse(project, id, 'reset_password')).toMatch(/^422 service_error/);
    await act(project, id, 'poweron');
    await project.settled();
    expect((await act(project, id, 'reset_password')).root_password).toHaveLength(20);
  });
});

describe('disk and type', () => {
  test('a rebuild keeps id and addresses, takes new user data or keeps the old, and ends running', async () => {
    const project = createProject();
    const id = await aServer(project, 'one', { user_data: '#cloud-config\n' });
    const before = (await project.ok(`GET /servers/${id}`)).server;
    const { action, root_password } = await act(project, id, 'rebuild', { image: 'ubuntu-24.04' });
    expect([action.command, root_password.length]).toEqual(['rebuild_server', 20]);
    expect(await statusOf(project, id)).toBe('rebuilding');
    await project.settled();
    const after = (await project.ok(`GET /servers/${id}`)).server;
    expect(after).toMatchObject({ id, status: 'running', image: { name: 'ubuntu-24.04' } });
    expect(after.public_net).toEqual(before.public_net);
    const facts = () => project.emulator.world.serverFacts.need(id);
    expect(facts()).toMatchObject({ userData: '#cloud-config\n', diskId: 2 });
    await act(project, id, 'rebuild', { image: 'debian-12', user_data: 'new' });
    await project.settled();
    expect(facts()).toMatchObject({ userData: 'new', diskId: 3 });
  });

  test('change_type wants the server off, a disk that fits, and stock', async () => {
    const project = createProject();
    const id = await aServer(project, 'one', { server_type: 'cpx32' });
    expect(await refuse(project, id, 'change_type', { server_type: 'cpx42', upgrade_disk: false })).toMatch(
      /^422 server_not_stopped/,
    );
    await act(project, id, 'poweroff');
    await project.settled();
    const type = (server_type: string, upgrade_disk = false) => ({ server_type, upgrade_disk });
    expect(await refuse(project, id, 'change_type', type('cpx22'))).toMatch(/^422 invalid_server_type/);
    expect(await refuse(project, id, 'change_type', type('cax31'))).toMatch(/^422 invalid_server_type/);
    await project.ok('PUT /_emulator/stock', { server_type: 'cpx52', location: 'nbg1', available: false });
    expect(await refuse(project, id, 'change_type', type('cpx52'))).toMatch(/^412 resource_unavailable/);
    expect((await act(project, id, 'change_type', type('cpx42'))).action.command).toBe('change_server_type');
    await project.settled();
    expect((await project.ok(`GET /servers/${id}`)).server).toMatchObject({
      status: 'running',
      server_type: { name: 'cpx42' },
      primary_disk_size: 160,
    });
    await act(project, id, 'poweroff');
    await project.settled();
    await act(project, id, 'change_type', type('cpx32'));
    await project.settled();
    await act(project, id, 'poweroff');
    await project.settled();
    await act(project, id, 'change_type', type('cpx42', true));
    await project.settled();
    await act(project, id, 'poweroff');
    await project.settled();
    expect(await refuse(project, id, 'change_type', type('cpx32'))).toMatch(/^422 invalid_server_type/);
  });

  test('snapshots stay, backups need enabling and go with their server', async () => {
    const project = createProject();
    const id = await aServer(project);
    expect(await refuse(project, id, 'create_image', { type: 'backup' })).toMatch(/^422 unsupported_error/);
    const nulls = { type: null, description: null, labels: null };
    const { image, action } = await act(project, id, 'create_image', nulls);
    expect([image.type, image.status, action.command]).toEqual(['snapshot', 'creating', 'create_image']);
    await project.settled();
    await act(project, id, 'enable_backup');
    await project.settled();
    expect((await project.ok(`GET /servers/${id}`)).server.backup_window).toBe('22-02');
    const backup = await act(project, id, 'create_image', { type: 'backup', labels: { a: 'b' } });
    await project.settled();
    expect(backup.image.bound_to).toBe(id);
    const copy = await project.ok('POST /servers', {
      name: 'copy',
      server_type: 'cx23',
      image: image.id,
      location: 'nbg1',
    });
    expect(copy.server.image.id).toBe(image.id);
    await project.ok(`DELETE /servers/${id}`);
    await project.settled();
    expect([...project.emulator.world.images.all()].map((one) => one.type)).toEqual(['snapshot']);
  });

  test('ISOs and rescue', async () => {
    const project = createProject();
    const id = await aServer(project);
    const iso = project.emulator.world.catalogue.isos[0];
    expect((await act(project, id, 'detach_iso')).action.status).toBe('success');
    await act(project, id, 'attach_iso', { iso: iso?.name });
    await project.settled();
    expect((await project.ok(`GET /servers/${id}`)).server.iso.id).toBe(iso?.id);
    expect((await act(project, id, 'enable_rescue', { type: 'linux64' })).root_password).toHaveLength(20);
    await project.settled();
    expect((await project.ok(`GET /servers/${id}`)).server.rescue_enabled).toBe(true);
    await act(project, id, 'reboot');
    await project.settled();
    expect((await project.ok(`GET /servers/${id}`)).server.rescue_enabled).toBe(false);
  });
});

describe('networks', () => {
  test('attach takes the wanted address when the action ends; it is promised until then', async () => {
    const project = createProject();
    const network = await aNetwork(project);
    const [one, two] = [await aServer(project, 'one', off), await aServer(project, 'two', off)];
    const { action } = await act(project, one, 'attach_to_network', { network, ip: '10.0.1.11' });
    expect(action.resources).toEqual([
      { id: one, type: 'server' },
      { id: network, type: 'network' },
    ]);
    expect((await project.ok(`GET /servers/${one}`)).server.private_net).toEqual([]);
    expect(await refuse(project, two, 'attach_to_network', { network, ip: '10.0.1.11' })).toBe(
      '422 ip_not_available: IP not available',
    );
    await project.settled();
    expect((await project.ok(`GET /servers/${one}`)).server.private_net[0].ip).toBe('10.0.1.11');
    expect(await refuse(project, one, 'attach_to_network', { network })).toMatch(/^422 server_already_attached/);
    await act(project, two, 'attach_to_network', { network });
    await project.settled();
    expect((await project.ok(`GET /networks/${network}/members?sort=id`)).members).toMatchObject([
      { type: 'server', id: one, ip: '10.0.1.11', status: 'ok', subnet: '10.0.1.0/24' },
      { type: 'server', id: two, ip: '10.0.1.1' },
    ]);
  });

  test('no subnet in the zone, a range that is none, addresses outside, overlapping networks', async () => {
    const project = createProject();
    const { network: bare } = await project.ok('POST /networks', { name: 'bare', ip_range: '10.0.0.0/8' });
    const id = await aServer(project, 'one', off);
    expect(await refuse(project, id, 'attach_to_network', { network: bare.id })).toMatch(/^422 no_subnet_available/);
    const network = await aNetwork(project);
    const range = { network, ip_range: '10.0.9.0/24' };
    expect(await refuse(project, id, 'attach_to_network', range)).toMatch(/^422 no_subnet_available/);
    for (const ip of ['10.0.2.5', '10.0.1.0', '10.0.1.255', '192.168.0.1'])
      expect(await refuse(project, id, 'attach_to_network', { network, ip })).toMatch(/^422 ip_not_available/);
    await act(project, id, 'attach_to_network', { network });
    await project.settled();
    const subnet = { type: 'cloud', network_zone: 'eu-central', ip_range: '10.9.0.0/24' };
    await project.ok(`POST /networks/${bare.id}/actions/add_subnet`, subnet);
    await project.settled();
    expect(await refuse(project, id, 'attach_to_network', { network: bare.id })).toMatch(/^422 networks_overlap/);
  });

  test('alias IPs are replaced as a list; detaching frees everything', async () => {
    const project = createProject();
    const network = await aNetwork(project);
    const id = await aServer(project, 'one', { networks: [network] });
    const aliases = async () => (await project.ok(`GET /servers/${id}`)).server.private_net[0].alias_ips;
    await act(project, id, 'change_alias_ips', { network, alias_ips: ['10.0.1.50', '10.0.1.51'] });
    await project.settled();
    await act(project, id, 'change_alias_ips', { network, alias_ips: ['10.0.1.51'] });
    await project.settled();
    expect(await aliases()).toEqual(['10.0.1.51']);
    const taken = { network, alias_ips: ['10.0.1.1'] };
    expect(await refuse(project, id, 'change_alias_ips', taken)).toMatch(/^422 ip_not_available/);
    await act(project, id, 'detach_from_network', { network });
    await project.settled();
    expect((await project.ok(`GET /servers/${id}`)).server.private_net).toEqual([]);
  });
});

describe('groups, names, numbers', () => {
  test('a group takes servers that are off, and ten of them', async () => {
    const project = createProject();
    const { placement_group } = await project.ok('POST /placement_groups', { name: 'g', type: 'spread' });
    const group = { placement_group: placement_group.id };
    const id = await aServer(project);
    expect(await refuse(project, id, 'add_to_placement_group', group)).toMatch(/^422 server_not_stopped/);
    await act(project, id, 'poweroff');
    await project.settled();
    await act(project, id, 'add_to_placement_group', group);
    await project.settled();
    expect(await refuse(project, id, 'add_to_placement_group', group)).toMatch(/^422 already_in_placement_group/);
    for (let n = 2; n <= 10; n += 1) await aServer(project, `s-${n}`, group);
    const eleventh = { name: 's-11', server_type: 'cx23', image: 'debian-12', ...group };
    expect(await project.refusal('POST /servers', eleventh)).toMatch(/^422 placement_error/);
    await act(project, id, 'remove_from_placement_group');
    await project.settled();
    expect((await project.ok(`GET /servers/${id}`)).server.placement_group).toBeNull();
    await project.ok(`DELETE /placement_groups/${placement_group.id}`);
    expect((await project.ok('GET /servers?name=s-2')).servers[0].placement_group).toBeNull();
  });

  test('reverse DNS of IPv4 and of single IPv6 addresses; null restores', async () => {
    const project = createProject();
    const id = await aServer(project);
    const net = async () => (await project.ok(`GET /servers/${id}`)).server.public_net;
    const { ipv4, ipv6 } = await net();
    const one = ipv6.ip.replace('/64', '1');
    await act(project, id, 'change_dns_ptr', { ip: ipv4.ip, dns_ptr: 'web.example.com' });
    await act(project, id, 'change_dns_ptr', { ip: one, dns_ptr: 'web.example.com' });
    expect((await net()).ipv4.dns_ptr).toBe('web.example.com');
    expect((await net()).ipv6.dns_ptr).toEqual([{ ip: one, dns_ptr: 'web.example.com' }]);
    await act(project, id, 'change_dns_ptr', { ip: ipv4.ip, dns_ptr: null });
    await act(project, id, 'change_dns_ptr', { ip: one, dns_ptr: null });
    expect(await net()).toMatchObject({ ipv4: { dns_ptr: ipv4.dns_ptr }, ipv6: { dns_ptr: [] } });
    expect(await refuse(project, id, 'change_dns_ptr', { ip: '8.8.8.8', dns_ptr: 'a.b' })).toMatch(/^404 not_found/);
  });

  test('metrics are made up, but the same question has the same answer, of at most 500 samples', async () => {
    const project = createProject();
    const id = await aServer(project);
    const query = 'type=cpu,network&start=2026-11-23T00:00:00Z&end=2026-11-24T00:00:00Z&step=1';
    const { metrics } = await project.ok(`GET /servers/${id}/metrics?${query}`);
    expect(Object.keys(metrics.time_series).sort()).toEqual([
      'cpu',
      'network.0.bandwidth.in',
      'network.0.bandwidth.out',
      'network.0.pps.in',
      'network.0.pps.out',
    ]);
    expect(metrics.time_series.cpu.values.length).toBeLessThanOrEqual(500);
    expect((await project.ok(`GET /servers/${id}/metrics?${query}`)).metrics).toEqual(metrics);
    expect(await project.refusal(`GET /servers/${id}/metrics?type=heat`)).toMatch(/^422 invalid_input/);
  });

  test('a console is offered at a name that leads nowhere', async () => {
    const project = createProject();
    const { wss_url, password } = await act(project, await aServer(project), 'request_console');
    expect(wss_url).toMatch(/^wss:\/\/console\.emulated\.invalid\//);
    expect(password).not.toBe('');
  });
});
