/** Time of the emulated world; fits ports/clock.ts. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Keeps a virtual clock from jumping while something is in flight; call the result to let go. */
  hold?(): () => void;
  /** Moves a virtual clock on by `ms`, waking the sleepers that are due; absent where time goes by itself. */
  advance?(ms: number): void | Promise<void>;
}
export interface VirtualClock extends Clock {
  hold(): () => void;
  advance(ms: number): void;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
  readonly fail: (reason: unknown) => void;
}

/** Sleepers in the order of their waking; equal times in the order in which they lay down. */
export const createSleepers = () => {
  let sleepers: Sleeper[] = [];
  return {
    add: (at: number, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = (): void => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          at,
          wake: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
          fail: reject,
        };
        signal?.addEventListener('abort', abort, { once: true });
        const place = sleepers.findIndex((one) => one.at > at);
        sleepers.splice(place === -1 ? sleepers.length : place, 0, sleeper);
      }),
    next: (): number | undefined => sleepers[0]?.at,
    wakeUntil: (now: number): void => {
      const due = sleepers.filter((one) => one.at <= now);
      sleepers = sleepers.filter((one) => one.at > now);
      for (const sleeper of due) sleeper.wake();
    },
    failAll: (reason: unknown): void => {
      const all = sleepers;
      sleepers = [];
      for (const sleeper of all) sleeper.fail(reason);
    },
  };
};

/** Calls `tick` (which must not throw) once the event loop has gone idle a few rounds, and again while it answers true. */
export const whenIdle = (tick: () => boolean | Promise<boolean>): (() => void) => {
  const rounds = 3;
  let waiting = false;
  /** Whether somebody called while the tick ran: it may have seen too little. */
  let called = false;
  const turn = (left: number): void => {
    setImmediate(async () => {
      if (left > 0) return turn(left - 1);
      called = false;
      const again = await tick();
      if (again || called) turn(rounds);
      else waiting = false;
    });
  };
  return () => {
    called = true;
    if (waiting) return;
    waiting = true;
    turn(rounds);
  };
};

/**
 * Virtual time: it stands still while there is work, and jumps to the earliest sleeper when the event loop has gone
 * idle. So concurrent sleepers wake in order, and an hour of waiting takes no time.
 */
export const createVirtualClock = (start: number = Date.UTC(2026, 10, 24)): VirtualClock => {
  let now = start;
  return virtualClockOver({
    now: () => now,
    reach: (ms) => {
      now = Math.max(now, ms);
    },
  });
};

/** Where a virtual clock keeps its time: several processes may share one. */
export interface VirtualTime {
  now(): number;
  /** Never back. */
  reach(ms: number): void;
}

export const virtualClockOver = (time: VirtualTime): VirtualClock => {
  let holds = 0;
  const sleepers = createSleepers();
  const kick = whenIdle(() => {
    const next = sleepers.next();
    if (next === undefined || holds > 0) return false;
    time.reach(next);
    sleepers.wakeUntil(time.now());
    return sleepers.next() !== undefined;
  });
  return {
    now: time.now,
    sleep: (ms, signal) => {
      const slept = sleepers.add(time.now() + Math.max(0, ms), signal);
      kick();
      return slept;
    },
    hold: () => {
      let held = true;
      holds += 1;
      return () => {
        if (!held) return;
        held = false;
        holds -= 1;
        kick();
      };
    },
    advance: (ms) => {
      time.reach(time.now() + ms);
      sleepers.wakeUntil(time.now());
    },
  };
};
