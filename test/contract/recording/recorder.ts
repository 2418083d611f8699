import type { ClusterKeys } from '../../../src/domain/cluster-keys.ts';
import type { Fetch, MachineTarget } from '../../../src/ports/machines.ts';
import type { Peers } from '../../cluster/peers.ts';
import { createScrubber } from './scrub.ts';

export type System = 'consul' | 'nomad';
export type TokenName = 'none' | 'unknown' | 'management' | 'agent' | 'nomad' | 'ingress' | 'provisioner' | 'deployer';

/** One call and its answer. `body` is JSON where the answer was, else its text. */
export interface Entry {
  readonly title: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly token: string;
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly type: string | null; readonly body: unknown };
}

export interface Call {
  readonly method?: string;
  readonly token?: TokenName;
  readonly body?: unknown;
  /** Which server is asked: 1, 2 or 3. */
  readonly server?: number;
}
export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes; a wrong path ends the recording
  readonly body: any;
}

export interface Recorder {
  /** Asks, writes down under the topic, and gives the answer as it really was. */
  ask(system: System, topic: string, title: string, path: string, call?: Call): Promise<Reply>;
  /** For adapters: what they ask is written down, titled by the call itself. */
  through(system: System, topic: string, server?: number): Fetch;
  /** A secret that came up on the way: the deployer's. */
  learn(secret: string, name: TokenName): void;
  topics(system: System): Readonly<Record<string, readonly Entry[]>>;
}

const unknownToken = '11111111-2222-4333-8444-555555555555';

export const createRecorder = (given: {
  readonly keys: ClusterKeys;
  readonly peers: Peers;
  readonly subnet: string;
}): Recorder => {
  const { keys, peers } = given;
  const topics: Record<System, Record<string, Entry[]>> = { consul: {}, nomad: {} };
  /** By system and name. */
  const tokens = new Map<string, string>([
    ...Object.entries(keys.consul).map(([name, secret]): [string, string] => [`consul ${name}`, secret.reveal()]),
    ['nomad management', keys.nomad.management.reveal()],
    ['consul unknown', unknownToken],
    ['nomad unknown', unknownToken],
  ]);
  const scrub = createScrubber(given.subnet, tokens);
  const headerOf = (system: System): string => `x-${system}-token`;
  const nameOf = (system: System, secret: string | null): string => {
    if (secret === null) return 'none';
    const found = [...tokens].find(([name, value]) => value === secret && name.startsWith(system));
    if (found === undefined) throw new Error(`a token that nobody made known is used at ${system}`);
    return found[0].slice(system.length + 1);
  };
  const exchange = async (system: System, topic: string, request: Request, title?: string): Promise<Response> => {
    const url = new URL(request.url);
    const path = url.pathname + url.search;
    const body = request.body === null ? undefined : await request.clone().text();
    const target = peers.targets.find((one) => one.privateIp === url.hostname);
    const response = await peers.machines.fetchThrough(target as MachineTarget)(request);
    const text = await response.clone().text();
    const type = response.headers.get('content-type');
    const topicEntries = topics[system];
    topicEntries[topic] = [
      ...(topicEntries[topic] ?? []),
      {
        title: title ?? `${request.method} ${url.pathname}`,
        request: {
          method: request.method,
          path: scrub.text(path),
          token: nameOf(system, request.headers.get(headerOf(system))),
          ...(body === undefined ? {} : { body: JSON.parse(scrub.text(body)) }),
        },
        response: { status: response.status, type, body: scrub.body(parsed(type, scrub.text(text))) },
      },
    ];
    return response;
  };
  return {
    learn: (secret, name) => void tokens.set(`nomad ${name}`, secret),
    through: (system, topic) => (request) => exchange(system, topic, request),
    ask: async (system, topic, title, path, { method = 'GET', token = 'none', body, server = 1 } = {}) => {
      const secret = tokens.get(`${system} ${token}`);
      const init = {
        method,
        headers: secret === undefined ? {} : { [headerOf(system)]: secret },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(60_000),
      };
      const url = `https://${peers.targets[server - 1]?.privateIp}:${system === 'consul' ? 8501 : 4646}${path}`;
      const response = await exchange(system, topic, new Request(url, init), title);
      return { status: response.status, body: parsed(response.headers.get('content-type'), await response.text()) };
    },
    topics: (system) => topics[system],
  };
};

/** Consul's 429 is JSON that calls itself text. */
const parsed = (type: string | null, text: string): unknown =>
  (type?.includes('json') === true && text !== '') || /^[[{]/.test(text) ? JSON.parse(text) : text;
