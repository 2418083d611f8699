import type { Clock } from '../ports/clock.ts';

export interface Bound {
  readonly clock: Clock;
  readonly ms: number;
  /** Ends the wait with what it returns. Called once, when time is up. */
  readonly late: () => Error;
}

/** The promise, or `late`'s error when it takes longer than its bound. */
export const within = async <T>(work: Promise<T>, { clock, ms, late }: Bound): Promise<T> => {
  const over = new AbortController();
  const expiry = clock.sleep(ms, over.signal).then(
    () => {
      throw late();
    },
    // The work ended first and ended this sleep; Promise.race has its result already.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([work, expiry]);
  } finally {
    over.abort();
  }
};
