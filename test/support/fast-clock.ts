import { systemClock } from '../../src/local/clock.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** Wall time that goes `speed` times as fast from a moment on: the same in every process that is told the moment. */
export const fastClock = ({ from, speed }: { readonly from: number; readonly speed: number }): Clock => ({
  now: () => from + (Date.now() - from) * speed,
  sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
});
