import { beforeEach, expect, test } from 'vitest';
import type { Address } from '../../src/domain/address.ts';
import type { AnyCloudResource, CloudChange, Plan, Step } from '../../src/domain/plan.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createEmulator, testToken } from '../../src/emulator/emulator.ts';
import type { FaultRule } from '../../src/emulator/faults.ts';
import { executePlan } from '../../src/execute/execute.ts';
import { createHetznerCloud } from '../../src/hetzner/cloud.ts';
import { seededRandom } from '../../src/local/random.ts';
import { createJournal } from '../../src/statefile/journal.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { createStateWriter } from '../../src/statefile/write.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { labelsOf, nameFor, planOf, step } from '../support/plans.ts';
import { createRecordingReporter } from '../support/recording-reporter.ts';

/*
 * The executor through the real adapter against the emulated Hetzner Cloud: what the fake of the other tests assumes
 * is held here to the emulator's rules.
 */
const reference = (ref: Address, attribute: 'id' | 'ipv4' = 'id') => ({ ref, attribute });
const make = (
  address: Address,
  name: string,
  spec: object,
  dependsOn: Address[],
  estimateMs: number,
  more = {},
): Step => {
  const kind = address.slice(0, address.indexOf('/'));
  const resource = {
    kind,
    address,
    name,
    labels: labelsOf(address),
    spec,
    dependsOn,
    fingerprint: 'f',
    scope: 'environment',
  };
  const effect = { port: 'cloud', op: 'create', resource: resource as unknown as AnyCloudResource, ...more } as const;
  return step(`create ${address}`, effect, {
    dependsOn: dependsOn.map((one) => `create ${one}`),
    estimateMs,
    fingerprintAfter: 'f',
  });
};
const alter = (address: Address, change: CloudChange, dependsOn: string[], estimateMs: number): Step => {
  const kind = address.slice(0, address.indexOf('/')) as AnyCloudResource['kind'];
  return step(
    `${change.op} ${address}`,
    { port: 'cloud', op: 'change', kind, id: null, change },
    { dependsOn, estimateMs },
  );
};

const [network, firewall, group, balancer] = ['network', 'firewall', 'placement-group', 'load-balancer'].map(
  (kind) => `${kind}/production` as Address,
) as [Address, Address, Address, Address];
const subnet = { range: '10.0.1.0/24', type: 'cloud', zone: 'eu-central' } as const;
const service = {
  protocol: 'http',
  listenPort: 80,
  destinationPort: 80,
  proxyProtocol: false,
  http: { stickySessions: false, redirectHttp: false, timeoutIdleSeconds: 50, certificates: [] },
  healthCheck: { protocol: 'tcp', port: 80, intervalSeconds: 15, timeoutSeconds: 10, retries: 3 },
} as const;

const serverSteps = (n: number): Step[] => {
  const address: Address = `server/production-${n}`;
  const spec = {
    types: ['cpx22'],
    locations: ['nbg1'],
    image: 'debian-12',
    userData: '#cloud-config\n',
    userDataFingerprint: 'u',
    network: reference(network),
    privateIp: `10.0.1.${10 + n}`,
    firewalls: [reference(firewall)],
    placementGroup: reference(group),
    sshKeys: [],
    publicIpv4: true,
    publicIpv6: true,
    backups: false,
    deleteProtection: false,
  };
  const attach = { op: 'attach-network', network: reference(network), ip: `10.0.1.${10 + n}` } as const;
  return [
    make(address, nameFor(address), spec, [network, firewall, group], 8_000, {
      placement: { type: 'cpx22', location: 'nbg1' },
    }),
    alter(address, attach, [`create ${address}`], 3_000),
    alter(address, { op: 'power-on' }, [`attach-network ${address}`], 4_000),
  ];
};
const zone: Address = 'zone/aipacto.com';
const record: Address = 'rrset/aipacto.com/@/A';
const target = {
  type: 'label-selector',
  selector: 'project=aipacto,environment=production',
  usePrivateIp: true,
} as const;
const steps: readonly Step[] = [
  make(
    network,
    nameFor(network),
    { range: '10.0.0.0/16', subnets: [subnet], routes: [], deleteProtection: false },
    [],
    1_000,
  ),
  make(
    firewall,
    nameFor(firewall),
    { rules: [{ direction: 'in', protocol: 'tcp', port: '22', ips: ['0.0.0.0/0'] }] },
    [],
    1_000,
  ),
  make(group, nameFor(group), { type: 'spread' }, [], 500),
  make(
    balancer,
    nameFor(balancer),
    {
      type: 'lb11',
      location: 'nbg1',
      algorithm: 'round_robin',
      network: reference(network),
      privateIp: '10.0.1.5',
      services: [service],
      targets: [],
      publicInterface: true,
      deleteProtection: false,
    },
    [network],
    3_000,
  ),
  alter(balancer, { op: 'attach-network', network: reference(network), ip: '10.0.1.5' }, [`create ${balancer}`], 3_000),
  alter(balancer, { op: 'add-target', target }, [`attach-network ${balancer}`], 500),
  make(zone, 'aipacto.com', { ttlSeconds: 3600, deleteProtection: false }, [], 1_000),
  make(
    record,
    '@/A',
    { zone: 'aipacto.com', name: '@', type: 'A', ttlSeconds: 300, records: [reference(balancer, 'ipv4')] },
    [zone, balancer],
    1_000,
  ),
  ...[1, 2, 3].flatMap(serverSteps),
];

const run = async (plan: Plan, faults: readonly FaultRule[] = [], given?: ReturnType<typeof createEmulator>) => {
  const emulator = given ?? createEmulator({ faults, checkResponses: true });
  const { clock } = emulator;
  const random = seededRandom(1);
  const cloud = createHetznerCloud({
    fetch: emulator.fetch,
    endpoint: 'http://emulated/v1',
    token: new Secret(testToken),
    clock,
    random,
  });
  const store = createMemoryStore();
  const names = { project: 'aipacto', environment: 'production', environmentType: 'production' } as const;
  const writer = createStateWriter({
    store,
    loaded: null,
    ...names,
    clock,
    random,
    sealer: plainSealer,
    fencingToken: 1,
  });
  const reporter = createRecordingReporter(clock);
  const never = async () => {
    throw new Error('no step asks for this');
  };
  const operations = {
    awaitBoot: never,
    awaitReady: never,
    submit: never,
    stop: never,
    observe: never,
    ensureNamespace: never,
    removeNamespace: never,
    recoverAccess: never,
  };
  const startedAt = clock.now();
  const outcome = await executePlan({
    plan,
    state: null,
    cloud,
    operations,
    save: writer.save,
    note: writer.note,
    journal: createJournal(writer, (text) => text),
    clock,
    random,
    reporter,
    signal: new AbortController().signal,
    checkLease: async () => undefined,
    fillUserData: async (_server, userData) => userData,
    serverGoes: async () => undefined,
  });
  const elapsedMs = clock.now() - startedAt;
  await writer.flush();
  return {
    outcome,
    elapsedMs,
    emulator,
    cloud,
    reporter,
    state: (await readState(store, 'production', 'aipacto', plainSealer))?.state,
  };
};

let plan: Plan;
beforeEach(() => {
  plan = planOf(steps);
});
const wellEnded = { failed: [], skipped: [], inFlight: [], stoppedBy: null };

test('production is made within a tenth of its critical path, in at most eight requests a server', async () => {
  const { outcome, elapsedMs, cloud, emulator } = await run(plan);
  expect(outcome).toMatchObject(wellEnded);
  expect(elapsedMs).toBeLessThanOrEqual(1.1 * (1_000 + 8_000 + 3_000 + 4_000));
  expect(cloud.usage().requests.write).toBe(steps.length);
  // Every poll is counted to the servers, although the load balancer and the records share it.
  const forServers = emulator.requests.filter(({ path }) => /^\/(servers|actions|images|server_types)/.test(path));
  expect(forServers.length / 3).toBeGreaterThanOrEqual(3);
  expect(forServers.length / 3).toBeLessThanOrEqual(8);
});

test('the state knows every id, and what others refer to', async () => {
  const { state, cloud } = await run(plan);
  for (const address of new Set(steps.map((one) => one.address))) {
    const entry = state?.resources[address];
    const found = await cloud.find(
      entry?.kind as 'server',
      address === record ? 'aipacto.com/@/A' : (entry?.name ?? ''),
    );
    expect(entry, address).toMatchObject({
      id: found?.id,
      name: found?.name,
      createdAt: found?.createdAt,
      fingerprint: 'f',
    });
  }
  const ipv4 = state?.resources[balancer]?.outputs['ipv4'];
  expect((await cloud.find('rrset', 'aipacto.com/@/A'))?.facts).toMatchObject({ records: [ipv4] });
});

const writes = [
  ['POST', '/networks'],
  ['POST', '/firewalls'],
  ['POST', '/placement_groups'],
  ['POST', '/load_balancers'],
  ['POST', '/zones'],
  ['POST', '/zones/:id/rrsets'],
  ['POST', '/servers'],
  ...['attach_to_network', 'poweron'].map((action) => ['POST', `/servers/:id/actions/${action}`] as const),
  ...['attach_to_network', 'add_target'].map((action) => ['POST', `/load_balancers/:id/actions/${action}`] as const),
] as const;

test.each(writes)('%s %s whose reply is lost is found done, and is not sent again', async (method, path) => {
  const { outcome, emulator, reporter } = await run(plan, [{ method, path, fault: { kind: 'lost-reply' } }]);
  expect(outcome).toMatchObject(wellEnded);
  // Refused tries changed nothing: a load balancer that is still being made answers `conflict` to what comes next.
  const landed = emulator.requests.filter((one) => one.method !== 'GET' && one.status < 400);
  expect(landed).toHaveLength(steps.length);
  expect(reporter.lines.some((line) => /looking .*no reply/.test(line))).toBe(true);
});

test.each(writes)('%s %s that is refused fails its step and what needs it, and nothing else', async (method, path) => {
  const { outcome } = await run(plan, [
    { method, path, fault: { kind: 'refuse', code: 'forbidden', message: 'not allowed' } },
  ]);
  const [failed] = outcome.failed;
  expect(outcome.failed).toHaveLength(1);
  expect(failed?.message).toContain('not allowed');
  const behind = (id: string): string[] =>
    steps.filter((one) => one.dependsOn.includes(id)).flatMap((one) => [one.id, ...behind(one.id)]);
  expect([...outcome.skipped].sort()).toEqual([...new Set(behind(failed?.step ?? ''))].sort());
});

test('a server that Hetzner fails to create is named with the code, and the others are made', async () => {
  const { outcome, state } = await run(plan, [
    { command: 'create_server', fault: { kind: 'action-error', code: 'action_failed', message: 'no host' } },
  ]);
  expect(outcome.failed).toHaveLength(1);
  expect(outcome.failed[0]?.message).toMatch(
    /^Hetzner action create_server \(id \d+\) ended in error: no host \(action_failed\)$/,
  );
  expect(outcome.succeeded).toEqual(
    expect.arrayContaining(['power-on server/production-2', 'power-on server/production-3']),
  );
  // Its id was saved when it was accepted; nothing is claimed about it.
  expect(state?.resources[outcome.failed[0]?.step.split(' ')[1] as Address]?.fingerprint).toBe('');
});

test('a Hetzner action that never ends meets its bound, in virtual minutes', async () => {
  const { outcome, elapsedMs } = await run(plan, [{ command: 'start_server', fault: { kind: 'action-never' } }]);
  expect(outcome.failed[0]?.message).toMatch(/start_server \(id \d+\) was not done after 15 min \(the bound\)$/);
  expect(elapsedMs).toBeLessThan(17 * 60_000);
});

test('a name that somebody else has is left alone', async () => {
  const first = await run(planOf(steps.slice(0, 1), { run: 'run-1' }));
  await first.cloud.perform(
    {
      port: 'cloud',
      op: 'change',
      kind: 'network',
      id: first.state?.resources[network]?.id ?? '',
      change: { op: 'set-labels', labels: {} },
    },
    String,
  );
  const second = await run(planOf(steps.slice(0, 1)), [], first.emulator);
  expect(second.outcome.failed[0]?.message).toMatch(
    /^the name aipacto-production is taken by network aipacto-production \(id \d+, made [^)]+\), which does not carry the labels of network\/production; it was left as it is$/,
  );
});

test('everything is deleted again; a firewall that is still in use is waited for', async () => {
  const made = await run(plan);
  const gone = (address: Address, dependsOn: Address[] = []): Step => {
    const entry = made.state?.resources[address];
    const effect = {
      port: 'cloud',
      op: 'delete',
      kind: entry?.kind as 'server',
      id: entry?.id ?? '',
      name: entry?.name ?? '',
    } as const;
    return step(`delete ${address}`, effect, { dependsOn: dependsOn.map((one) => `delete ${one}`) });
  };
  const servers = [1, 2, 3].map((n): Address => `server/production-${n}`);
  const destroy = planOf(
    [
      ...servers.map((one) => gone(one)),
      gone(balancer),
      gone(firewall),
      gone(group, servers),
      gone(network, [...servers, balancer]),
      gone(record),
      gone(zone, [record]),
    ],
    { intent: 'destroy' },
  );
  const { outcome, cloud } = await run(destroy, [], made.emulator);
  expect(outcome).toMatchObject(wellEnded);
  for (const kind of ['server', 'network', 'firewall', 'placement-group', 'load-balancer', 'zone'] as const)
    expect((await cloud.list(kind)).items, kind).toEqual([]);
});
