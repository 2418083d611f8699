import { expect, test } from 'vitest';
import type { Address } from '../../src/domain/address.ts';
import { CloudError } from '../../src/domain/errors.ts';
import type { Remembered, StateFile } from '../../src/domain/statefile.ts';
import { listedKinds } from '../../src/observe/needed-kinds.ts';
import { fixedCloud, item, labelsOf, observing, ownServer, serverFacts, wanted, wantedServer } from './kit.ts';

const zone = item('zone', '77', 'aipacto.com', { ttlSeconds: 3600, deleteProtection: false, recordCount: 5 });
const otherZone = item('zone', '78', 'example.com', { ttlSeconds: 3600, deleteProtection: false, recordCount: 5 });
const record = wanted('rrset', 'aipacto.com/@/A', { zone: 'aipacto.com', name: '@', type: 'A' });
const rememberedServer: Remembered = {
  kind: 'server',
  id: '42',
  name: 'aipacto-production-1',
  createdAt: '2026-11-23T10:00:00.000Z',
  fingerprint: '',
  outputs: {},
};
const remembering = (address: Address, entry: Partial<Remembered>): StateFile => ({
  schemaVersion: 4,
  fencingToken: 1,
  lineage: 'l',
  serial: 1,
  project: 'aipacto',
  environment: 'production',
  environmentType: 'production',
  updatedAt: '',
  resources: { [address]: { ...rememberedServer, ...entry } } as StateFile['resources'],
  history: [],
});

test('twelve questions: ten lists, the prices, the records of the wanted zone; no catalogue when nothing is to be ordered', async () => {
  const { observation, asked } = await observing([ownServer(), zone, otherZone], [wantedServer, record]);
  expect([...asked].sort()).toEqual([...listedKinds, 'prices', 'rrsets of aipacto.com'].sort());
  expect(observation.requests).toEqual({ read: 12, write: 0 });
  expect(observation.catalogue).toBeNull();
  expect(Object.values(observation.lists)).toEqual(Array(11).fill({ complete: true }));
  expect(observation.at).toBe('2026-11-24T00:00:00.000Z');
});

test.each([
  ['it is missing', [], true],
  ['it is as wanted', [ownServer()], false],
  ['its type is a later rung of the ladder', [ownServer({ type: 'cpx22' })], false],
  ['its type is none of the ladder', [ownServer({ type: 'cx22' })], true],
  ['its location is none of the ladder', [ownServer({ location: 'hel1' })], true],
  ['its image differs', [ownServer({ image: 'debian-11' })], true],
  ['its user data differs', [ownServer({}, { 'user-data': 'other' })], true],
  ['it belongs to another environment', [ownServer({}, { environment: 'staging' })], true],
  ['only its name is right', [item('server', '42', 'aipacto-production-1', serverFacts())], true],
])('the catalogue is asked for a wanted server when %s: %#', async (_, items, asks) => {
  const { observation } = await observing(items, [wantedServer]);
  expect(observation.catalogue !== null).toBe(asks);
});

test('a server whose labels were stripped is known by the state, with the user data remembered there', async () => {
  const stripped = item('server', '42', 'aipacto-production-1', serverFacts());
  const state = remembering('server/production-1', { userDataFingerprint: 'fingerprint' });
  expect((await observing([stripped], [wantedServer], { state })).observation.catalogue).toBeNull();
  const old = remembering('server/production-1', { userDataFingerprint: 'other' });
  expect((await observing([stripped], [wantedServer], { state: old })).observation.catalogue).not.toBeNull();
});

test('the catalogue is asked when the caller says so', async () => {
  const { observation } = await observing([ownServer()], [wantedServer], { catalogue: 'always' });
  expect(observation.catalogue).not.toBeNull();
});

test('only our running servers are asked about the cluster, at their address in our network', async () => {
  const network = item(
    'network',
    '7',
    'aipacto-production',
    { range: '10.0.0.0/16', subnets: [], routes: [], serverIds: [], deleteProtection: false },
    labelsOf('network/production'),
  );
  const elsewhere = { networkId: '6', ip: '10.9.0.9' };
  const servers = [
    ownServer({ networks: [elsewhere, { networkId: '7', ip: '10.0.1.11' }] }),
    item('server', '43', 'aipacto-production-2', serverFacts({ status: 'off' }), labelsOf('server/production-2')),
    item('server', '44', 'aipacto-production-3', serverFacts({ networks: [] }), labelsOf('server/production-3')),
    item('server', '45', 'aipacto-staging-1', serverFacts(), labelsOf('server/staging-1', 'staging')),
    item('server', '46', 'somebody', serverFacts()),
  ];
  const { observation, targets } = await observing([network, ...servers], [wantedServer]);
  expect(targets).toEqual([[{ name: 'aipacto-production-1', privateIp: '10.0.1.11', publicIp: '203.0.113.7' }]]);
  expect(observation.cluster).toEqual({ reachable: false, because: 'nobody there' });
});

test('without servers there is nobody to ask about the cluster', async () => {
  const { observation, targets } = await observing([], [wantedServer]);
  expect([observation.cluster, targets]).toEqual([null, []]);
});

test('records are asked for of zones that are wanted or remembered, and only if they exist', async () => {
  expect((await observing([otherZone], [record])).asked).not.toContain('rrsets of aipacto.com');
  expect((await observing([zone], [])).observation.lists.rrset).toBeUndefined();
  const state = remembering('rrset/example.com/www/A', { kind: 'rrset' });
  expect((await observing([zone, otherZone], [], { state })).asked).toContain('rrsets of example.com');
});

test('an incomplete list is kept and marked; records of an unreadable list of zones are unknown', async () => {
  const broken = { items: [], complete: false, because: 'page 2 of 3 failed' };
  const { cloud } = fixedCloud([zone]);
  const { observation } = await observing([], [wantedServer, record], {
    cloud: {
      ...cloud,
      list: async (kind) => (kind === 'zone' || kind === 'server' ? broken : { items: [], complete: true }),
    },
  });
  const marked = { complete: false, because: 'page 2 of 3 failed' };
  expect(observation.lists).toMatchObject({ server: marked, zone: marked, rrset: marked, network: { complete: true } });
});

test('a refused token ends the observation at once; what has not been asked is not asked any more', async () => {
  const refused = new CloudError('the token in HCLOUD_TOKEN was refused', {
    code: 'unauthorized',
    status: 401,
    retryable: false,
  });
  const { cloud, asked } = fixedCloud([]);
  const failing = {
    ...cloud,
    prices: () => Promise.reject(refused),
    list: (kind: Parameters<typeof cloud.list>[0]) => {
      asked.push(kind);
      return Promise.reject(refused);
    },
  };
  await expect(observing([], [wantedServer, record], { cloud: failing })).rejects.toBe(refused);
  expect(asked.length).toBeLessThanOrEqual(6);
});
