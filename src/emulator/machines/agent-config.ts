import { plain, type Value } from './hcl/evaluate.ts';
import { parseHcl } from './hcl/parser.ts';

type Section = Readonly<Record<string, Value>>;

/** What an agent's configuration files say that the models go by. */
export interface AgentConfig {
  readonly name: string;
  readonly datacenter: string;
  readonly bindIp: string;
  /** False: a worker, which votes for nothing. */
  readonly server: boolean;
  readonly bootstrapExpect: number;
  readonly retryJoin: readonly string[];
  /** Access control is on: refused is what no token allows. */
  readonly acl: boolean;
  /** Certificates and keys without which the agent exits at its start. */
  readonly needs: readonly string[];
  /** Ports of the HTTP API that answer at the private address. */
  readonly ports: readonly number[];
}

/** The texts of one agent's directory, read as one configuration. */
export const agentConfig = (system: 'consul' | 'nomad', texts: readonly string[], hostname: string): AgentConfig => {
  const all: Section = Object.assign({}, ...texts.map((text) => plain(parseHcl(text))));
  const server = section(all, 'server');
  const join = all['retry_join'] ?? section(server, 'server_join')['retry_join'];
  const bindIp = textOf(all['bind_addr']) ?? '0.0.0.0';
  return {
    name: textOf(all['node_name']) ?? textOf(all['name']) ?? hostname,
    datacenter: textOf(all['datacenter']) ?? 'dc1',
    bindIp,
    server: isServer(all['server'], system),
    bootstrapExpect: Number(all['bootstrap_expect'] ?? server['bootstrap_expect'] ?? 1),
    retryJoin: Array.isArray(join) ? join.map((peer) => String(peer).split(':')[0] ?? '') : [],
    acl: section(all, 'acl')['enabled'] === true,
    needs: filesNamed(section(all, 'tls')),
    ports: portsOf(all, bindIp, apiPorts[system]),
  };
};

/** Consul says it in a word (left out in small user data of tests), Nomad in a block. */
const isServer = (said: Value | undefined, system: 'consul' | 'nomad'): boolean => {
  if (said === undefined) return system === 'consul';
  return isSection(said) ? said['enabled'] !== false : said !== false;
};
const apiPorts = { consul: 8500, nomad: 4646 } as const;

const textOf = (value: Value | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
const isSection = (value: Value | undefined): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const section = (parent: Section, name: string): Section => {
  const value = parent[name];
  return isSection(value) ? value : {};
};

const filesNamed = (tls: Section): readonly string[] => {
  const found = Object.entries(tls).flatMap(([key, value]) =>
    isSection(value) ? filesNamed(value) : /^(?:ca|cert|key)_file$/.test(key) ? [String(value)] : [],
  );
  return [...new Set(found)];
};

/**
 * Where nothing is said of addresses the API counts as open: small user data of tests. A port of -1 is closed; Consul's
 * HTTPS is closed unless it is asked for.
 */
const portsOf = (all: Section, bindIp: string, port: number): readonly number[] => {
  const said = section(all, 'ports');
  const addresses = section(all, 'addresses');
  const answers = (scheme: string): boolean => {
    const listed = textOf(addresses[scheme]) ?? textOf(all['client_addr']);
    return listed === undefined || listed.split(/\s+/).some((one) => one === bindIp || one === '0.0.0.0');
  };
  const open = (scheme: string, fallback: number): number[] => {
    const number = Number(said[scheme] ?? fallback);
    return number > 0 && answers(scheme) ? [number] : [];
  };
  return [...open('http', port), ...open('https', -1)];
};
