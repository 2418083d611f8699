import type { CloudKind } from '../../src/domain/kinds.ts';
import type { AnyObservedItem, FactsByKind, ObservedCluster, PriceList } from '../../src/domain/observation.ts';
import type { AnyResource, DesiredState, Resource, SpecByKind, WantedKind } from '../../src/domain/resource.ts';
import type { StateFile } from '../../src/domain/statefile.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { type ObserveOptions, observe } from '../../src/observe/observe.ts';
import type { CloudApi, Listing } from '../../src/ports/cloud-api.ts';
import type { MachineTarget } from '../../src/ports/machines.ts';

export const prices: PriceList = {
  currency: 'EUR',
  vatRate: '21.00',
  serverTypes: {},
  loadBalancerTypes: {},
  primaryIpv4: {},
  volumePerGbMonth: { net: '0', gross: '0' },
  serverBackupPercentage: '20',
};

export const labelsOf = (address: string, environment = 'production') => ({
  project: 'aipacto',
  environment,
  'environment-type': 'production',
  address: address.replaceAll('/', '.').replaceAll('@', 'at'),
});

export const item = <K extends CloudKind>(
  kind: K,
  id: string,
  name: string,
  facts: FactsByKind[K],
  labels: Readonly<Record<string, string>> = {},
): AnyObservedItem =>
  ({ kind, id, name, labels, createdAt: '2026-11-23T10:00:00.000Z', facts }) as unknown as AnyObservedItem;

export const serverFacts = (over: Partial<FactsByKind['server']> = {}): FactsByKind['server'] => ({
  status: 'running',
  type: 'cx23',
  architecture: 'x86',
  location: 'nbg1',
  image: 'debian-12',
  networks: [{ networkId: '7', ip: '10.0.1.11' }],
  firewallIds: [],
  placementGroupId: null,
  ipv4: '203.0.113.7',
  ipv6: null,
  backups: false,
  deleteProtection: false,
  rebuildProtection: false,
  locked: false,
  volumeIds: [],
  ...over,
});

export const wanted = <K extends WantedKind>(kind: K, name: string, spec: Partial<SpecByKind[K]>): AnyResource =>
  ({
    kind,
    address: `${kind}/${name}`,
    name,
    labels: {},
    spec,
    dependsOn: [],
    fingerprint: '',
    scope: 'environment',
  }) as unknown as Resource<K> as AnyResource;

export const wantedServer = wanted('server', 'production-1', {
  types: ['cx23', 'cpx22'],
  locations: ['nbg1', 'fsn1'],
  image: 'debian-12',
  userDataFingerprint: 'fingerprint',
});
export const ownServer = (over: Partial<FactsByKind['server']> = {}, labels: Readonly<Record<string, string>> = {}) =>
  item('server', '42', 'aipacto-production-1', serverFacts(over), {
    ...labelsOf('server/production-1'),
    'user-data': 'fingerprint',
    ...labels,
  });

export const desiredOf = (resources: readonly AnyResource[]): DesiredState => ({
  project: 'aipacto',
  environment: 'production',
  resources,
  references: [],
});

/** A cloud of fixed listings that notes what it was asked. */
export const fixedCloud = (items: readonly AnyObservedItem[], over: Partial<CloudApi> = {}) => {
  const asked: string[] = [];
  const listing = (kind: CloudKind): Listing => ({ items: items.filter((one) => one.kind === kind), complete: true });
  const unexpected = () => Promise.reject(new Error('an observation writes nothing'));
  const note = <T>(what: string, value: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(value);
  };
  const cloud: CloudApi = {
    list: (kind) => note(kind, listing(kind)),
    listRrsets: ({ name }) => note(`rrsets of ${name}`, listing('rrset')),
    find: unexpected,
    catalogue: () => note('catalogue', { serverTypes: [], images: [] }),
    prices: () => note('prices', prices),
    perform: unexpected,
    actions: unexpected,
    usage: () => ({ requests: { read: asked.length, write: 0 }, budget: null }),
    ...over,
  };
  return { cloud, asked };
};

export const observing = async (
  items: readonly AnyObservedItem[],
  resources: readonly AnyResource[],
  options: Partial<ObserveOptions> & { readonly state?: StateFile | null } = {},
) => {
  const { cloud, asked } = fixedCloud(items);
  const targets: MachineTarget[][] = [];
  const answer: ObservedCluster = { reachable: false, because: 'nobody there' };
  const operations = {
    observe: async (asking: readonly MachineTarget[]) => {
      targets.push([...asking]);
      return answer;
    },
  };
  const observation = await observe({
    cloud,
    operations,
    desired: desiredOf(resources),
    state: null,
    clock: createVirtualClock(),
    ...options,
  });
  return { observation, asked, targets };
};
