import type { Axios, RawResponse, RequestConfig } from 'hcloud-js';
import type { Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import { withDeadline } from '../ports/deadline.ts';
import type { Fetch } from '../ports/machines.ts';
import { type ApiReply, queryText, type Send } from './request.ts';

/** hcloud-js waits 5 s, hcloud-go without a bound of its own. A list of many servers may take its time. */
export const replyTimeoutMs = 30_000;
/**
 * A create of a server answers within a few seconds. Shorter, because a lease has to outlast any write that is under way
 * (docs/decisions/0025-lease.md); a write without a reply is looked up and never repeated.
 */
export const writeTimeoutMs = 15_000;

/** Thrown by the adapter below when the time is up; errors.ts turns it into NoReplyError. */
export class ReplyTimeout extends Error {
  override readonly name = 'ReplyTimeout';
}

interface TransportOptions {
  readonly fetch: Fetch;
  /** Without a slash at its end, e.g. `https://api.hetzner.cloud/v1`. */
  readonly endpoint: string;
  readonly token: Secret;
  readonly clock: Clock;
}

/**
 * The first handler of the chain, and the only file that knows hcloud-js. Its client puts token and User-Agent on the
 * request; the adapter below carries it through the injected fetch. The adapter resolves on every status, because
 * the interceptor of hcloud-js reads `data.error` of any refusal: it throws a TypeError on the HTML of a 502 and drops
 * status, headers and correlation id of the rest. What fetch rejects with passes through untouched.
 */
export const createTransport = (options: TransportOptions): Send => {
  let axios: Promise<Axios> | undefined;
  return async (request) => {
    axios ??= connect(options);
    const { method, path, query, body } = request;
    const call = { method, url: `${path}${queryText(query)}` };
    return replyOf(await (await axios).request(body === undefined ? call : { ...call, data: JSON.stringify(body) }));
  };
};

/** Loaded on the first request: hcloud-js brings axios, 60-100 ms that `--help` should not pay. */
const connect = async ({ fetch, endpoint, token, clock }: TransportOptions): Promise<Axios> => {
  const { default: hcloud } = await loaded(clock);
  const { axios } = new hcloud.Client({ token: token.reveal(), baseURL: endpoint, timeout: replyTimeoutMs });
  axios.defaults.adapter = (config) => carry(fetch, clock, config);
  axios.defaults.transformRequest = [(data) => data];
  axios.defaults.transformResponse = [(data) => data];
  return axios;
};

/** A run that holds its lease already must not find that virtual hours passed while modules were read. */
const loaded = async (clock: Clock) => {
  const letGo = clock.hold?.();
  try {
    return await import('hcloud-js');
  } finally {
    letGo?.();
  }
};

const carry = async (fetch: Fetch, clock: Clock, config: RequestConfig): Promise<RawResponse> => {
  const { authorization, 'user-agent': agent } = lowerCased(config.headers);
  const headers = new Headers({ accept: 'application/json' });
  if (authorization !== undefined) headers.set('authorization', authorization);
  if (agent !== undefined) headers.set('user-agent', agent);
  const body = typeof config.data === 'string' ? config.data : null;
  if (body !== null) headers.set('content-type', 'application/json');
  const url = `${config.baseURL ?? ''}${config.url}`;
  const method = config.method.toUpperCase();
  const boundMs = method === 'GET' ? replyTimeoutMs : writeTimeoutMs;
  const late = (): Error => new ReplyTimeout(`no reply within ${boundMs / 1000} s`);
  return withDeadline(clock, boundMs, late, async (signal) => {
    // A redirected write would arrive as a GET somewhere else; the API never redirects.
    const response = await fetch(new Request(url, { method, headers, body, signal, redirect: 'manual' }));
    const { status, statusText } = response;
    return { status, statusText, headers: Object.fromEntries(response.headers), data: await response.text(), config };
  });
};

const replyOf = (response: RawResponse): ApiReply => ({
  status: response.status,
  headers: lowerCased(response.headers),
  text: typeof response.data === 'string' ? response.data : '',
});

/** axios hands headers over in a map of its own, with the spelling of whoever set them. */
const lowerCased = (headers: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers as Readonly<Record<string, unknown>>).map(([name, value]) => [
      name.toLowerCase(),
      `${value}`,
    ]),
  );
