import { StoreError } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';

/*
 * One true time, several processes that see it through clocks of their own, and can be paused or killed anywhere: what
 * wakes a process (a timer, a reply) comes when it runs again. Everything is drawn from one seed.
 */
/** Uniform in [0, 1). */
export type Draw = () => number;
/** mulberry32 */
export const drawFrom = (seed: number): Draw => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const createTimeline = () => {
  let now = Date.UTC(2026, 10, 24);
  let order = 0;
  let events: { at: number; order: number; run: () => unknown }[] = [];
  /** `run` may return a promise for what happens at that very moment; nothing else happens until it is settled. */
  const at = (when: number, run: () => unknown): void => {
    order += 1;
    const event = { at: Math.max(now, when), order, run };
    const place = events.findIndex((one) => one.at > event.at);
    events.splice(place === -1 ? events.length : place, 0, event);
  };
  return {
    now: () => now,
    at,
    /** Until nothing is left to happen, or the bound is reached. */
    async run(untilMs: number): Promise<void> {
      const end = now + untilMs;
      for (let next = events.shift(); next !== undefined && next.at <= end; next = events.shift()) {
        now = next.at;
        await next.run();
        await settled();
      }
      events = [];
    },
  };
};
export type Timeline = ReturnType<typeof createTimeline>;

/** All that follows from one event without time passing. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const createProcess = (timeline: Timeline, startSkewMs: number) => {
  let pausedUntil = 0;
  let dead = false;
  let skewMs = startSkewMs;
  /** Runs when the process does; never once it is dead. */
  const wake = (when: number, run: () => void): void =>
    timeline.at(when, () => {
      if (dead) return;
      if (timeline.now() < pausedUntil) wake(pausedUntil, run);
      else run();
    });
  const clock: Clock = {
    now: () => timeline.now() + skewMs,
    monotonic: () => timeline.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = (): void => reject(signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        wake(timeline.now() + ms, () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        });
      }),
  };
  return {
    clock,
    wake,
    /** SIGSTOP, and SIGCONT after so long. */
    pause: (ms: number) => {
      pausedUntil = Math.max(pausedUntil, timeline.now() + ms);
    },
    kill: () => {
      dead = true;
    },
    /** Its wall clock is corrected; the monotonic one is not. */
    setClock: (ms: number) => {
      skewMs = ms;
    },
  };
};
export type Process = ReturnType<typeof createProcess>;

export interface Faults {
  /** Share of requests that never arrive. */
  readonly lost: number;
  /** Share whose reply never comes back. */
  readonly replyLost: number;
  /** The store is away. */
  readonly away: () => boolean;
}

/** How long an adapter waits for a reply of the store. */
const storeTimeoutMs = 10_000;

/** The way of one process to something that answers: latencies, lost requests, lost and late replies. */
export const remote = (timeline: Timeline, process: Process, draw: Draw, faults: Faults) => {
  /** `arrive` is carried out at once when the request is there. */
  const call = <T>(arrive: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const timeout = (): void => reject(new StoreError('no reply', 'unknown'));
      process.wake(timeline.now() + storeTimeoutMs, timeout);
      if (draw() < faults.lost) return;
      // Some requests arrive only after everybody gave up on them.
      const thereMs = draw() < 0.02 ? 12_000 * draw() : 400 * draw();
      timeline.at(timeline.now() + thereMs, () => {
        if (faults.away()) return undefined;
        return arrive().then(
          (value) => {
            if (draw() >= faults.replyLost) process.wake(timeline.now() + 200 * draw(), () => resolve(value));
          },
          (error: unknown) => process.wake(timeline.now() + 200 * draw(), () => reject(error)),
        );
      });
    });
  return {
    call,
    store: (inner: ObjectStore): ObjectStore => ({
      ...inner,
      get: (key) => call(() => inner.get(key)),
      putIfAbsent: (key, text) => call(() => inner.putIfAbsent(key, text)),
      putIfMatch: (key, text, etag) => call(() => inner.putIfMatch(key, text, etag)),
    }),
  };
};
