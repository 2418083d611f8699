import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';

/** `20261124T041530-9f3a1c`: sorts by time, fits a label value. */
export const newRunId = (clock: Clock, random: Random): string => {
  const stamp = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+Z$/g, '');
  return `${stamp}-${random.hex(3)}`;
};
