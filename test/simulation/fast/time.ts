import type { Clock } from '../../../src/ports/clock.ts';

/*
 * One true time. Everything that takes time is an event on it; between two events all that follows without waiting is
 * carried out. Equal times come in the order in which they were asked for, so a seed has one course.
 */
export interface Timeline {
  now(): number;
  at(when: number, run: () => void): void;
  /** Until `done`; false: the bound was reached first. */
  run(untilMs: number, done: () => boolean): Promise<boolean>;
}

interface Event {
  readonly at: number;
  readonly run: () => void;
}

/** Where every simulated world begins. */
export const startOfTime = Date.UTC(2026, 10, 24);

export const createTimeline = (): Timeline => {
  let now = startOfTime;
  const events: Event[] = [];
  return {
    now: () => now,
    at(when, run) {
      const event = { at: Math.max(now, when), run };
      let place = events.length;
      // Latest first: the next one is taken from the end, and an equal time waits behind those that asked before.
      while (place > 0 && (events[place - 1] as Event).at <= event.at) place -= 1;
      events.splice(place, 0, event);
    },
    async run(untilMs, done) {
      const end = now + untilMs;
      await settled();
      for (let idle = 0; !done(); ) {
        const next = events.at(-1);
        if (next === undefined || next.at > end) {
          // Whoever waits for several turns in a row has not asked for its next event yet.
          if (idle < idleTurnsMax) {
            idle += 1;
            await turn();
            continue;
          }
          now = end;
          return false;
        }
        idle = 0;
        events.pop();
        now = next.at;
        next.run();
        await settled();
      }
      return true;
    },
  };
};

const idleTurnsMax = 6;
/** Twice: the state's writer itself waits for a turn of the event loop, so that intents are written together. */
const settled = async (): Promise<void> => {
  await turn();
  await turn();
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One operating-system process: its own clock, and it can be stopped, killed, and told to end. */
export interface Process {
  readonly clock: Clock;
  readonly dead: () => boolean;
  /** Runs when the process does: later while it is stopped, never once it is dead. */
  wake(when: number, run: () => void): void;
  /** SIGSTOP, and SIGCONT after so long. */
  pause(ms: number): void;
  kill(): void;
}

export const createProcess = (timeline: Timeline, skewMs: number): Process => {
  let pausedUntil = 0;
  let dead = false;
  const wake = (when: number, run: () => void): void =>
    timeline.at(when, () => {
      if (dead) return;
      if (timeline.now() < pausedUntil) wake(pausedUntil, run);
      else run();
    });
  return {
    wake,
    dead: () => dead,
    pause: (ms) => {
      pausedUntil = Math.max(pausedUntil, timeline.now() + ms);
    },
    kill: () => {
      dead = true;
    },
    clock: {
      now: () => timeline.now() + skewMs,
      monotonic: () => timeline.now(),
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          let over = false;
          const abort = (): void => {
            over = true;
            reject(signal?.reason);
          };
          signal?.addEventListener('abort', abort, { once: true });
          wake(timeline.now() + Math.max(0, ms), () => {
            if (over) return;
            signal?.removeEventListener('abort', abort);
            resolve();
          });
        }),
    },
  };
};
