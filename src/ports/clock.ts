/** Time, passed in. A virtual clock makes a whole apply take milliseconds. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds since some moment, never set back; absent where `now` never is. */
  monotonic?(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Only virtual clocks: time stands still until the returned function is called. Held around real input and output
   * (files), whose waiting a virtual clock can't see.
   */
  hold?(): () => void;
}
export const isoNow = (clock: Clock): string => new Date(clock.now()).toISOString();
