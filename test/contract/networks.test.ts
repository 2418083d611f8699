import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, overlaps, rangeOf, rangeText } from '../../src/emulator/addresses.ts';
import { aNetwork, aServer, createProject } from './project.ts';

test('host bits are dropped, and every gateway is the first address of the whole network', async () => {
  const project = createProject();
  const { network } = await project.ok('POST /networks', {
    name: 'net',
    ip_range: '10.0.2.0/16',
    subnets: [{ type: 'cloud', network_zone: 'eu-central', ip_range: '10.0.16.0/24' }],
    routes: [{ destination: '10.100.1.0/24', gateway: '10.0.1.1' }],
    expose_routes_to_vswitch: false,
  });
  expect(network).toMatchObject({
    ip_range: '10.0.0.0/16',
    subnets: [{ type: 'cloud', ip_range: '10.0.16.0/24', gateway: '10.0.0.1', vswitch_id: null }],
    routes: [{ destination: '10.100.1.0/24', gateway: '10.0.1.1' }],
    servers: [],
    load_balancers: [],
    protection: { delete: false },
  });
});

test.each([
  ['8.8.0.0/16', {}],
  ['10.0.0.0/25', {}],
  ['10.0.0.0', {}],
  ['10.0.0.0/16', { subnets: [{ type: 'cloud', network_zone: 'mars' }] }],
  ['10.0.0.0/16', { subnets: [{ type: 'cloud', network_zone: 'eu-central', ip_range: '10.1.0.0/24' }] }],
  ['10.0.0.0/16', { subnets: [{ type: 'cloud', network_zone: 'eu-central', ip_range: '10.0.0.0/31' }] }],
  ['10.0.0.0/16', { subnets: [{ type: 'vswitch', network_zone: 'eu-central' }] }],
  ['10.0.0.0/16', { routes: [{ destination: '8.8.8.0/24', gateway: '10.0.0.2' }] }],
  ['10.0.0.0/16', { routes: [{ destination: '10.9.0.0/24', gateway: '10.0.0.1' }] }],
  ['172.31.0.0/16', { routes: [{ destination: '10.9.0.0/24', gateway: '172.31.1.1' }] }],
])('a network %s with %j is refused, and none is left behind', async (ip_range, more) => {
  const project = createProject();
  expect(await project.refusal('POST /networks', { name: 'net', ip_range, ...more })).toMatch(/^422 invalid_input/);
  expect((await project.ok('GET /networks')).networks).toEqual([]);
});

test('subnets: the first free /24 by default, one zone for all, no overlaps; in use they stay', async () => {
  const project = createProject();
  const network = await aNetwork(project);
  const subnet = { type: 'cloud', network_zone: 'eu-central' };
  const add = `POST /networks/${network}/actions/add_subnet`;
  await project.ok(add, subnet);
  await project.settled();
  expect(await project.refusal(add, { ...subnet, network_zone: 'us-east' })).toMatch(/\(network_zone\)$/);
  expect(await project.refusal(add, { ...subnet, ip_range: '10.0.1.128/25' })).toMatch(/\(ip_range\)$/);
  const { subnets } = (await project.ok(`GET /networks/${network}`)).network;
  expect(subnets.map((one: { ip_range: string }) => one.ip_range)).toEqual(['10.0.1.0/24', '10.0.0.0/24']);
  await aServer(project, 'one', { networks: [network] });
  const remove = `POST /networks/${network}/actions/delete_subnet`;
  expect(await project.refusal(remove, { ip_range: '10.0.1.0/24' })).toBe(
    '422 service_error: cannot remove subnet because servers are attached to it',
  );
  await project.ok(remove, { ip_range: '10.0.0.0/24' });
  await project.settled();
  expect((await project.ok(`GET /networks/${network}`)).network.subnets).toHaveLength(1);
});

test('routes are added and deleted; the range only grows from where it starts', async () => {
  const project = createProject();
  const network = await aNetwork(project);
  const route = { destination: '10.200.0.0/24', gateway: '10.0.7.7' };
  await project.ok(`POST /networks/${network}/actions/add_route`, route);
  await project.settled();
  expect(await project.refusal(`POST /networks/${network}/actions/add_route`, route)).toMatch(/^422/);
  await project.ok(`POST /networks/${network}/actions/delete_route`, route);
  await project.settled();
  const change = `POST /networks/${network}/actions/change_ip_range`;
  expect(await project.refusal(change, { ip_range: '10.0.0.0/17' })).toMatch(/^422/);
  expect(await project.refusal(change, { ip_range: '10.2.0.0/15' })).toMatch(/^422/);
  await project.ok(change, { ip_range: '10.0.0.0/15' });
  await project.settled();
  expect((await project.ok(`GET /networks/${network}`)).network).toMatchObject({ ip_range: '10.0.0.0/15', routes: [] });
});

test('deleting detaches what is attached; protection refuses it', async () => {
  const project = createProject();
  const network = await aNetwork(project);
  const id = await aServer(project, 'one', { networks: [network] });
  await project.ok(`POST /networks/${network}/actions/change_protection`, { delete: true });
  expect(await project.refusal(`DELETE /networks/${network}`)).toBe('423 protected: network is delete protected');
  await project.ok(`POST /networks/${network}/actions/change_protection`, { delete: false });
  const reply = await project.ask(`DELETE /networks/${network}`);
  expect([reply.status, reply.body]).toEqual([204, '']);
  expect((await project.ok(`GET /servers/${id}`)).server.private_net).toEqual([]);
});

test('the name is unique among networks, with spaces at its ends refused, and PUT changes it', async () => {
  const project = createProject();
  const network = await aNetwork(project);
  expect(await project.refusal('POST /networks', { name: 'net', ip_range: '10.0.0.0/16' })).toBe(
    '409 uniqueness_error: name is already used',
  );
  expect(await project.refusal('POST /networks', { name: ' net', ip_range: '10.0.0.0/16' })).toMatch(/\(name\)$/);
  const changed = await project.ok(`PUT /networks/${network}`, { name: 'new', expose_routes_to_vswitch: true });
  expect(changed.network).toMatchObject({ name: 'new', expose_routes_to_vswitch: true });
});

test('arithmetic of ranges: canonical text reads back, containment and overlap agree', () => {
  const range = fc
    .tuple(fc.nat(0xffffffff), fc.integer({ min: 1, max: 32 }))
    .map(([address, prefix]) => rangeOf(`${[24, 16, 8, 0].map((s) => (address >>> s) & 255).join('.')}/${prefix}`));
  fc.assert(
    fc.property(range, range, (a, b) => {
      if (a === undefined || b === undefined) throw new Error('a valid range was refused');
      expect(rangeOf(rangeText(a))).toEqual(a);
      expect(overlaps(a, b)).toBe(contains(a, b) || contains(b, a));
    }),
  );
});
