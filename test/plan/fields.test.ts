import { expect, test } from 'vitest';
import type { CloudKind } from '../../src/domain/kinds.ts';
import { plan } from '../support/builders.ts';
import { standing } from '../support/drift.ts';

/*
 * Every field of every kind we create, changed by somebody else: named by its reason, healed by its step, and the plan
 * after that is empty. A field that no row changes is a field that nobody watches.
 */
interface Row {
  readonly kind: CloudKind;
  readonly name: string;
  readonly field: string;
  readonly facts: Record<string, unknown>;
  readonly action?: string;
  readonly step: string;
}
const production = 'aipacto-production';
const server = 'aipacto-production-2';
const service = (change: Record<string, unknown>, http: Record<string, unknown> = {}) => {
  const [present] = standing().find('load-balancer', production).facts.services;
  return { services: [{ ...present, ...change, http: { ...present.http, ...http } }] };
};
const health = (change: Record<string, unknown>) => {
  const [present] = standing().find('load-balancer', production).facts.services;
  return service({ healthCheck: { ...present.healthCheck, ...change } });
};
const at = 'load-balancer/production';

const rows: readonly Row[] = [
  {
    kind: 'network',
    name: production,
    field: 'deleteProtection',
    facts: { deleteProtection: true },
    step: 'set-protection network/production (off)',
  },
  {
    kind: 'network',
    name: production,
    field: 'routes',
    facts: { routes: [{ destination: '10.9.0.0/24', gateway: '10.0.1.9' }] },
    step: 'delete-route network/production (10.9.0.0/24 via 10.0.1.9)',
  },
  {
    kind: 'network',
    name: production,
    field: 'subnets',
    facts: { subnets: [] },
    step: 'add-subnet network/production (10.0.1.0/24)',
  },
  {
    kind: 'network',
    name: production,
    field: 'range',
    facts: { range: '10.0.0.0/20' },
    step: 'change-ip-range network/production',
  },
  { kind: 'firewall', name: production, field: 'rules', facts: { rules: [] }, step: 'set-rules firewall/production' },
  {
    kind: 'certificate',
    name: production,
    field: 'issuance',
    facts: { issuance: 'failed', error: 'no CAA' },
    step: 'retry-certificate certificate/production',
  },
  {
    kind: 'certificate',
    name: production,
    field: 'domains',
    facts: { domains: ['old.aipacto.com'] },
    action: 'replace',
    step: 'create certificate/production',
  },
  {
    kind: 'certificate',
    name: production,
    field: 'type',
    facts: { type: 'uploaded' },
    action: 'replace',
    step: 'create certificate/production',
  },
  { kind: 'zone', name: 'aipacto.com', field: 'ttl', facts: { ttlSeconds: 60 }, step: 'set-ttl zone/aipacto.com' },
  {
    kind: 'zone',
    name: 'aipacto.com',
    field: 'deleteProtection',
    facts: { deleteProtection: true },
    step: 'set-protection zone/aipacto.com (off)',
  },
  {
    kind: 'rrset',
    name: '@/A',
    field: 'records',
    facts: { records: ['192.0.2.9'] },
    step: 'set-records rrset/aipacto.com/@/A',
  },
  { kind: 'rrset', name: '@/A', field: 'ttl', facts: { ttlSeconds: null }, step: 'set-ttl rrset/aipacto.com/@/A' },
  { kind: 'load-balancer', name: production, field: 'type', facts: { type: 'lb21' }, step: `change-type ${at}` },
  {
    kind: 'load-balancer',
    name: production,
    field: 'location',
    facts: { location: 'hel1' },
    action: 'replace',
    step: `create ${at}`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'algorithm',
    facts: { algorithm: 'least_connections' },
    step: `set-algorithm ${at}`,
  },
  { kind: 'load-balancer', name: production, field: 'network', facts: { networks: [] }, step: `attach-network ${at}` },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: { services: [] },
    step: `add-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: service({ protocol: 'http' }),
    step: `update-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: service({ destinationPort: 8080 }),
    step: `update-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: service({ proxyProtocol: true }),
    step: `update-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: service({ listenPort: 444 }),
    step: `delete-service ${at} (port 444)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: service({}, { stickySessions: true }),
    step: `update-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: service({}, { redirectHttp: false }),
    step: `update-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: service({}, { timeoutIdleSeconds: 99 }),
    step: `update-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: service({}, { certificates: [] }),
    step: `update-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: health({ intervalSeconds: 15 }),
    step: `update-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'services',
    facts: health({ http: { path: '/', statusCodes: ['200'], tls: false } }),
    step: `update-service ${at} (port 443)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'targets',
    facts: { targets: [] },
    step: `add-target ${at} (project=aipacto,environment=production)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'targets',
    facts: { targets: [{ type: 'label-selector', selector: 'a=b', usePrivateIp: true }] },
    step: `remove-target ${at} (a=b)`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'publicInterface',
    facts: { publicInterface: false },
    step: `set-public-interface ${at}`,
  },
  {
    kind: 'load-balancer',
    name: production,
    field: 'deleteProtection',
    facts: { deleteProtection: true },
    step: `set-protection ${at} (off)`,
  },
  {
    kind: 'server',
    name: server,
    field: 'image',
    facts: { image: 'ubuntu-24.04' },
    action: 'rebuild',
    step: 'rebuild server/production-2',
  },
  {
    kind: 'server',
    name: server,
    field: 'type',
    facts: { type: 'cax11' },
    action: 'update',
    step: 'change-type server/production-2',
  },
  {
    kind: 'server',
    name: server,
    field: 'location',
    facts: { location: 'ash' },
    action: 'replace',
    step: 'create server/production-2',
  },
  {
    kind: 'server',
    name: server,
    field: 'publicIpv4',
    facts: { ipv4: null },
    action: 'replace',
    step: 'create server/production-2',
  },
  {
    kind: 'server',
    name: server,
    field: 'publicIpv6',
    facts: { ipv6: null },
    action: 'replace',
    step: 'create server/production-2',
  },
  {
    kind: 'server',
    name: server,
    field: 'placementGroup',
    facts: { placementGroupId: null },
    step: 'add-to-placement-group server/production-2',
  },
  {
    kind: 'server',
    name: server,
    field: 'network',
    facts: { networks: [] },
    step: 'attach-network server/production-2',
  },
  { kind: 'server', name: server, field: 'backups', facts: { backups: true }, step: 'set-backups server/production-2' },
  { kind: 'server', name: server, field: 'power', facts: { status: 'off' }, step: 'power-on server/production-2' },
  {
    kind: 'server',
    name: server,
    field: 'deleteProtection',
    facts: { deleteProtection: true, rebuildProtection: true },
    step: 'set-protection server/production-2 (off)',
  },
];

test.each(rows)('$kind: $field is seen and healed ($step)', ({ kind, name, field, facts, action = 'update', step }) => {
  const world = standing();
  Object.assign(world.find(kind, name).facts, facts);
  const heal = plan(world);
  const changes = heal.changes.filter((change) => change.reasons.some((reason) => reason.field === field));
  expect(changes.map((change) => [change.kind, change.action])).toEqual([[kind, action]]);
  expect(heal.steps.map(({ id }) => id)).toContain(step);
  world.apply(heal);
  expect(plan(world).steps).toEqual([]);
});

test('a private address of its own choosing is changed by leaving the network and coming back', () => {
  const world = standing();
  const { facts } = world.find('server', server);
  facts.networks = [{ ...facts.networks[0], ip: '10.0.1.77' }];
  const heal = plan(world);
  expect(heal.steps.filter(({ address }) => address === 'server/production-2').map(({ id }) => id)).toEqual([
    `detach-network server/production-2 (network ${facts.networks[0].networkId})`,
    'attach-network server/production-2',
  ]);
  world.apply(heal);
  expect(plan(world).steps).toEqual([]);
});

test.each([
  ['network', production],
  ['firewall', production],
  ['placement-group', production],
  ['certificate', production],
  ['load-balancer', production],
  ['server', server],
  ['zone', 'aipacto.com'],
  ['rrset', '@/A'],
] as const)('%s: a label that was added, changed or renamed is put right', (kind, name) => {
  const world = standing();
  const item = world.find(kind, name);
  item.labels = { ...item.labels, 'environment-type': 'staging', color: 'blue' };
  const heal = plan(world);
  expect(heal.changes.filter(({ action }) => action !== 'keep')).toMatchObject([
    { kind, action: 'update', reasons: [{ field: 'labels' }] },
  ]);
  world.apply(heal);
  expect(item.labels).not.toHaveProperty('color');
  expect(plan(world).steps).toEqual([]);
});

test('a record set that is protected against changes is refused, with the command that lifts it', () => {
  const world = standing();
  Object.assign(world.find('rrset', '@/A').facts, { records: ['192.0.2.9'], changeProtection: true });
  expect(plan(world).changes.filter(({ action }) => action === 'blocked')).toMatchObject([
    { address: 'rrset/aipacto.com/@/A', next: 'hcloud zone rrset disable-protection aipacto.com @ A change' },
  ]);
});

test('targets and selectors that were added by hand are named and left', () => {
  const world = standing();
  world.find('load-balancer', production).facts.targets.push({ type: 'ip', ip: '192.0.2.7' });
  world.find('firewall', production).facts.labelSelectors = ['role=db'];
  expect(plan(world).notices).toEqual([
    'firewall/production is also applied to the servers with label role=db: it is left so',
    'load-balancer/production has the target ip 192.0.2.7, which infra.yaml does not name: it is left as it is',
  ]);
});
