import type { Clock } from '../ports/clock.ts';

/**
 * Milliseconds since this call: the longer of what the wall clock and the monotonic one say. A wall clock may be set
 * back; a monotonic one stands while a laptop sleeps (clock_gettime(2): CLOCK_MONOTONIC). Never too little.
 */
export const stopwatch = (clock: Clock): (() => number) => {
  const wall = clock.now();
  const steady = clock.monotonic?.();
  return () => Math.max(clock.now() - wall, steady === undefined ? 0 : (clock.monotonic?.() ?? 0) - steady);
};
