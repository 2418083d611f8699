import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from './clock.ts';

export interface WallClock extends Clock {
  /** Moves on to at least this moment: another process was ahead. */
  reach(ms: number): void;
}

/** Wall time, `speed` times as fast, beginning `offset` ms ahead. */
export const createWallClock = ({ speed = 1, offset = 0 }: { speed?: number; offset?: number } = {}): WallClock => {
  const begin = Date.now();
  let ahead = offset;
  const now = (): number => begin + ahead + (Date.now() - begin) * speed;
  return {
    now,
    sleep: async (ms, signal) => {
      await wait(Math.max(0, ms / speed), undefined, signal === undefined ? {} : { signal });
    },
    advance: (ms) => {
      ahead += ms;
    },
    reach: (ms) => {
      ahead += Math.max(0, ms - now());
    },
  };
};
