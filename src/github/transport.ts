import type { Clock } from '../ports/clock.ts';
import { withDeadline } from '../ports/deadline.ts';
import type { Fetch } from '../ports/machines.ts';

/** GitHub itself gives up after ten seconds (docs: troubleshooting, timeouts). */
const readMs = 30_000;
const writeMs = 20_000;

/** No answer, or half of one. `message`: why, in the words of whoever noticed. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export interface Usage {
  requests: number;
  remaining: number | null;
}
type OctokitFetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * What octokit sends with. Redirects are not followed: they would carry the token elsewhere, and tell of a repository that
 * was renamed. An answer is read to its end here, so that the bound covers it and half of one is noticed.
 */
export const createTransport =
  ({ fetch, clock, usage }: { readonly fetch: Fetch; readonly clock: Clock; readonly usage: Usage }): OctokitFetch =>
  async (url, init = {}) => {
    usage.requests += 1;
    const bound = (init.method ?? 'GET') === 'GET' ? readMs : writeMs;
    const late = (): Error => new NoAnswer(`no answer within ${bound / 1000} s`);
    return withDeadline(clock, bound, late, async (signal) => {
      const response = await fetch(new Request(url, { ...init, signal, redirect: 'manual' }));
      const text = await response.text();
      const left = response.headers.get('x-ratelimit-remaining');
      if (left !== null && /^\d+$/.test(left)) usage.remaining = Number(left);
      if (isJson(response) && text !== '') assertWhole(text);
      const empty = [204, 205, 304].includes(response.status);
      return new Response(empty ? null : text, { status: response.status, headers: response.headers });
    }).catch((error: unknown) => {
      throw error instanceof NoAnswer ? error : new NoAnswer(reasonOf(error));
    });
  };

const isJson = (response: Response): boolean =>
  (response.headers.get('content-type') ?? '').startsWith('application/json');
const assertWhole = (text: string): void => {
  try {
    JSON.parse(text);
  } catch {
    throw new NoAnswer('the answer breaks off');
  }
};

/** `connect ECONNREFUSED 127.0.0.1:1` rather than fetch's own `fetch failed`. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause;
  if (inner instanceof AggregateError && inner.errors.length > 0) return reasonOf(inner.errors[0]);
  return inner instanceof Error && inner.message !== '' ? inner.message : error.message;
};
