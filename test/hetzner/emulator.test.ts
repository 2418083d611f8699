import { expect, test } from 'vitest';
import type { Address } from '../../src/domain/address.ts';
import { Failure, HetznerActionError } from '../../src/domain/errors.ts';
import type { AnyObservedItem } from '../../src/domain/observation.ts';
import type { AnyCloudResource, CloudChange, CloudEffect, Placement } from '../../src/domain/plan.ts';
import type { Reference, Resource, SpecByKind, WantedCloudKind } from '../../src/domain/resource.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import { createHetznerCloud } from '../../src/hetzner/cloud.ts';

/** The adapter on an emulated cloud that checks its own replies, and a small executor: one effect, then its actions. */
const world = (options: EmulatorOptions = {}) => {
  const emulator = createEmulator({ checkResponses: true, ...options });
  const { clock } = emulator;
  const cloud = createHetznerCloud({
    fetch: emulator.fetch,
    endpoint: 'http://emulated/v1',
    token: new Secret(emulator.token),
    clock,
    random: { hex: () => '0', fraction: () => 0 },
  });
  const made = new Map<Address, { readonly id: string; readonly outputs: Readonly<Record<string, string>> }>();
  const resolve = ({ ref, attribute }: Reference): string => {
    const thing = made.get(ref);
    const value = attribute === 'id' ? thing?.id : thing?.outputs[attribute];
    if (value === undefined) throw new Failure(`${ref} has no ${attribute} yet`);
    return value;
  };
  const run = async (effect: CloudEffect) => {
    const accepted = await cloud.perform(effect, resolve);
    for (let tries = 0; tries < 600; tries += 1) {
      const actions = await cloud.actions(accepted.actionIds);
      const failed = actions.find(({ status }) => status === 'error');
      if (failed !== undefined) throw new HetznerActionError(failed.error?.message ?? '', failed.error?.code ?? '');
      if (actions.every(({ status }) => status === 'success')) return accepted;
      await clock.sleep(1_000);
    }
    throw new Error('the actions did not end within ten minutes');
  };
  return {
    emulator,
    cloud,
    create: async <K extends WantedCloudKind>(kind: K, name: string, spec: SpecByKind[K], placement?: Placement) => {
      const address: Address = `${kind}/${name}`;
      const resource = { kind, address, name, labels, spec, dependsOn: [], fingerprint: '', scope: 'environment' };
      const accepted = await run({
        port: 'cloud',
        op: 'create',
        resource: resource as unknown as Resource<K> as AnyCloudResource,
        ...(placement === undefined ? {} : { placement }),
      });
      made.set(address, { id: accepted.id ?? '', outputs: accepted.outputs });
      return accepted;
    },
    change: (kind: AnyObservedItem['kind'], address: Address, change: CloudChange) =>
      run({ port: 'cloud', op: 'change', kind, id: made.get(address)?.id ?? null, change }),
    remove: (kind: AnyObservedItem['kind'], id: string) => run({ port: 'cloud', op: 'delete', kind, id, name: '' }),
  };
};
const labels = { project: 'aipacto', environment: 'production' };
const ref = (address: Address, attribute: Reference['attribute'] = 'id'): Reference => ({ ref: address, attribute });

test('each kind is created, listed back, and its facts are what was asked for', async () => {
  const { cloud, create, change } = world();
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
  const { cloud, create, emulator } = world({
    faults: [{ method: 'POST', path: '/placement_groups', fault: { kind: 'lost-reply' } }],
  });
  await expect(create('placement-group', 'g', { type: 'spread' })).rejects.toThrow('whether it took effect is unknown');
  expect(emulator.requests.filter(({ method }) => method === 'POST').length).toBe(1);
  expect((await cloud.find('placement-group', 'g'))?.labels).toEqual(labels);
});

test('101 objects come whole with one request more than they have pages', async () => {
  const { cloud, create, emulator } = world({ limits: { firewalls: 101 } });
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
  const { cloud, create } = world({
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
  const { cloud, emulator } = world({ limits: { requestsPerHour: 60 } });
  const start = emulator.clock.now();
  for (let n = 0; n < 90; n += 1) expect((await cloud.list('network')).complete).toBe(true);
  expect(emulator.requests.filter(({ status }) => status === 429)).toEqual([]);
  // One request is refilled a minute: thirty of them and the reserve had to be waited for.
  expect(emulator.clock.now() - start).toBeGreaterThanOrEqual(30 * 60_000);
});

test('another client eats the budget: refused with 429, waited for, done', async () => {
  const { cloud, emulator } = world({ limits: { requestsPerHour: 60 } });
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
  const { cloud } = world({
    faults: [
      { method: 'GET', path, nth: 2, fault: { kind: 'cut-reply' } },
      { method: 'GET', path, nth: 3, fault: { kind: 'http', status: 502, body: '<html>Bad Gateway</html>' } },
      { method: 'GET', path, nth: 4, fault: { kind: 'unreachable' } },
    ],
  });
  await cloud.list('network');
  expect((await cloud.list('network')).complete).toBe(true);
});
