import { expect } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { createHetznerCloud } from '../../src/hetzner/cloud.ts';
import { replyTimeoutMs, writeTimeoutMs } from '../../src/hetzner/transport.ts';

/** 64 characters as Hetzner's are, without a run that any other text of the tests has. */
export const token = 'Zq8vT3nKx0Lb6RyWc1Js9FdMh4GpUe7aQ2iOtYkVz5BwXlNrDfCjEgHmSuPoAIKT';
export const endpoint = 'https://api.hetzner.test/v1';

export interface Exchange {
  /** `POST /servers`, with the query as it goes over the wire. */
  readonly request: string;
  /** The JSON body that must have been sent; left out: none was. */
  readonly sent?: unknown;
  /** What comes back: JSON, or a text that is not. `lost`: the connection breaks without a reply; `never`: it hangs. */
  readonly status?: number;
  readonly reply?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fails?: 'lost' | 'never' | 'refused';
}

/** How many exchanges of a transcript may change places. */
const together = 2;

/** A fetch that plays a transcript: any other request, or one missing at the end, fails the test. */
export const transcript = (exchanges: readonly Exchange[]) => {
  const left = [...exchanges];
  const wrong: string[] = [];
  const seen: Request[] = [];
  return {
    seen,
    fetch: async (request: Request): Promise<Response> => {
      seen.push(request.clone());
      const title = `${request.method} ${decodeURIComponent(request.url.slice(endpoint.length))}`;
      // Requests that are on their way together may arrive in any order.
      const at = Math.max(
        0,
        left.slice(0, together).findIndex((exchange) => exchange.request === title),
      );
      const [next] = left.splice(at, 1);
      const text = await request.text();
      if (next === undefined || next.request !== title) {
        wrong.push(`expected ${next?.request ?? 'nothing more'}, got ${title}`);
        throw new TypeError(`unexpected request ${title}`);
      }
      if (JSON.stringify(next.sent) !== (text === '' ? undefined : JSON.stringify(JSON.parse(text))))
        wrong.push(`${title} sent ${text}, expected ${JSON.stringify(next.sent)}`);
      return answer(next, request.signal);
    },
    /** Throws unless every exchange happened as written. */
    done: () => expect([...wrong, ...left.map(({ request }) => `never asked: ${request}`)]).toEqual([]),
  };
};

const answer = async ({ status = 200, reply, headers, fails }: Exchange, signal: AbortSignal): Promise<Response> => {
  if (fails === 'lost') throw new TypeError('fetch failed', { cause: new Error('read ECONNRESET') });
  if (fails === 'refused')
    throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:9') });
  if (fails === 'never')
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  const body = reply === undefined ? null : typeof reply === 'string' ? reply : JSON.stringify(reply);
  return new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } });
};

/** The adapter on a transcript and a virtual clock that remembers how long it was slept on. */
export const cloudOn = (exchanges: readonly Exchange[]) => {
  const script = transcript(exchanges);
  const { clock, slept } = recordingClock();
  const notices: string[] = [];
  const cloud = createHetznerCloud({
    fetch: script.fetch,
    endpoint,
    token: new Secret(token),
    clock,
    random: { hex: (bytes) => '0'.repeat(bytes * 2), fraction: () => 0 },
    notice: (text) => notices.push(text),
  });
  return { cloud, clock, slept, notices, ...script };
};

export const recordingClock = () => {
  const virtual = createVirtualClock();
  const slept: number[] = [];
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    // Every request lies down with its deadline; only real waits are of interest.
    if (ms !== replyTimeoutMs && ms !== writeTimeoutMs) slept.push(ms);
    return virtual.sleep(ms, signal);
  };
  return { clock: { ...virtual, sleep }, slept };
};

export const apiError = (code: string, message: string, details: unknown = null) => ({
  error: { code, message, details },
});

export const listOf = (key: string, items: readonly unknown[], page = 1, lastPage = 1, total = items.length) => ({
  [key]: items,
  meta: {
    pagination: {
      page,
      per_page: 50,
      previous_page: page > 1 ? page - 1 : null,
      next_page: page < lastPage ? page + 1 : null,
      last_page: lastPage,
      total_entries: total,
    },
  },
});

/** Waits for the failure of a promise that must fail. */
export const failureOf = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('it should have failed');
};
