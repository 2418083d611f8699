import { expect, test } from 'vitest';
import { canonicalAddress, firstAddressOf } from '../../src/hetzner/facts/addresses.ts';
import { cloudOn, listOf } from './kit.ts';
import { imageWire, location, networkWire, rrsetWire, serverTypeWire, serverWire, zoneWire } from './samples.ts';

const page = (path: string) => `GET ${path}?per_page=50&sort=id:asc&page=1`;
const created = '2026-11-23T10:00:00+00:00';

test('a server as listed, in our words', async () => {
  const { cloud } = cloudOn([{ request: page('/servers'), reply: listOf('servers', [serverWire(42)]) }]);
  const { items } = await cloud.list('server');
  expect(items).toEqual([
    {
      kind: 'server',
      id: '42',
      name: 'server-42',
      labels: { project: 'aipacto' },
      createdAt: '2026-11-23T10:00:00.000Z',
      facts: {
        status: 'running',
        type: 'cx23',
        architecture: 'x86',
        location: 'nbg1',
        image: 'debian-12',
        networks: [{ networkId: '7', ip: '10.0.1.11' }],
        firewallIds: ['9', '12'],
        placementGroupId: '5',
        ipv4: '203.0.113.7',
        ipv6: '2001:db8:1::1',
        backups: false,
        deleteProtection: false,
        rebuildProtection: false,
        locked: false,
        volumeIds: [],
      },
      listPrice: {
        monthlyNet: '5.4900000000',
        monthlyGross: '6.6429000000000000',
        hourlyNet: '0.0088',
        hourlyGross: '0.0106',
      },
    },
  ]);
});

test('a server without addresses, image, group or price in its location', async () => {
  const bare = serverWire(43, {
    public_net: { ipv4: null, ipv6: null, floating_ips: [], firewalls: [] },
    image: null,
    placement_group: null,
    private_net: [],
    backup_window: '22-02',
    location: { ...location, name: 'hel1' },
  });
  const { cloud } = cloudOn([{ request: page('/servers'), reply: listOf('servers', [bare]) }]);
  const [item] = (await cloud.list('server')).items;
  expect(item?.listPrice).toBeUndefined();
  expect(item?.facts).toMatchObject({
    ipv4: null,
    ipv6: null,
    image: null,
    placementGroupId: null,
    networks: [],
    backups: true,
  });
});

test('a snapshot has no name, so its id stands for it', async () => {
  const wire = serverWire(44, { image: { ...imageWire(555, 'x'), name: null, type: 'snapshot' } });
  const { cloud } = cloudOn([{ request: page('/servers'), reply: listOf('servers', [wire]) }]);
  expect((await cloud.list('server')).items[0]?.facts).toMatchObject({ image: '555' });
});

test('order that has no meaning is taken out: subnets, routes, records, addresses of a rule', async () => {
  const subnet = (range: string, type = 'cloud') => ({
    type,
    ip_range: range,
    network_zone: 'eu-central',
    gateway: '10.0.0.1',
    vswitch_id: null,
  });
  const network = networkWire(7, { subnets: [subnet('10.0.2.0/24', 'vswitch'), subnet('10.0.1.0/24')] });
  const firewall = {
    id: 9,
    name: 'f',
    labels: {},
    created,
    rules: [
      {
        direction: 'in',
        protocol: 'tcp',
        port: '22',
        source_ips: ['2001:DB8:0::/32', '0.0.0.0/0'],
        destination_ips: [],
        description: null,
      },
      { direction: 'out', protocol: 'icmp', port: null, source_ips: [], destination_ips: ['::/0'], description: '' },
    ],
    applied_to: [
      { type: 'server', server: { id: 44 } },
      {
        type: 'label_selector',
        label_selector: { selector: 'a=b' },
        applied_to_resources: [{ type: 'server', server: { id: 45 } }],
      },
      { type: 'server', server: { id: 5 } },
    ],
  };
  const { cloud, done } = cloudOn([
    { request: page('/networks'), reply: listOf('networks', [network]) },
    { request: page('/firewalls'), reply: listOf('firewalls', [firewall]) },
    { request: page('/zones'), reply: listOf('zones', [zoneWire]) },
    { request: 'GET /zones/example.com/rrsets?per_page=100&sort=id:asc&page=1', reply: listOf('rrsets', [rrsetWire]) },
  ]);
  const networks = await cloud.list('network');
  expect(networks.items[0]?.facts).toMatchObject({
    subnets: [
      { range: '10.0.1.0/24', type: 'cloud' },
      { range: '10.0.2.0/24', type: 'vswitch' },
    ],
    serverIds: ['42'],
    deleteProtection: true,
  });
  expect((await cloud.list('firewall')).items[0]?.facts).toEqual({
    rules: [
      { direction: 'in', protocol: 'tcp', port: '22', ips: ['0.0.0.0/0', '2001:db8::/32'] },
      { direction: 'out', protocol: 'icmp', ips: ['::/0'] },
    ],
    serverIds: ['5', '44'],
    labelSelectors: ['a=b'],
  });
  await cloud.list('zone');
  expect((await cloud.listRrsets({ id: '77', name: 'example.com' })).items).toEqual([
    {
      kind: 'rrset',
      id: '77/www/A',
      name: 'www/A',
      labels: {},
      createdAt: '2026-11-23T10:00:00.000Z',
      facts: {
        zone: 'example.com',
        name: 'www',
        type: 'A',
        ttlSeconds: 300,
        records: ['203.0.113.10', '203.0.113.9'],
        changeProtection: false,
      },
    },
  ]);
  done();
});

test('one object by its name: exact, or undefined', async () => {
  const { cloud, done } = cloudOn([
    { request: 'GET /servers?name=server-42', reply: listOf('servers', [serverWire(42)]) },
    { request: 'GET /servers?name=server-1', reply: listOf('servers', []) },
    { request: 'GET /zones/example.com', reply: { zone: zoneWire } },
    { request: 'GET /zones/example.com/rrsets/www/A', reply: { rrset: rrsetWire } },
    {
      request: 'GET /zones/example.com/rrsets/@/A',
      status: 404,
      reply: { error: { code: 'not_found', message: 'rrset not found', details: null } },
    },
  ]);
  expect((await cloud.find('server', 'server-42'))?.id).toBe('42');
  expect(await cloud.find('server', 'server-1')).toBeUndefined();
  expect((await cloud.find('rrset', 'example.com/www/A'))?.id).toBe('77/www/A');
  // Named as resources are: then the zones this process has dealt with are meant.
  expect(await cloud.find('rrset', '@/A')).toBeUndefined();
  done();
});

test('the catalogue says what can be ordered where, at which price', async () => {
  const { cloud } = cloudOn([
    {
      request: 'GET /server_types?per_page=50&page=1',
      reply: listOf('server_types', [
        {
          ...serverTypeWire(),
          locations: [
            { id: 2, name: 'nbg1', deprecation: null, recommended: false, available: false },
            { id: 9, name: 'moon1', deprecation: null, recommended: true, available: true },
          ],
        },
        {
          ...serverTypeWire('cx22'),
          locations: undefined,
          deprecation: { announced: '2025-10-16T00:00:00Z', unavailable_after: '2026-01-01T00:00:00Z' },
        },
      ]),
    },
    {
      request: 'GET /images?per_page=50&type=system&include_deprecated=true&sort=id:asc&page=1',
      reply: listOf('images', [
        imageWire(1, 'debian-12'),
        {
          ...imageWire(2, 'debian-11'),
          deprecation: { announced: '2026-08-31T00:00:00Z', unavailable_after: '2026-11-30T00:00:00Z' },
        },
      ]),
    },
  ]);
  const { serverTypes, images } = await cloud.catalogue();
  const locations = serverTypes.map(({ name, locations: at }) => [
    name,
    ...at.map((one) => `${one.name} ${one.available} ${one.price.monthlyNet}`),
  ]);
  expect(locations).toEqual([
    ['cx23', 'nbg1 false 5.4900000000'],
    ['cx22', 'nbg1 true 5.4900000000'],
  ]);
  expect(serverTypes[1]?.deprecation).toEqual({
    announced: '2025-10-16T00:00:00Z',
    unavailableAfter: '2026-01-01T00:00:00Z',
  });
  expect(images.map(({ name, deprecated }) => [name, deprecated])).toEqual([
    ['debian-12', null],
    ['debian-11', '2026-08-31T00:00:00Z'],
  ]);
});

test('a catalogue that is not whole is no catalogue', async () => {
  const { cloud } = cloudOn([
    {
      request: 'GET /server_types?per_page=50&page=1',
      status: 403,
      reply: { error: { code: 'forbidden', message: 'no', details: null } },
    },
    {
      request: 'GET /images?per_page=50&type=system&include_deprecated=true&sort=id:asc&page=1',
      reply: listOf('images', []),
    },
  ]);
  await expect(cloud.catalogue()).rejects.toThrow('the list of server types could not be read: GET /server_types: no');
});

test.each([
  ['2001:DB8:0::', '2001:db8::'],
  ['::/0', '::/0'],
  ['2001:db8::1/64', '2001:db8::/64'],
  ['10.0.0.1', '10.0.0.1'],
  ['10.0.0.9/24', '10.0.0.0/24'],
  ['nonsense', 'nonsense'],
])('%s is spelled %s', (text, canonical) => expect(canonicalAddress(text)).toBe(canonical));

test("a server's own IPv6 address is the first of its network", () => {
  expect(firstAddressOf('2001:db8:1::/64')).toBe('2001:db8:1::1');
  expect(firstAddressOf('2001:db8:1:2:0::/64')).toBe('2001:db8:1:2::1');
});
