import { expect, test } from 'vitest';
import type { AnyObservedItem } from '../../src/domain/observation.ts';
import type { CloudChange } from '../../src/domain/plan.ts';
import { hasLanded } from '../../src/execute/landed.ts';

const resolve = ({ ref }: { ref: string }) => (ref.startsWith('certificate/') ? '77' : '42');
const network = { ref: 'network/production', attribute: 'id' } as const;
const subnet = { range: '10.0.1.0/24', type: 'cloud', zone: 'eu-central' } as const;
const route = { destination: '10.9.0.0/16', gateway: '10.0.1.2' };
const rule = { direction: 'in', protocol: 'tcp', port: '22', ips: ['0.0.0.0/0'] } as const;
const target = { type: 'label-selector', selector: 'a=b', usePrivateIp: true } as const;
const certificates = [{ ref: 'certificate/production', attribute: 'id' }] as const;
const service = (list: readonly unknown[]) =>
  ({
    protocol: 'https',
    listenPort: 443,
    destinationPort: 80,
    proxyProtocol: false,
    http: { stickySessions: false, redirectHttp: true, timeoutIdleSeconds: 50, certificates: list },
    healthCheck: { protocol: 'tcp', port: 80, intervalSeconds: 5, timeoutSeconds: 3, retries: 2 },
  }) as Extract<CloudChange, { op: 'add-service' }>['service'];

/** A change, facts (or more of the item) that show it, and facts that don't. */
const cases: readonly (readonly [CloudChange, object, object])[] = [
  [{ op: 'set-labels', labels: { a: '1' } }, { labels: { a: '1' } }, { labels: { a: '1', b: '2' } }],
  [
    { op: 'rename', name: 'new', labels: {} },
    { name: 'new', labels: {} },
    { name: 'old', labels: {} },
  ],
  [{ op: 'set-protection', delete: true }, { deleteProtection: true }, { deleteProtection: false }],
  [{ op: 'add-subnet', subnet }, { subnets: [subnet] }, { subnets: [] }],
  [{ op: 'delete-subnet', range: '10.0.1.0/24' }, { subnets: [] }, { subnets: [subnet] }],
  [{ op: 'add-route', route }, { routes: [route] }, { routes: [] }],
  [{ op: 'delete-route', route }, { routes: [] }, { routes: [route] }],
  [{ op: 'change-ip-range', range: '10.0.0.0/15' }, { range: '10.0.0.0/15' }, { range: '10.0.0.0/16' }],
  [{ op: 'set-rules', rules: [rule] }, { rules: [rule] }, { rules: [{ ...rule, port: '23' }] }],
  [{ op: 'apply-firewall', server: network }, { serverIds: ['42'] }, { serverIds: [] }],
  [{ op: 'remove-firewall', server: 7 }, { serverIds: ['42'] }, { serverIds: ['7'] }],
  [{ op: 'power-off' }, { status: 'off' }, { status: 'running' }],
  [{ op: 'shutdown' }, { status: 'off' }, { status: 'stopping' }],
  [{ op: 'power-on' }, { status: 'running' }, { status: 'starting' }],
  [
    { op: 'change-type', type: 'cx33', upgradeDisk: false },
    { type: 'cx33', status: 'off' },
    { type: 'cx33', status: 'migrating' },
  ],
  [
    { op: 'attach-network', network, ip: '10.0.1.11' },
    { networks: [{ networkId: '42', ip: '10.0.1.11' }] },
    { networks: [{ networkId: '42', ip: '10.0.1.99' }] },
  ],
  [{ op: 'detach-network', network }, { networks: [] }, { networks: [{ networkId: '42', ip: '10.0.1.11' }] }],
  [{ op: 'add-to-placement-group', group: network }, { placementGroupId: '42' }, { placementGroupId: null }],
  [{ op: 'remove-from-placement-group' }, { placementGroupId: null }, { placementGroupId: '42' }],
  [{ op: 'set-backups', enabled: true }, { backups: true }, { backups: false }],
  [{ op: 'set-algorithm', algorithm: 'round_robin' }, { algorithm: 'round_robin' }, { algorithm: 'least_connections' }],
  [{ op: 'add-service', service: service(certificates) }, { services: [service([77])] }, { services: [service([])] }],
  [
    { op: 'update-service', service: service(certificates) },
    { services: [service([77])] },
    { services: [{ ...service([77]), destinationPort: 81 }] },
  ],
  [{ op: 'delete-service', listenPort: 443 }, { services: [] }, { services: [service([77])] }],
  [{ op: 'add-target', target }, { targets: [target] }, { targets: [{ ...target, usePrivateIp: false }] }],
  [{ op: 'remove-target', target }, { targets: [] }, { targets: [target] }],
  [{ op: 'set-public-interface', enabled: false }, { publicInterface: false }, { publicInterface: true }],
  [{ op: 'retry-certificate' }, { issuance: 'pending' }, { issuance: 'failed' }],
  [{ op: 'set-ttl', ttlSeconds: 60 }, { ttlSeconds: 60 }, { ttlSeconds: null }],
  [
    { op: 'set-records', ttlSeconds: 60, records: ['192.0.2.1', { ref: 'server/production-1', attribute: 'ipv4' }] },
    { records: ['42', '192.0.2.1'] },
    { records: ['192.0.2.1'] },
  ],
];

const itemOf = (more: object): AnyObservedItem =>
  ({
    kind: 'server',
    id: '1',
    name: 'n',
    labels: {},
    createdAt: '',
    facts: more,
    ...more,
  }) as unknown as AnyObservedItem;

test.each(cases)('%j shows in what was observed, or does not', (change, shown, notShown) => {
  expect(hasLanded(change, itemOf(shown), resolve)).toBe(true);
  expect(hasLanded(change, itemOf(notShown), resolve)).toBe(false);
});

test('a rebuild leaves nothing that could be seen', () => {
  expect(hasLanded({ op: 'rebuild', image: 'debian-12', userData: '' }, itemOf({}), resolve)).toBeUndefined();
});
