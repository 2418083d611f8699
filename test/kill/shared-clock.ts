import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import type { VirtualTime } from '../../src/emulator/clock.ts';

/*
 * One virtual time for several processes: a file of eight bytes, milliseconds since the epoch. Whoever has nothing to
 * do but sleep moves it on. It goes on for a process that is stopped (SIGSTOP), as real time does.
 */
export interface SharedTime extends VirtualTime {
  close(): void;
}

export const createTimeFile = (path: string, start: number): void => writeFileSync(path, bytesOf(start));

const bytesOf = (ms: number): Uint8Array => new Uint8Array(new Float64Array([ms]).buffer);

export const openSharedTime = (path: string): SharedTime => {
  const file = openSync(path, 'r+');
  const read = new Float64Array(1);
  const bytes = new Uint8Array(read.buffer);
  let latest = 0;
  const now = (): number => {
    readSync(file, bytes, 0, 8, 0);
    latest = Math.max(latest, read[0] ?? 0);
    return latest;
  };
  return {
    now,
    reach: (ms) => {
      if (ms > now()) writeSync(file, bytesOf(ms), 0, 8, 0);
    },
    close: () => closeSync(file),
  };
};
