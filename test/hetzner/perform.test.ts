import { expect, test } from 'vitest';
import { CloudError, Failure } from '../../src/domain/errors.ts';
import type { CloudKind } from '../../src/domain/kinds.ts';
import type { AnyCloudResource, CloudChange, CloudEffect } from '../../src/domain/plan.ts';
import type { Reference, Resource, SpecByKind, WantedCloudKind } from '../../src/domain/resource.ts';
import { apiError, cloudOn, type Exchange, failureOf, listOf } from './kit.ts';
import { actionWire, imageWire, networkWire, rrsetWire, serverTypeWire, serverWire, zoneWire } from './samples.ts';

const known: Readonly<Record<string, string>> = {
  'network/production id': '7',
  'server/production-1 id': '42',
  'firewall/production id': '9',
  'placement-group/production id': '5',
  'certificate/production id': '3',
  'load-balancer/production ipv4': '203.0.113.9',
};
const resolve = ({ ref, attribute }: Reference): string => {
  const value = known[`${ref} ${attribute}`];
  if (value === undefined) throw new Failure(`${ref} has no ${attribute} yet`);
  return value;
};
const idOf = (ref: Reference['ref']): Reference => ({ ref, attribute: 'id' });
const labels = { project: 'aipacto', environment: 'production' };
const resource = <K extends WantedCloudKind>(kind: K, name: string, spec: SpecByKind[K]): AnyCloudResource =>
  ({
    kind,
    address: `${kind}/production`,
    name,
    labels,
    spec,
    dependsOn: [],
    fingerprint: '',
    scope: 'environment',
  }) as Resource<K> as AnyCloudResource;

const performing = async (effect: CloudEffect, exchanges: readonly Exchange[]) => {
  const { cloud, done } = cloudOn(exchanges);
  const accepted = await cloud.perform(effect, resolve);
  done();
  return accepted;
};

const server = resource('server', 'aipacto-production-1', {
  types: ['cx23'],
  locations: ['nbg1'],
  image: 'debian-12',
  userData: '#cloud-config\n',
  userDataFingerprint: 'abc',
  network: idOf('network/production'),
  privateIp: '10.0.1.11',
  firewalls: [idOf('firewall/production')],
  placementGroup: idOf('placement-group/production'),
  sshKeys: ['alice', idOf('certificate/production')],
  publicIpv4: true,
  publicIpv6: false,
  backups: false,
  deleteProtection: false,
});
const catalogue: readonly Exchange[] = [
  {
    request: 'GET /server_types?per_page=50&page=1',
    reply: listOf('server_types', [serverTypeWire(), serverTypeWire('cax11', 'arm')]),
  },
  {
    request: 'GET /images?per_page=50&type=system&include_deprecated=true&sort=id:asc&page=1',
    reply: listOf('images', [imageWire(100, 'debian-12', 'arm'), imageWire(101, 'debian-12')]),
  },
];

test('a server is ordered stopped, in no network, with the image of its architecture; its addresses come back', async () => {
  const sent = {
    name: 'aipacto-production-1',
    server_type: 'cx23',
    location: 'nbg1',
    image: 101,
    start_after_create: false,
    ssh_keys: ['alice', 3],
    firewalls: [{ firewall: 9 }],
    placement_group: 5,
    public_net: { enable_ipv4: true, enable_ipv6: false },
    user_data: '#cloud-config\n',
    labels,
  };
  const reply = { server: serverWire(42), action: actionWire(1), next_actions: [actionWire(2)], root_password: null };
  const accepted = await performing(
    { port: 'cloud', op: 'create', resource: server, placement: { type: 'cx23', location: 'nbg1' } },
    [...catalogue, { request: 'POST /servers', sent, status: 201, reply }],
  );
  expect(accepted).toEqual({
    id: '42',
    createdAt: '2026-11-23T10:00:00.000Z',
    actionIds: [1, 2],
    outputs: { ipv4: '203.0.113.7', ipv6: '2001:db8:1::1' },
  });
});

test('the catalogue is read once for all servers that are ordered side by side', async () => {
  const { cloud, seen } = cloudOn([]);
  const effect: CloudEffect = {
    port: 'cloud',
    op: 'create',
    resource: server,
    placement: { type: 'cx23', location: 'nbg1' },
  };
  await Promise.allSettled([cloud.perform(effect, resolve), cloud.perform(effect, resolve)]);
  expect(seen.length).toBe(2);
});

test('what a create needs is checked before anything is sent', async () => {
  const { cloud, seen } = cloudOn([]);
  const create: CloudEffect = { port: 'cloud', op: 'create', resource: server };
  expect((await failureOf(cloud.perform(create, resolve))).message).toContain('which type and location');
  const change: CloudEffect = { port: 'cloud', op: 'change', kind: 'server', id: null, change: { op: 'power-on' } };
  expect((await failureOf(cloud.perform(change, resolve))).message).toContain('is not known yet');
  const odd: CloudEffect = { port: 'cloud', op: 'delete', kind: 'server', id: '../zones/1', name: 'x' };
  expect((await failureOf(cloud.perform(odd, resolve))).message).toBe(
    '"../zones/1" is no Hetzner id (needed for server)',
  );
  const missing: CloudEffect = {
    port: 'cloud',
    op: 'change',
    kind: 'server',
    id: '1',
    change: { op: 'attach-network', network: idOf('network/staging'), ip: '10.0.1.11' },
  };
  expect((await failureOf(cloud.perform(missing, resolve))).message).toBe('network/staging has no id yet');
  expect(seen).toEqual([]);
});

test('a network is accepted at once: it has no action', async () => {
  const spec = {
    range: '10.0.0.0/16',
    subnets: [{ range: '10.0.1.0/24', type: 'cloud', zone: 'eu-central' }],
    routes: [],
    deleteProtection: true,
  } as const;
  const sent = {
    name: 'n',
    ip_range: '10.0.0.0/16',
    subnets: [{ type: 'cloud', ip_range: '10.0.1.0/24', network_zone: 'eu-central' }],
    routes: [],
    labels,
    expose_routes_to_vswitch: false,
  };
  const accepted = await performing({ port: 'cloud', op: 'create', resource: resource('network', 'n', spec) }, [
    { request: 'POST /networks', sent, status: 201, reply: { network: networkWire(7) } },
  ]);
  expect(accepted).toEqual({ id: '7', createdAt: '2026-11-23T10:00:00.000Z', actionIds: [], outputs: {} });
});

test('a record of a load balancer is created with its address, and dated by its zone', async () => {
  const spec = {
    zone: 'example.com',
    name: '@',
    type: 'A',
    ttlSeconds: 300,
    records: [{ ref: 'load-balancer/production', attribute: 'ipv4' }],
  } as const;
  const sent = { name: '@', type: 'A', ttl: 300, records: [{ value: '203.0.113.9' }], labels };
  const rrset = { ...rrsetWire, id: '@/A', name: '@' };
  const accepted = await performing({ port: 'cloud', op: 'create', resource: resource('rrset', '@/A', spec) }, [
    { request: 'GET /zones/example.com', reply: { zone: zoneWire } },
    { request: 'POST /zones/example.com/rrsets', sent, status: 201, reply: { rrset, action: actionWire(8) } },
  ]);
  expect(accepted).toEqual({ id: '77/@/A', createdAt: '2026-11-23T10:00:00.000Z', actionIds: [8], outputs: {} });
});

const service = {
  protocol: 'https',
  listenPort: 443,
  destinationPort: 80,
  proxyProtocol: false,
  http: {
    stickySessions: false,
    redirectHttp: true,
    timeoutIdleSeconds: 60,
    certificates: [{ ref: 'certificate/production', attribute: 'id' }],
  },
  healthCheck: {
    protocol: 'http',
    port: 80,
    intervalSeconds: 15,
    timeoutSeconds: 10,
    retries: 3,
    http: { path: '/health', statusCodes: ['200'], tls: false },
  },
} as const;
const serviceSent = {
  protocol: 'https',
  listen_port: 443,
  destination_port: 80,
  proxyprotocol: false,
  http: { sticky_sessions: false, timeout_idle: 60, redirect_http: true, certificates: [3] },
  health_check: {
    protocol: 'http',
    port: 80,
    interval: 15,
    timeout: 10,
    retries: 3,
    http: { path: '/health', status_codes: ['200'], tls: false },
  },
};
const target = {
  type: 'label-selector',
  selector: 'project=aipacto,environment=production',
  usePrivateIp: true,
} as const;
const rule = { direction: 'in', protocol: 'tcp', port: '22', ips: ['0.0.0.0/0', '::/0'], description: 'SSH' } as const;
const ruleSent = {
  direction: 'in',
  protocol: 'tcp',
  port: '22',
  source_ips: ['0.0.0.0/0', '::/0'],
  description: 'SSH',
};

const changes: readonly [CloudKind, string, CloudChange, string, unknown?][] = [
  ['server', '42', { op: 'set-labels', labels }, 'PUT /servers/42', { labels }],
  ['server', '42', { op: 'rename', name: 'n', labels }, 'PUT /servers/42', { name: 'n', labels }],
  [
    'server',
    '42',
    { op: 'set-protection', delete: true },
    'POST /servers/42/actions/change_protection',
    { delete: true, rebuild: true },
  ],
  ['server', '42', { op: 'power-off' }, 'POST /servers/42/actions/poweroff'],
  ['server', '42', { op: 'shutdown' }, 'POST /servers/42/actions/shutdown'],
  ['server', '42', { op: 'power-on' }, 'POST /servers/42/actions/poweron'],
  [
    'server',
    '42',
    { op: 'change-type', type: 'cx33', upgradeDisk: false },
    'POST /servers/42/actions/change_type',
    { server_type: 'cx33', upgrade_disk: false },
  ],
  [
    'server',
    '42',
    { op: 'attach-network', network: idOf('network/production'), ip: '10.0.1.11' },
    'POST /servers/42/actions/attach_to_network',
    { network: 7, ip: '10.0.1.11' },
  ],
  [
    'server',
    '42',
    { op: 'detach-network', network: 7 },
    'POST /servers/42/actions/detach_from_network',
    { network: 7 },
  ],
  [
    'server',
    '42',
    { op: 'add-to-placement-group', group: 5 },
    'POST /servers/42/actions/add_to_placement_group',
    { placement_group: 5 },
  ],
  ['server', '42', { op: 'remove-from-placement-group' }, 'POST /servers/42/actions/remove_from_placement_group'],
  ['server', '42', { op: 'set-backups', enabled: true }, 'POST /servers/42/actions/enable_backup'],
  ['server', '42', { op: 'set-backups', enabled: false }, 'POST /servers/42/actions/disable_backup'],
  [
    'network',
    '7',
    { op: 'add-subnet', subnet: { range: '10.0.2.0/24', type: 'cloud', zone: 'eu-central' } },
    'POST /networks/7/actions/add_subnet',
    { type: 'cloud', ip_range: '10.0.2.0/24', network_zone: 'eu-central' },
  ],
  [
    'network',
    '7',
    { op: 'delete-subnet', range: '10.0.2.0/24' },
    'POST /networks/7/actions/delete_subnet',
    { ip_range: '10.0.2.0/24' },
  ],
  [
    'network',
    '7',
    { op: 'add-route', route: { destination: '0.0.0.0/0', gateway: '10.0.1.2' } },
    'POST /networks/7/actions/add_route',
    { destination: '0.0.0.0/0', gateway: '10.0.1.2' },
  ],
  [
    'network',
    '7',
    { op: 'delete-route', route: { destination: '0.0.0.0/0', gateway: '10.0.1.2' } },
    'POST /networks/7/actions/delete_route',
    { destination: '0.0.0.0/0', gateway: '10.0.1.2' },
  ],
  [
    'network',
    '7',
    { op: 'change-ip-range', range: '10.0.0.0/15' },
    'POST /networks/7/actions/change_ip_range',
    { ip_range: '10.0.0.0/15' },
  ],
  [
    'network',
    '7',
    { op: 'set-protection', delete: false },
    'POST /networks/7/actions/change_protection',
    { delete: false },
  ],
  ['firewall', '9', { op: 'set-rules', rules: [rule] }, 'POST /firewalls/9/actions/set_rules', { rules: [ruleSent] }],
  [
    'firewall',
    '9',
    { op: 'apply-firewall', server: idOf('server/production-1') },
    'POST /firewalls/9/actions/apply_to_resources',
    { apply_to: [{ type: 'server', server: { id: 42 } }] },
  ],
  [
    'firewall',
    '9',
    { op: 'remove-firewall', server: 42 },
    'POST /firewalls/9/actions/remove_from_resources',
    { remove_from: [{ type: 'server', server: { id: 42 } }] },
  ],
  [
    'load-balancer',
    '6',
    { op: 'set-algorithm', algorithm: 'least_connections' },
    'POST /load_balancers/6/actions/change_algorithm',
    { type: 'least_connections' },
  ],
  [
    'load-balancer',
    '6',
    { op: 'change-type', type: 'lb21', upgradeDisk: false },
    'POST /load_balancers/6/actions/change_type',
    { load_balancer_type: 'lb21' },
  ],
  ['load-balancer', '6', { op: 'add-service', service }, 'POST /load_balancers/6/actions/add_service', serviceSent],
  [
    'load-balancer',
    '6',
    { op: 'update-service', service },
    'POST /load_balancers/6/actions/update_service',
    serviceSent,
  ],
  [
    'load-balancer',
    '6',
    { op: 'delete-service', listenPort: 443 },
    'POST /load_balancers/6/actions/delete_service',
    { listen_port: 443 },
  ],
  [
    'load-balancer',
    '6',
    { op: 'add-target', target },
    'POST /load_balancers/6/actions/add_target',
    { type: 'label_selector', label_selector: { selector: target.selector }, use_private_ip: true },
  ],
  [
    'load-balancer',
    '6',
    { op: 'remove-target', target },
    'POST /load_balancers/6/actions/remove_target',
    { type: 'label_selector', label_selector: { selector: target.selector } },
  ],
  [
    'load-balancer',
    '6',
    { op: 'attach-network', network: 7, ip: '10.0.1.5' },
    'POST /load_balancers/6/actions/attach_to_network',
    { network: 7, ip: '10.0.1.5' },
  ],
  [
    'load-balancer',
    '6',
    { op: 'set-public-interface', enabled: false },
    'POST /load_balancers/6/actions/disable_public_interface',
  ],
  ['certificate', '3', { op: 'retry-certificate' }, 'POST /certificates/3/actions/retry'],
  ['placement-group', '5', { op: 'set-labels', labels }, 'PUT /placement_groups/5', { labels }],
  ['primary-ip', '4', { op: 'set-labels', labels }, 'PUT /primary_ips/4', { labels }],
  ['zone', '77', { op: 'set-ttl', ttlSeconds: 600 }, 'POST /zones/77/actions/change_ttl', { ttl: 600 }],
  ['rrset', '77/@/A', { op: 'set-ttl', ttlSeconds: 600 }, 'POST /zones/77/rrsets/@/A/actions/change_ttl', { ttl: 600 }],
  [
    'rrset',
    '77/*.pr/A',
    { op: 'set-records', records: [{ ref: 'load-balancer/production', attribute: 'ipv4' }], ttlSeconds: 300 },
    'POST /zones/77/rrsets/*.pr/A/actions/set_records',
    { records: [{ value: '203.0.113.9' }] },
  ],
  [
    'rrset',
    '77/@/A',
    { op: 'set-protection', delete: true },
    'POST /zones/77/rrsets/@/A/actions/change_protection',
    { change: true },
  ],
];

test.each(changes)('%s %s: %o is %s', async (kind, id, change, request, sent) => {
  const reply = request.startsWith('PUT')
    ? {}
    : kind === 'firewall'
      ? { actions: [actionWire(1)] }
      : { action: actionWire(1) };
  const exchange = { request, reply, ...(sent === undefined ? {} : { sent }) };
  const { actionIds } = await performing({ port: 'cloud', op: 'change', kind, id, change }, [exchange]);
  expect(actionIds).toEqual(request.startsWith('PUT') ? [] : [1]);
});

test('a rebuild sends the image of the architecture the server has, asking for it when it was not listed', async () => {
  const effect: CloudEffect = {
    port: 'cloud',
    op: 'change',
    kind: 'server',
    id: '42',
    change: { op: 'rebuild', image: 'debian-12', userData: '#!' },
  };
  const arm = serverWire(42, { server_type: serverTypeWire('cax11', 'arm') });
  await performing(effect, [
    { request: 'GET /servers/42', reply: { server: arm } },
    ...catalogue,
    {
      request: 'POST /servers/42/actions/rebuild',
      sent: { image: 100, user_data: '#!' },
      reply: { action: actionWire(1), root_password: null },
    },
  ]);
});

test('a change that a kind does not have is refused with a sentence', async () => {
  const effect: CloudEffect = {
    port: 'cloud',
    op: 'change',
    kind: 'firewall',
    id: '9',
    change: { op: 'set-protection', delete: true },
  };
  const error = await failureOf(cloudOn([]).cloud.perform(effect, resolve));
  expect(error.message).toBe('the plan wants set-protection on a firewall, which the Hetzner API does not offer');
});

test('an action that is done when it comes back is not waited for; one that failed is', async () => {
  const effect: CloudEffect = {
    port: 'cloud',
    op: 'change',
    kind: 'load-balancer',
    id: '6',
    change: { op: 'delete-service', listenPort: 80 },
  };
  const request = 'POST /load_balancers/6/actions/delete_service';
  const sent = { listen_port: 80 };
  expect(await performing(effect, [{ request, sent, reply: { action: actionWire(1, 'success') } }])).toEqual({
    actionIds: [],
    outputs: {},
  });
  expect(await performing(effect, [{ request, sent, reply: { action: actionWire(1, 'error') } }])).toEqual({
    actionIds: [1],
    outputs: {},
  });
});

test('deletes answer in three ways, and what is gone already counts as deleted', async () => {
  const gone = (kind: CloudKind, id: string): CloudEffect => ({ port: 'cloud', op: 'delete', kind, id, name: 'x' });
  expect(
    await performing(gone('server', '42'), [{ request: 'DELETE /servers/42', reply: { action: actionWire(1) } }]),
  ).toEqual({ actionIds: [1], outputs: {} });
  expect(
    await performing(gone('zone', '77'), [
      { request: 'DELETE /zones/77', status: 201, reply: { action: actionWire(2) } },
    ]),
  ).toEqual({ actionIds: [2], outputs: {} });
  expect(await performing(gone('network', '7'), [{ request: 'DELETE /networks/7', status: 204 }])).toEqual({
    actionIds: [],
    outputs: {},
  });
  const notFound = {
    request: 'DELETE /networks/7',
    status: 404,
    reply: apiError('not_found', 'network with ID 7 not found'),
  };
  expect(await performing(gone('network', '7'), [notFound])).toEqual({ actionIds: [], outputs: {} });
});

test('a create whose answer is not as documented says that it was accepted', async () => {
  const spec = { type: 'spread' } as const;
  const effect: CloudEffect = { port: 'cloud', op: 'create', resource: resource('placement-group', 'g', spec) };
  const { cloud } = cloudOn([
    {
      request: 'POST /placement_groups',
      sent: { name: 'g', type: 'spread', labels },
      status: 201,
      reply: { placement_group: { id: 5 } },
    },
  ]);
  const error = (await failureOf(cloud.perform(effect, resolve))) as CloudError;
  expect(error).toBeInstanceOf(CloudError);
  expect([error.code, error.done]).toEqual(['unexpected_response', ['the API accepted POST /placement_groups']]);
});
