import { Failure } from '../domain/errors.ts';
import type { RequestBudget, RequestCount } from '../domain/observation.ts';
import type { Clock } from '../ports/clock.ts';
import { type ApiReply, type ApiRequest, isWrite, type Send, titleOf } from './request.ts';

/** Below this share of the hourly limit requests are spaced by the refill rate, so that others in the project still get through. */
export const reserveShare = 0.05;
const hourMs = 3_600_000;

interface Known {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
  readonly atMs: number;
}

export interface Budget {
  readonly send: Send;
  usage(): { readonly requests: RequestCount; readonly budget: RequestBudget | null };
  /** When the whole budget is back (RateLimit-Reset); undefined before the first reply. */
  resetMs(): number | undefined;
}

/**
 * Counts every request on the wire and keeps within the project's rate: 3600 an hour by default, refilled evenly, one a
 * second (docs.hetzner.cloud, rate limiting). Near zero it waits one refill per request instead of running into 429.
 */
export const withBudget = (send: Send, clock: Clock): Budget => {
  const used = { read: 0, write: 0 };
  let known: Known | undefined;
  let inFlight = 0;
  let nextFreeMs = 0;

  const untilFree = (): number => {
    if (known === undefined) return 0;
    const now = clock.now();
    const refilled = ((now - known.atMs) * known.limit) / hourMs;
    if (Math.min(known.limit, known.remaining + refilled) - inFlight > known.limit * reserveShare) return 0;
    const free = Math.max(now, nextFreeMs);
    nextFreeMs = free + hourMs / known.limit;
    return free - now;
  };

  return {
    send: async (request) => {
      const wait = untilFree();
      if (wait > 0) await rest(clock, wait, request);
      used[isWrite(request) ? 'write' : 'read'] += 1;
      inFlight += 1;
      try {
        const reply = await send(request);
        known = headersOf(reply, clock.now()) ?? known;
        return reply;
      } finally {
        inFlight -= 1;
      }
    },
    usage: () => ({
      requests: { ...used },
      budget:
        known === undefined
          ? null
          : { limit: known.limit, remaining: known.remaining, resetAt: new Date(known.resetMs).toISOString() },
    }),
    resetMs: () => known?.resetMs,
  };
};

const rest = async (clock: Clock, ms: number, request: ApiRequest): Promise<void> => {
  try {
    await clock.sleep(ms, request.persistence?.signal);
  } catch (error) {
    if (!request.persistence?.signal?.aborted) throw error;
    throw new Failure(`${titleOf(request)} was not sent: the run was told to stop while it waited for its turn`);
  }
};

/** The RateLimit headers; undefined when one is missing (a gateway's own answer has none). */
const headersOf = ({ headers }: ApiReply, atMs: number): Known | undefined => {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    Number(headers[`ratelimit-${name}`] ?? ''),
  );
  if (!limit || remaining === undefined || !reset) return undefined;
  if (![limit, remaining, reset].every((value) => Number.isFinite(value) && value >= 0)) return undefined;
  return { limit, remaining, resetMs: reset * 1000, atMs };
};
