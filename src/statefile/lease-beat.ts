import type { Clock } from '../ports/clock.ts';

export interface BeatOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly over: AbortSignal;
  /** Milliseconds since the last renewal. */
  readonly age: () => number;
  /** Renews when the last renewal is at least that old. */
  readonly renew: (olderThanMs: number) => Promise<void>;
}

/** Long waits happen between mutations: the lease must not run out meanwhile. Ends with `over`; never throws. */
export const beat = async ({ clock, everyMs, over, age, renew }: BeatOptions): Promise<void> => {
  let wait = everyMs;
  while (!over.aborted) {
    try {
      await clock.sleep(Math.max(1, wait), over);
      await renew(everyMs);
      wait = everyMs - age();
    } catch {
      // Lost: `over` ends the loop. Store away: tried again soon, and `check` and `mayMutate` refuse by then.
      wait = everyMs / 4;
    }
  }
};
