import type { Clock } from '../ports/clock.ts';

/*
 * octokit's throttling plugin paces requests and knows the two kinds of limits; it keeps its time with Bottleneck, on real
 * timers. These are what it is given instead, on the Clock that is passed in. Its retry plugin has no place for a limiter
 * of ours and is turned off: its rule (waits of 1, 4 … seconds) is here, for requests that do no harm twice.
 */

/** A wait longer than this is not worth a runner's minutes: the command fails and says when the limit ends. */
export const longestWaitMs = 60_000;
const limitTries = 2;
const repeatWaitsMs = [1_000, 4_000];
/** GitHub asks for a second between writes to whoever makes many; a handful at once is fine. */
const burst = 10;
const betweenWritesMs = 1_000;

export interface LimitedError {
  readonly status?: number;
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>> } | undefined;
}
type Job = (...args: never[]) => Promise<unknown>;
/** As much of Bottleneck as the plugin uses. */
interface Limiter {
  schedule(...jobAndArgs: unknown[]): Promise<unknown>;
}
interface Group {
  key(id: string): Limiter;
}
type Failed = (error: unknown, info: { readonly args: readonly unknown[] }) => Promise<number | undefined>;
interface RequestOptions {
  readonly request?: { readonly repeatable?: boolean };
}

const unlimited: Group = {
  key: () => ({ schedule: async (_options, job, ...args) => (job as Job)(...(args as never[])) }),
};
const paced = (clock: Clock): Group => {
  /** When the bucket would be full again. */
  let full = 0;
  return {
    key: () => ({
      schedule: async () => {
        full = Math.max(full, clock.now()) + betweenWritesMs;
        const wait = full - clock.now() - burst * betweenWritesMs;
        if (wait > 0) await clock.sleep(wait);
        return undefined;
      },
    }),
  };
};

/** When the limit that an error tells of ends, in ms from now; undefined: it tells of none. */
export const limitEnds = (error: LimitedError, now: number): number | undefined => {
  if (error.status !== 403 && error.status !== 429) return undefined;
  const headers = error.response?.headers ?? {};
  const retryAfter = Number(headers['retry-after']);
  if (Number.isFinite(retryAfter) && headers['retry-after'] !== undefined) return retryAfter * 1000;
  if (String(headers['x-ratelimit-remaining']) !== '0') return undefined;
  // A second more: it must be over when we ask again.
  return Math.max(0, Number(headers['x-ratelimit-reset']) * 1000 - now) + 1_000;
};

const repeatAfter = (error: LimitedError, options: RequestOptions, tried: number): number | undefined =>
  options.request?.repeatable === true && (error.status ?? 0) >= 500 ? repeatWaitsMs[tried] : undefined;

/** Asks again after a limit or, where that does no harm, after no answer; at most so often, and never after a long wait. */
const repeating = (clock: Clock) => {
  let failed: Failed = async () => undefined;
  return {
    on: (_event: string, handler: Failed): void => {
      failed = handler;
    },
    schedule: async (job: Job, ...args: unknown[]): Promise<unknown> => {
      for (let limited = 0, tried = 0; ; ) {
        try {
          return await job(...(args as never[]));
        } catch (error) {
          const options = args.at(-1) as RequestOptions;
          // The plugin judges whether it was a limit, and asks onRateLimit and onSecondaryRateLimit.
          const asked = await failed(error, { args });
          const untilEnd = asked === undefined ? undefined : (limitEnds(error as LimitedError, clock.now()) ?? asked);
          const wait = untilEnd ?? repeatAfter(error as LimitedError, options, tried);
          if (wait === undefined || wait > longestWaitMs + 1_000) throw error;
          if (untilEnd === undefined) tried += 1;
          else limited += 1;
          if (limited > limitTries) throw error;
          await clock.sleep(wait);
        }
      }
    },
  };
};

export const throttleOn = (clock: Clock) => ({
  onRateLimit: () => true,
  onSecondaryRateLimit: () => true,
  global: unlimited,
  auth: unlimited,
  search: unlimited,
  notifications: unlimited,
  write: paced(clock),
  retryLimiter: repeating(clock),
});
