import { CloudError, Failure, NoReplyError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { type ApiRequest, type Call, isWrite } from './request.ts';

/*
 * When a request is sent again. A loop of our own rather than p-retry, whose waits are real time: here they are on the
 * clock that is passed in. A write without a reply is never sent again: it may have happened, and its outcome is looked
 * up by name. (hcloud-go does repeat it and can meet a uniqueness_error of its own making.)
 */
interface Policy {
  readonly retriesMax: number;
  /** Wait before retry n (from 1), in milliseconds. */
  readonly waitMs: (n: number) => number;
}
const policies = {
  /** Backoff of hcloud-go: 1, 2, 4, … s, jitter is added below. */
  backoff: { retriesMax: 5, waitMs: (n) => Math.min(60_000, 1_000 * 2 ** (n - 1)) },
  /** Another Hetzner action runs on the object; most take seconds, a rebuild or a change of type a few minutes. */
  locked: { retriesMax: 60, waitMs: () => 3_000 },
  /** Until RateLimit-Reset, but at most a minute each: at one refill a second, 60 requests are back by then. */
  rateLimit: { retriesMax: 20, waitMs: () => 60_000 },
} as const satisfies Record<string, Policy>;

interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly resetMs: () => number | undefined;
  /** Told before each wait, in a sentence. */
  readonly notice: (text: string) => void;
}

export const withRetry = (call: Call, { clock, random, resetMs, notice }: RetryOptions): Call => {
  let answered = false;
  return async (request) => {
    const startedMs = clock.now();
    for (let n = 1; ; n += 1) {
      try {
        const body = await call(request);
        answered = true;
        return body;
      } catch (error) {
        answered ||= error instanceof CloudError;
        const policy = policyFor(request, error, answered);
        if (policy === undefined || !(error instanceof Failure)) throw error;
        if (n > policy.retriesMax) throw gaveUp(error, n, clock.now() - startedMs);
        const untilReset =
          policy === policies.rateLimit ? Math.max(0, (resetMs() ?? Infinity) - clock.now()) : Infinity;
        const wait = Math.min(policy.waitMs(n), Math.max(1_000, untilReset)) + Math.floor(random.fraction() * 1_000);
        notice(`${error.message}; trying again in ${Math.ceil(wait / 1000)} s`);
        await pause(clock, wait, request, error);
        await request.persistence?.beforeRetry?.();
      }
    }
  };
};

/** Told to stop while waiting: the refusal it waited after is what is known, and it changed nothing. */
const pause = async (clock: Clock, ms: number, { persistence }: ApiRequest, met: Failure): Promise<void> => {
  try {
    await clock.sleep(ms, persistence?.signal);
  } catch (error) {
    throw persistence?.signal?.aborted ? met : error;
  }
};

const policyFor = (request: ApiRequest, error: unknown, answered: boolean): Policy | undefined => {
  // An address that never answered is rather wrong than busy: say so at once.
  if (error instanceof NoReplyError) return isWrite(request) || !answered ? undefined : policies.backoff;
  if (!(error instanceof CloudError)) return undefined;
  if (error.code === 'rate_limit_exceeded') return policies.rateLimit;
  if (error.code === 'locked') return policies.locked;
  if (error.code === 'conflict') return policies.backoff;
  return !isWrite(request) && error.status >= 500 ? policies.backoff : undefined;
};

const gaveUp = (error: Failure, tries: number, elapsedMs: number): Failure => {
  const message = `${error.message}; gave up after ${tries} tries in ${Math.round(elapsedMs / 1000)} s`;
  const details = { done: error.done, ...(error.next === undefined ? {} : { next: error.next }) };
  return error instanceof CloudError ? new CloudError(message, error, details) : new NoReplyError(message, details);
};
