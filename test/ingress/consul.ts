import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policies } from '../../src/consul/policies.ts';
import { consulBinary, freePorts, type Running, start, until } from './processes.ts';

/** A real Consul server of one, with access control on, and a token like the one that the ingress gets. */
export interface RealConsul {
  readonly port: number;
  readonly tokenFile: string;
  /** Registers, or replaces, an instance whose health an HTTP check asks every second. */
  register(instance: {
    id: string;
    name: string;
    port: number;
    routes: string;
    tags?: readonly string[];
    health?: string;
  }): Promise<void>;
  deregister(id: string): Promise<void>;
  /** Waits until every check of the service has this status. */
  awaitStatus(name: string, status: 'passing' | 'critical'): Promise<void>;
  /** Ends the agent and waits until it is gone. */
  stop(): Promise<void>;
  /** Starts it on what it had written, and waits for a leader. */
  start(): Promise<void>;
}

const management = '6e9b2f0c-5d0e-4a5c-8f7e-0f2f3f4a5b6c';

export const createConsul = async (folder: string): Promise<RealConsul> => {
  const [http = 0, server = 0, lan = 0] = await freePorts(3);
  mkdirSync(folder, { recursive: true });
  const configuration = {
    server: true,
    bootstrap_expect: 1,
    node_name: 'server-1',
    data_dir: join(folder, 'data'),
    bind_addr: '127.0.0.1',
    client_addr: '127.0.0.1',
    ports: { http, server, serf_lan: lan, serf_wan: -1, dns: -1, grpc: -1, grpc_tls: -1 },
    performance: { raft_multiplier: 1 },
    acl: { enabled: true, default_policy: 'deny', tokens: { initial_management: management, agent: management } },
    disable_update_check: true,
  };
  writeFileSync(join(folder, 'consul.json'), JSON.stringify(configuration));
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const reply = await fetch(`http://127.0.0.1:${http}${path}`, {
      method,
      headers: { 'x-consul-token': management },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`Consul answers ${reply.status}: ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  };
  let agent: Running | undefined;
  const begin = async (): Promise<void> => {
    const args = ['agent', `-config-file=${join(folder, 'consul.json')}`];
    agent = start(consulBinary ?? 'consul', args, join(folder, 'consul.log'));
    // The catalog names the server itself only once a leader has been chosen and has taken up its work.
    await until('a leader', async () => 'consul' in (await ask<object>('GET', '/v1/catalog/services')), 30);
  };
  await begin();
  const { name, rules } = policies.ingress;
  await until('access control', () => ask('PUT', '/v1/acl/policy', { Name: name, Rules: rules }));
  const token = await ask<{ SecretID: string }>('PUT', '/v1/acl/token', { Policies: [{ Name: name }] });
  const tokenFile = join(folder, 'ingress-token');
  writeFileSync(tokenFile, `${token.SecretID}\n`, { mode: 0o600 });
  return {
    port: http,
    tokenFile,
    register: ({ id, name: service, port, routes, tags = ['ingress'], health = '/health' }) =>
      ask('PUT', '/v1/agent/service/register', {
        ID: id,
        Name: service,
        Address: '127.0.0.1',
        Port: port,
        Tags: tags,
        Meta: { routes },
        Check: { HTTP: `http://127.0.0.1:${port}${health}`, Interval: '1s', Timeout: '1s' },
      }),
    deregister: (id) => ask('PUT', `/v1/agent/service/deregister/${id}`),
    awaitStatus: async (service, status) => {
      await until(`${service} ${status}`, async () => {
        const checks = await ask<{ Status: string }[]>('GET', `/v1/health/checks/${service}`);
        return checks.length > 0 && checks.every((check) => check.Status === status);
      });
    },
    stop: async () => agent?.end(),
    start: begin,
  };
};
