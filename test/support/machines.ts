import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import { createClusterOperations } from '../../src/cluster/operations.ts';
import { connectWith } from '../../src/compose/connect.ts';
import type { ClusterKeys } from '../../src/domain/cluster-keys.ts';
import type { Resource } from '../../src/domain/resource.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { createMachineModels } from '../../src/emulator/machines/models.ts';
import { systemClock } from '../../src/local/clock.ts';
import { seededRandom, systemRandom } from '../../src/local/random.ts';
import { createGatewayMachines } from '../../src/machines/gateway.ts';
import type { ClusterOperations, Waiting } from '../../src/ports/cluster-operations.ts';
import type { MachineFiles } from '../../src/ports/entry.ts';
import type { JobScheduler, ServiceCatalog } from '../../src/ports/job-scheduler.ts';
import type { KeyRing } from '../../src/ports/key-ring.ts';
import type { Machines, MachineTarget } from '../../src/ports/machines.ts';

/*
 * An emulated cloud with servers whose user data is small and real, and the adapters as the product wires them. Time is
 * virtual: waiting moves it.
 */
const endpoint = 'https://emulated.test/v1';
export const ipOf = (n: number): string => `10.0.1.${10 + n}`;
export const nameOf = (n: number): string => `aipacto-production-${n}`;
export const targetOf = (n: number): MachineTarget => ({ name: nameOf(n), privateIp: ipOf(n), publicIp: null });

/** Of every stage; the tests read them only. */
export const keys: ClusterKeys = await makeClusterKeys({
  name: 'aipacto-production',
  clock: systemClock,
  random: systemRandom,
});

const keyRingOf = (given: ClusterKeys): KeyRing => {
  let current = given;
  return {
    current: () => current,
    update: async (change) => {
      current = change(current);
      return current;
    },
  };
};

/** `change` sees the text without access control, which keeps what it replaces easy to name. */
export const userDataFor = (n: number, count: number, change: (text: string) => string = (text) => text): string =>
  secured(n, change(openUserData(n, count)));

/** Without access control, certificates and keys: what runs with this waits for no delivery. */
export const openUserData = (n: number, count: number): string => {
  const peers = [...Array(count).keys()].map((index) => index + 1).filter((other) => other !== n);
  const join = JSON.stringify(peers.map(ipOf));
  return `#cloud-config
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
`;
};

const secured = (n: number, text: string): string =>
  text
    .replace(
      '      node_name = ',
      `      acl {
        enabled = true
        default_policy = "deny"
      }
      tls {
        defaults {
          ca_file = "/etc/consul.d/tls/ca.pem"
          cert_file = "/etc/consul.d/tls/server.pem"
          key_file = "/etc/consul.d/tls/server-key.pem"
        }
      }
      client_addr = "127.0.0.1"
      addresses {
        https = "127.0.0.1 ${ipOf(n)}"
      }
      ports {
        http = 8500
        https = 8501
      }
      node_name = `,
    )
    .replace(
      '      name = ',
      `      acl {
        enabled = true
      }
      tls {
        http = true
        ca_file = "/etc/nomad.d/tls/ca.pem"
      }
      name = `,
    );

export interface Stage {
  readonly emulator: Emulator;
  readonly machines: Machines & MachineFiles;
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
  nomad(n?: number): JobScheduler;
  consul(n?: number): ServiceCatalog;
  /** The same, as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  read(n: number, port: number, path: string, init?: RequestInit): Promise<any>;
  /** What a machine's port answers; to management, unless `init` has headers of its own. */
  ask(n: number, port: number, path: string, init?: RequestInit): Promise<Response>;
}

export const createStage = async (): Promise<Stage> => {
  const emulator = createEmulator({ machines: createMachineModels });
  const fetch = (request: Request): Promise<Response> => emulator.fetch(request);
  const machines = createGatewayMachines({ fetch, endpoint, token: new Secret(emulator.token) });
  const keyRing = keyRingOf(keys);
  const connect = connectWith(keyRing);
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
  const management = {
    'x-consul-token': keys.consul.management.reveal(),
    'x-nomad-token': keys.nomad.management.reveal(),
  };
  const ask: Stage['ask'] = (n, port, path, init) =>
    machines.fetchThrough(targetOf(n))(
      new Request(`http://${ipOf(n)}:${port}${path}`, { headers: management, ...init }),
    );
  return {
    emulator,
    machines,
    operations: createClusterOperations({
      environment: 'production',
      machines,
      keyRing,
      connect,
      clock,
      random: seededRandom(1),
    }),
    said,
    waiting: { progress: (detail) => void said.push(detail), signal: new AbortController().signal },
    api,
    serve,
    fault: async (n, fault) => void (await api('POST', `/_emulator/machines/${nameOf(n)}/fault`, fault)),
    heal: async (n) => void (await api('DELETE', `/_emulator/machines/${nameOf(n)}/fault`)),
    sleep: (ms) => clock.sleep(ms),
    nomad: (n = 1) => connect(targetOf(n), machines).scheduler,
    consul: (n = 1) => connect(targetOf(n), machines).catalog,
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
