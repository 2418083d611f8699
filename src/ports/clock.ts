/** Time, passed in. A virtual clock makes a whole apply take milliseconds. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
export const isoNow = (clock: Clock): string => new Date(clock.now()).toISOString();
