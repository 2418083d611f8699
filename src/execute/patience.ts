import { DeadlineError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';

/** How a run that was told to stop says so from inside a wait; becomes `inFlight`, never `failed`. */
export class Stopped extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Stopped';
  }
}

/** A sleep that ends as Stopped when the run is told to stop. */
export const sleepUnlessStopped = async (
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  what: string,
): Promise<void> => {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (signal.aborted) throw new Stopped(what);
    throw error;
  }
};

/**
 * The promise, or Stopped once the run was told to stop and `graceMs` more have passed: a request under way deserves
 * its reply, because the reply holds the id of what was made. The promise's late outcome is of no more use then.
 */
export const orStopped = async <T>(
  promise: Promise<T>,
  { clock, signal, graceMs, what }: { clock: Clock; signal: AbortSignal; graceMs: number; what: string },
): Promise<T> => {
  const settled = new AbortController();
  const stopped = (async (): Promise<never> => {
    await aborted(signal, settled.signal);
    await clock.sleep(graceMs, settled.signal);
    throw new Stopped(what);
  })();
  stopped.catch(() => undefined);
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    settled.abort();
  }
};

/** Resolves when `signal` aborts; rejects when `end` does first. */
const aborted = (signal: AbortSignal, end: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return resolve();
    const onAbort = () => {
      end.removeEventListener('abort', onEnd);
      resolve();
    };
    const onEnd = () => {
      signal.removeEventListener('abort', onAbort);
      reject(end.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    end.addEventListener('abort', onEnd, { once: true });
  });

export interface Polling {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly what: string;
  /** Waits between tries; the last one repeats. */
  readonly waitsMs: readonly number[];
  readonly boundMs: number;
}

/** Asks until there is an answer; undefined when the bound is reached without one. */
export const pollUntil = async <T>(ask: () => Promise<T | undefined>, polling: Polling): Promise<T | undefined> => {
  const { clock, signal, what, waitsMs, boundMs } = polling;
  const end = clock.now() + boundMs;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    const wait = waitsMs[Math.min(attempt, waitsMs.length - 1)] ?? 1_000;
    if (clock.now() + wait > end) return undefined;
    await sleepUnlessStopped(clock, wait, signal, what);
  }
};

export const durationText = (ms: number): string =>
  ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`;

export const deadline = (what: string, boundMs: number, next: string): DeadlineError =>
  new DeadlineError(`${what} was not done after ${durationText(boundMs)} (the bound)`, { next });
