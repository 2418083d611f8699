import { expect, test } from 'vitest';
import { emulatedCloud, labels, ref } from './emulated.ts';

test('each kind is created, listed back, and its facts are what was asked for', async () => {
  const { cloud, create, change } = emulatedCloud();
  await create('network', 'n', {
    range: '10.0.0.0/16',
    subnets: [{ range: '10.0.1.0/24', type: 'cloud', zone: 'eu-central' }],
    routes: [],
    deleteProtection: false,
  });
  const rules = [
    { direction: 'in', protocol: 'tcp', port: '22', ips: ['0.0.0.0/0', '::/0'], description: 'SSH' },
    { direction: 'in', protocol: 'icmp', ips: ['0.0.0.0/0', '::/0'] },
  ] as const;
  await create('firewall', 'f', { rules });
  await create('placement-group', 'g', { type: 'spread' });
  await create(
    'server',
    's',
    {
      types: ['cpx22'],
      locations: ['nbg1'],
      image: 'debian-12',
      userData: '#cloud-config\n{}\n',
      userDataFingerprint: 'x',
      network: ref('network/n'),
      privateIp: '10.0.1.11',
      firewalls: [ref('firewall/f')],
      placementGroup: ref('placement-group/g'),
      sshKeys: [],
      publicIpv4: true,
      publicIpv6: true,
      backups: false,
      deleteProtection: false,
    },
    { type: 'cpx22', location: 'nbg1' },
  );
  await change('server', 'server/s', { op: 'attach-network', network: ref('network/n'), ip: '10.0.1.11' });
  await change('server', 'server/s', { op: 'power-on' });
  const service = {
    protocol: 'http',
    listenPort: 80,
    destinationPort: 80,
    proxyProtocol: false,
    http: { stickySessions: false, redirectHttp: false, timeoutIdleSeconds: 60, certificates: [] },
    healthCheck: {
      protocol: 'http',
      port: 80,
      intervalSeconds: 5,
      timeoutSeconds: 3,
      retries: 2,
      http: { path: '/health', statusCodes: ['200'], tls: false },
    },
  } as const;
  const balanced = { type: 'lb11', location: 'nbg1', algorithm: 'least_connections', services: [service] } as const;
  const target = {
    type: 'label-selector',
    selector: 'project=aipacto,environment=production',
    usePrivateIp: true,
  } as const;
  const spec = {
    ...balanced,
    network: ref('network/n'),
    privateIp: '10.0.1.5',
    targets: [target],
    publicInterface: true,
    deleteProtection: false,
  };
  await create('load-balancer', 'l', spec);
  await change('load-balancer', 'load-balancer/l', { op: 'attach-network', network: ref('network/n'), ip: '10.0.1.5' });
  await change('load-balancer', 'load-balancer/l', { op: 'add-target', target });

  const only = async (kind: Parameters<typeof cloud.list>[0]) => {
    const { items, complete } = await cloud.list(kind);
    expect(complete).toBe(true);
    expect(items.map(({ labels: its }) => its)).toEqual([labels]);
    return items[0];
  };
  const server = await only('server');
  const network = await only('network');
  expect(network?.facts).toMatchObject({
    range: '10.0.0.0/16',
    subnets: [{ range: '10.0.1.0/24', type: 'cloud', zone: 'eu-central' }],
    serverIds: [server?.id],
    deleteProtection: false,
  });
  const firewall = await only('firewall');
  expect(firewall?.facts).toMatchObject({ rules, serverIds: [server?.id] });
  const group = await only('placement-group');
  expect(group?.facts).toEqual({ type: 'spread', serverIds: [server?.id] });
  expect(server?.facts).toMatchObject({
    status: 'running',
    type: 'cpx22',
    location: 'nbg1',
    image: 'debian-12',
    networks: [{ networkId: network?.id, ip: '10.0.1.11' }],
    firewallIds: [firewall?.id],
    placementGroupId: group?.id,
    ipv4: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
    ipv6: expect.stringMatching(/::1$/),
    locked: false,
  });
  expect((await only('load-balancer'))?.facts).toMatchObject({
    ...balanced,
    networks: [{ networkId: network?.id, ip: '10.0.1.5' }],
    targets: [target],
    targetHealth: [{ serverId: server?.id }],
    publicInterface: true,
    ipv4: expect.any(String),
  });
});

test('a create whose reply is lost is never repeated, and is found by its name', async () => {
  const { cloud, create, emulator } = emulatedCloud({
    faults: [{ method: 'POST', path: '/placement_groups', fault: { kind: 'lost-reply' } }],
  });
  await expect(create('placement-group', 'g', { type: 'spread' })).rejects.toThrow('whether it took effect is unknown');
  expect(emulator.requests.filter(({ method }) => method === 'POST').length).toBe(1);
  expect((await cloud.find('placement-group', 'g'))?.labels).toEqual(labels);
});

test('101 objects come whole with one request more than they have pages', async () => {
  const { cloud, create, emulator } = emulatedCloud({ limits: { firewalls: 101 } });
  const count = 101;
  for (let n = 0; n < count; n += 1) await create('firewall', `f-${n}`, { rules: [] });
  const before = emulator.requests.length;
  const { items, complete } = await cloud.list('firewall');
  expect([new Set(items.map(({ id }) => id)).size, complete, emulator.requests.length - before]).toEqual([
    count,
    true,
    4,
  ]);
});

test('a page with half of its rows is not taken for the whole', async () => {
  const fault = { method: 'GET', path: '/placement_groups', fault: { kind: 'partial-page' } } as const;
  const { cloud, create } = emulatedCloud({
    faults: [
      { ...fault, nth: 1, times: 2 },
      { ...fault, nth: 3 },
    ],
  });
  for (const name of ['a', 'b', 'c', 'd']) await create('placement-group', name, { type: 'spread' });
  const { items, complete, because } = await cloud.list('placement-group');
  expect([items.length, complete, because]).toEqual([2, false, 'it should hold 4 objects, but 2 came']);
});

test('with a budget of 60 requests an hour a run of 90 completes without an error, and waits instead', async () => {
  const { cloud, emulator } = emulatedCloud({ limits: { requestsPerHour: 60 } });
  const start = emulator.clock.now();
  for (let n = 0; n < 90; n += 1) expect((await cloud.list('network')).complete).toBe(true);
  expect(emulator.requests.filter(({ status }) => status === 429)).toEqual([]);
  // One request is refilled a minute: thirty of them and the reserve had to be waited for.
  expect(emulator.clock.now() - start).toBeGreaterThanOrEqual(30 * 60_000);
});

test('another client eats the budget: refused with 429, waited for, done', async () => {
  const { cloud, emulator } = emulatedCloud({ limits: { requestsPerHour: 60 } });
  const stranger = () =>
    emulator.fetch(
      new Request('http://emulated/v1/networks', { headers: { authorization: `Bearer ${emulator.token}` } }),
    );
  await cloud.list('network');
  for (let n = 0; n < 59; n += 1) await stranger();
  expect((await cloud.list('network')).complete).toBe(true);
  expect(emulator.requests.filter(({ status }) => status === 429).length).toBe(1);
});

test('a reply that breaks off or a proxy that answers in HTML is asked again', async () => {
  const path = '/networks';
  const { cloud } = emulatedCloud({
    faults: [
      { method: 'GET', path, nth: 2, fault: { kind: 'cut-reply' } },
      { method: 'GET', path, nth: 3, fault: { kind: 'http', status: 502, body: '<html>Bad Gateway</html>' } },
      { method: 'GET', path, nth: 4, fault: { kind: 'unreachable' } },
    ],
  });
  await cloud.list('network');
  expect((await cloud.list('network')).complete).toBe(true);
});

test('keys, certificates, zones and records too: created, changed, found, deleted', async () => {
  const { cloud, create, change, remove } = emulatedCloud();
  const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGm0mJ0kXoMZzJ4sVn3Kq7Qm8m1o6v8j3d1y2q3w4e5r alice';
  await create('ssh-key', 'alice', { publicKey });
  expect((await cloud.list('ssh-key')).items[0]?.facts).toMatchObject({ publicKey });
  await create('zone', 'example.com', { ttlSeconds: 3600, deleteProtection: false });
  await create('certificate', 'c', { type: 'managed', domains: ['example.com', '*.example.com'] });
  expect((await cloud.find('certificate', 'c'))?.facts).toMatchObject({
    type: 'managed',
    domains: ['*.example.com', 'example.com'],
  });

  const [zone] = (await cloud.list('zone')).items;
  const { id } = await create('rrset', 'example.com/www/AAAA', {
    zone: 'example.com',
    name: 'www',
    type: 'AAAA',
    ttlSeconds: 300,
    records: ['2001:db8::2', '2001:db8::1'],
  });
  expect(id).toBe(`${zone?.id}/www/AAAA`);
  const address = 'rrset/example.com/www/AAAA' as const;
  await change('rrset', address, { op: 'set-records', records: ['2001:db8::9'], ttlSeconds: 300 });
  await change('rrset', address, { op: 'set-ttl', ttlSeconds: 600 });
  const found = await cloud.find('rrset', 'example.com/www/AAAA');
  expect(found).toMatchObject({
    id,
    name: 'www/AAAA',
    labels,
    createdAt: zone?.createdAt,
    facts: { zone: 'example.com', records: ['2001:db8::9'], ttlSeconds: 600, changeProtection: false },
  });
  const listed = await cloud.listRrsets({ id: zone?.id ?? '', name: 'example.com' });
  expect([listed.complete, listed.items.map(({ name }) => name).sort()]).toEqual([true, ['@/NS', '@/SOA', 'www/AAAA']]);
  await remove('rrset', id ?? '');
  expect(await cloud.find('rrset', 'example.com/www/AAAA')).toBeUndefined();
  await remove('zone', zone?.id ?? '');
  expect((await cloud.list('zone')).items).toEqual([]);
});

test('addresses that servers bring are listed, and go with them', async () => {
  const { cloud, create, remove } = emulatedCloud();
  const bare = {
    types: ['cpx22'],
    locations: ['nbg1'],
    image: 'debian-12',
    userData: '',
    userDataFingerprint: 'x',
    network: 0,
    privateIp: '',
    firewalls: [],
    sshKeys: [],
    publicIpv4: true,
    publicIpv6: true,
    backups: false,
    deleteProtection: false,
  };
  const { id } = await create('server', 's', bare, { type: 'cpx22', location: 'nbg1' });
  const ips = (await cloud.list('primary-ip')).items;
  expect(ips.map(({ facts }) => facts)).toMatchObject([
    { type: 'ipv4', assigneeId: id, autoDelete: true, location: 'nbg1' },
    { type: 'ipv6', assigneeId: id, autoDelete: true, location: 'nbg1' },
  ]);
  await remove('server', id ?? '');
  expect(await cloud.find('server', 's')).toBeUndefined();
  expect((await cloud.list('volume')).complete).toBe(true);
});

test('catalogue and prices of the emulated cloud are read whole', async () => {
  const { cloud } = emulatedCloud();
  const { serverTypes, images } = await cloud.catalogue();
  expect(serverTypes.find(({ name }) => name === 'cx23')).toMatchObject({
    architecture: 'x86',
    cores: 2,
    memoryGb: 4,
    diskGb: 40,
  });
  expect(
    images
      .filter(({ name }) => name === 'debian-12')
      .map(({ architecture }) => architecture)
      .sort(),
  ).toEqual(['arm', 'x86']);
  const prices = await cloud.prices();
  expect(prices.currency).toBe('EUR');
  expect(Object.keys(prices.serverTypes)).toContain('cx23');
  expect(prices.loadBalancerTypes['lb11']?.['nbg1']?.monthlyNet).toMatch(/^7\.49/);
  expect(prices.primaryIpv4['nbg1']?.monthlyNet).toMatch(/^0\.5/);
});
