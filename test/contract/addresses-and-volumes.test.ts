import { expect, test } from 'vitest';
import { createApi } from './api.ts';

const off = { public_net: { enable_ipv4: false, enable_ipv6: true } };

test('a primary IP belongs to nobody until it is assigned to a server that is off', async () => {
  const api = createApi();
  const { primary_ip } = await api.ok('POST /primary_ips', { name: 'ip', type: 'ipv4', location: 'nbg1' });
  expect(primary_ip).toMatchObject({ assignee_type: 'unassigned', assignee_id: null, auto_delete: false });
  const path = `/primary_ips/${primary_ip.id}`;
  const server = await api.server('one', off);
  const running = await api.server('two', { ...off, start_after_create: true });
  const full = await api.server('three');
  const away = await api.server('away', { ...off, location: 'hel1' });
  const assign = (id: number) => api.say(`POST ${path}/actions/assign`, { assignee_id: id, assignee_type: 'server' });
  expect([await assign(running.id), await assign(full.id), await assign(away.id), await assign(server.id)]).toEqual([
    '422 server_not_stopped: server must be stopped',
    '422 server_has_ipv4: server already has an ipv4 address',
    "422 invalid_input: invalid input in field 'assignee_id'",
    '201',
  ]);
  await api.settled();
  expect((await api.ok(`GET ${path}`)).primary_ip).toMatchObject({ assignee_type: 'server', assignee_id: server.id });
  expect((await api.ok(`GET /servers/${server.id}`)).server.public_net.ipv4).toMatchObject({ id: primary_ip.id });
  expect([await assign(server.id), await api.say(`DELETE ${path}`)]).toEqual([
    '422 primary_ip_already_assigned: primary IP is already assigned',
    '422 must_be_unassigned: primary IP must be unassigned',
  ]);
  await api.done(`POST ${path}/actions/unassign`);
  expect(await api.say(`DELETE ${path}`)).toBe('204');
});

test('a primary IP needs a place; protection and auto_delete exclude each other', async () => {
  const api = createApi();
  expect(await api.say('POST /primary_ips', { name: 'ip', type: 'ipv4' })).toMatch(/^422 invalid_input/);
  const body = { name: 'ip', type: 'ipv6', location: 'fsn1', auto_delete: true };
  const { primary_ip } = await api.ok('POST /primary_ips', body);
  const path = `/primary_ips/${primary_ip.id}`;
  expect(primary_ip.ip).toMatch(/::\/64$/);
  expect(await api.say(`POST ${path}/actions/change_protection`, { delete: true })).toMatch(/^422 invalid_input/);
  await api.ok(`PUT ${path}`, { auto_delete: false });
  await api.ok(`POST ${path}/actions/change_protection`, { delete: true });
  expect(await api.say(`PUT ${path}`, { auto_delete: true })).toMatch(/^422 invalid_input/);
  expect(await api.say(`DELETE ${path}`)).toBe('423 protected: Primary IP deletion is protected');
  const ip = primary_ip.ip.replace('::/64', '::1');
  await api.ok(`POST ${path}/actions/change_dns_ptr`, { ip, dns_ptr: 'six.example.com' });
  expect((await api.ok(`GET ${path}`)).primary_ip.dns_ptr).toEqual([{ ip, dns_ptr: 'six.example.com' }]);
  expect((await api.ok(`GET /primary_ips?ip=${encodeURIComponent(primary_ip.ip)}`)).primary_ips).toHaveLength(1);
});

test('the public target of a load balancer keeps its IPv4', async () => {
  const api = createApi();
  const server = await api.server('one');
  const targets = [{ type: 'server', server: { id: server.id } }];
  await api.done('POST /load_balancers', { name: 'lb', load_balancer_type: 'lb11', location: 'nbg1', targets });
  expect(await api.say(`POST /primary_ips/${server.public_net.ipv4.id}/actions/unassign`)).toMatch(
    /^422 server_is_load_balancer_target/,
  );
});

test('a floating IP goes from server to server, across locations, and is free before it is deleted', async () => {
  const api = createApi();
  const [one, two] = [await api.server('one'), await api.server('two', { location: 'hel1' })];
  expect(await api.say('POST /floating_ips', { type: 'ipv4' })).toMatch(/^422 invalid_input/);
  const { floating_ip, action } = await api.ok('POST /floating_ips', { type: 'ipv4', server: one.id, name: 'float' });
  expect([floating_ip.home_location.name, action.command]).toEqual(['nbg1', 'assign_floating_ip']);
  await api.settled();
  const path = `/floating_ips/${floating_ip.id}`;
  expect(await api.say(`POST ${path}/actions/assign`, { server: one.id })).toMatch(/^422 floating_ip_assigned/);
  await api.done(`POST ${path}/actions/assign`, { server: two.id });
  expect((await api.ok(`GET /servers/${two.id}`)).server.public_net.floating_ips).toEqual([floating_ip.id]);
  expect(await api.say(`DELETE ${path}`)).toBe('422 must_be_unassigned: floating IP must be unassigned');
  await api.done(`POST ${path}/actions/unassign`);
  await api.ok(`POST ${path}/actions/change_protection`, { delete: true });
  expect(await api.say(`DELETE ${path}`)).toBe('423 protected: Floating IP deletion is protected');
  await api.ok(`POST ${path}/actions/change_protection`, { delete: false });
  expect(await api.say(`DELETE ${path}`)).toBe('204');
});

test('a volume made for a server is attached by the next action', async () => {
  const api = createApi();
  const server = await api.server('one');
  const body = { name: 'data', size: 10, server: server.id, format: 'ext4', automount: true };
  const { volume, action, next_actions } = await api.ok('POST /volumes', body);
  expect(volume).toMatchObject({
    status: 'creating',
    server: null,
    size: 10,
    location: { name: 'nbg1' },
    linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${volume.id}`,
  });
  expect([action, ...next_actions].map((one: { command: string }) => one.command)).toEqual([
    'create_volume',
    'attach_volume',
  ]);
  await api.settled();
  expect((await api.ok(`GET /volumes/${volume.id}`)).volume).toMatchObject({ status: 'available', server: server.id });
  expect((await api.ok(`GET /servers/${server.id}`)).server.volumes).toEqual([volume.id]);
});

test('a volume is attached where it lies, grows, and is deleted only when detached', async () => {
  const api = createApi();
  const [here, away] = [await api.server('here'), await api.server('away', { location: 'hel1' })];
  const { volume } = await api.done('POST /volumes', { name: 'data', size: 10, location: 'nbg1' });
  const path = `/volumes/${volume.id}`;
  expect(await api.say(`POST ${path}/actions/attach`, { server: away.id })).toMatch(/^422 invalid_input/);
  await api.ok(`POST ${path}/actions/attach`, { server: here.id });
  expect(await api.say(`POST /servers/${here.id}/actions/poweron`)).toMatch(/^423 locked/);
  await api.settled();
  expect([
    await api.say(`POST ${path}/actions/attach`, { server: here.id }),
    await api.say(`DELETE ${path}`),
    await api.say(`POST ${path}/actions/resize`, { size: 10 }),
    await api.say(`POST ${path}/actions/resize`, { size: 20_000 }),
    await api.say(`POST ${path}/actions/resize`, { size: 20 }),
  ]).toEqual([
    '422 volume_already_attached: volume is already attached to a server',
    '422 service_error: volume is still attached to a server',
    "422 invalid_input: invalid input in field 'size'",
    "422 invalid_input: invalid input in field 'size'",
    '201',
  ]);
  await api.settled();
  await api.done(`POST ${path}/actions/detach`);
  expect((await api.ok(`GET ${path}`)).volume).toMatchObject({ server: null, size: 20 });
  expect(await api.say(`DELETE ${path}`)).toBe('204');
});

test.each([
  ['no place', { location: undefined }],
  ['too small a size', { size: 9 }],
  ['a name with a space', { name: 'a b' }],
  ['automount without a server', { automount: true }],
  ['an unknown format', { format: 'ntfs' }],
])('a volume with %s is refused', async (_what, more) => {
  const api = createApi();
  expect(await api.say('POST /volumes', { name: 'data', size: 10, location: 'nbg1', ...more })).toMatch(
    /^422 invalid_input/,
  );
});
