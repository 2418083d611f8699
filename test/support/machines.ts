import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createClusterOperations } from '../../src/cluster/operations.ts';
import { createConsul } from '../../src/consul/catalog.ts';
import type { Resource } from '../../src/domain/resource.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { createMachineModels } from '../../src/emulator/machines/models.ts';
import { seededRandom } from '../../src/local/random.ts';
import { createGatewayMachines } from '../../src/machines/gateway.ts';
import { createNomad } from '../../src/nomad/scheduler.ts';
import type { ClusterOperations, Waiting } from '../../src/ports/cluster-operations.ts';
import type { Machines, MachineTarget } from '../../src/ports/machines.ts';

/*
 * An emulated cloud with servers whose user data is small and real, and the adapters as the product wires them. Time is
 * virtual: waiting moves it.
 */
const endpoint = 'https://emulated.test/v1';
export const ipOf = (n: number): string => `10.0.1.${10 + n}`;
export const nameOf = (n: number): string => `aipacto-production-${n}`;
export const targetOf = (n: number): MachineTarget => ({ name: nameOf(n), privateIp: ipOf(n), publicIp: null });

export const userDataFor = (n: number, count: number, change: (text: string) => string = (text) => text): string => {
  const peers = [...Array(count).keys()].map((index) => index + 1).filter((other) => other !== n);
  const join = JSON.stringify(peers.map(ipOf));
  return change(`#cloud-config
write_files:
  - path: /etc/consul.d/consul.hcl
    content: |
      node_name = "${nameOf(n)}"
      bootstrap_expect = ${count}
      bind_addr = "${ipOf(n)}"
      retry_join = ${join}
  - path: /etc/nomad.d/nomad.hcl
    content: |
      name = "${nameOf(n)}"
      bind_addr = "${ipOf(n)}"
      server {
        enabled = true
        bootstrap_expect = ${count}
        server_join {
          retry_join = ${join}
        }
      }
  - path: /etc/caddy/Caddyfile
    content: ":80 {}"
runcmd:
  - [/usr/local/sbin/bootstrap]
`);
};

export interface Stage {
  readonly emulator: Emulator;
  readonly machines: Machines;
  readonly operations: ClusterOperations;
  readonly said: string[];
  readonly waiting: Waiting;
  // biome-ignore lint/suspicious/noExplicitAny: tests read documents of many shapes; a wrong path fails the expectation
  api(method: string, path: string, body?: unknown): Promise<any>;
  /** Orders server `n` of `count`, attaches it to the network and powers it on. Resolves when it runs; answers its id. */
  serve(n: number, count: number, userData?: string): Promise<number>;
  fault(n: number, fault: object): Promise<void>;
  heal(n: number): Promise<void>;
  sleep(ms: number): Promise<void>;
  nomad(n?: number): ReturnType<typeof createNomad>;
  consul(n?: number): ReturnType<typeof createConsul>;
  /** The same, as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  read(n: number, port: number, path: string, init?: RequestInit): Promise<any>;
  /** What a machine's port answers. */
  ask(n: number, port: number, path: string, init?: RequestInit): Promise<Response>;
}

export const createStage = async (): Promise<Stage> => {
  const emulator = createEmulator({ machines: createMachineModels });
  const fetch = (request: Request): Promise<Response> => emulator.fetch(request);
  const machines = createGatewayMachines({ fetch, endpoint, token: new Secret(emulator.token) });
  const connect = (target: MachineTarget) => {
    const through = machines.fetchThrough(target);
    return {
      scheduler: createNomad({ fetch: through, address: `http://${target.privateIp}:4646` }),
      catalog: createConsul({ fetch: through, address: `http://${target.privateIp}:8500` }),
    };
  };
  const said: string[] = [];
  const { clock } = emulator;
  const api: Stage['api'] = async (method, path, body) => {
    const headers = { authorization: `Bearer ${emulator.token}`, 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const reply = await emulator.fetch(new Request(`https://emulated.test${path}`, init));
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const { network } = await api('POST', '/v1/networks', {
    name: 'aipacto-production',
    ip_range: '10.0.0.0/16',
    subnets: [{ type: 'cloud', ip_range: '10.0.1.0/24', network_zone: 'eu-central' }],
  });
  await clock.sleep(5_000);
  const serve = async (n: number, count: number, userData = userDataFor(n, count)): Promise<number> => {
    const { server } = await api('POST', '/v1/servers', {
      name: nameOf(n),
      server_type: 'cpx22',
      image: 'debian-12',
      location: 'nbg1',
      start_after_create: false,
      user_data: userData,
    });
    await clock.sleep(15_000);
    await api('POST', `/v1/servers/${server.id}/actions/attach_to_network`, { network: network.id, ip: ipOf(n) });
    await clock.sleep(5_000);
    await api('POST', `/v1/servers/${server.id}/actions/poweron`);
    await clock.sleep(6_000);
    return server.id;
  };
  const ask: Stage['ask'] = (n, port, path, init) =>
    machines.fetchThrough(targetOf(n))(new Request(`http://${ipOf(n)}:${port}${path}`, init));
  return {
    emulator,
    machines,
    operations: createClusterOperations({ machines, connect, clock, random: seededRandom(1) }),
    said,
    waiting: { progress: (detail) => void said.push(detail), signal: new AbortController().signal },
    api,
    serve,
    fault: async (n, fault) => void (await api('POST', `/_emulator/machines/${nameOf(n)}/fault`, fault)),
    heal: async (n) => void (await api('DELETE', `/_emulator/machines/${nameOf(n)}/fault`)),
    sleep: (ms) => clock.sleep(ms),
    nomad: (n = 1) => connect(targetOf(n)).scheduler,
    consul: (n = 1) => connect(targetOf(n)).catalog,
    ask,
    read: async (...what) => (await ask(...what)).json(),
  };
};

export const clusterOf = (count: number): Resource<'cluster'> => ({
  kind: 'cluster',
  address: 'cluster/production',
  name: 'production',
  labels: { project: 'aipacto', environment: 'production' },
  spec: {
    servers: [...Array(count).keys()].map((index) => ({
      address: `server/production-${index + 1}`,
      name: nameOf(index + 1),
      privateIp: ipOf(index + 1),
    })),
    nomadVersion: '1.9.7',
    consulVersion: '1.20.1',
  },
  dependsOn: [],
  fingerprint: 'cluster',
  scope: 'environment',
});

/** Servers 1 to `count`, booted and formed. */
export const formedStage = async (count: number): Promise<Stage & { readonly ids: readonly number[] }> => {
  const stage = await createStage();
  const ids = await Promise.all([...Array(count).keys()].map((index) => stage.serve(index + 1, count)));
  for (let n = 1; n <= count; n += 1) await stage.operations.awaitBoot(targetOf(n), stage.waiting);
  await stage.operations.awaitReady(clusterOf(count), stage.waiting);
  return { ...stage, ids };
};

const shippedWeb = readFileSync(resolve(import.meta.dirname, '../../jobs/web.nomad.hcl'), 'utf8');

/** The shipped web job. `fingerprint` stands for its content, as in the planner. */
export const webJob = (
  fingerprint: string,
  variables: Readonly<Record<string, string | number | boolean>> = {},
  hcl = shippedWeb,
): Resource<'job'> => ({
  kind: 'job',
  address: 'job/web',
  name: 'web',
  labels: { project: 'aipacto', environment: 'production' },
  spec: {
    jobId: 'web',
    hcl,
    variables: { image: 'example/web:1', domain: 'aipacto.com', count: 2, version: fingerprint, ...variables },
    count: 2,
    healthPath: '/health',
    secrets: [],
  },
  dependsOn: ['cluster/production'],
  fingerprint,
  scope: 'environment',
});
