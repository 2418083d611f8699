import { type Clock, createSleepers, whenIdle } from './clock.ts';
import type { Emulator } from './emulator.ts';
import type { WorldStore } from './world-store.ts';

/**
 * The clock of a world that no process serves: it stands `offset` ahead of the wall clock, and sleeping moves it on,
 * as soon as nothing else is going on in this process. The offset is the world's, so moving it is a transaction.
 */
export const createLocalClock = (offset: () => number) => {
  const sleepers = createSleepers();
  let holds = 0;
  let store: WorldStore | undefined;
  let move: (ms: number) => void = () => undefined;
  const now = (): number => Date.now() + offset();
  const kick = whenIdle(async () => {
    const next = sleepers.next();
    if (next === undefined || holds > 0 || store === undefined) return false;
    try {
      if (next > now()) await store.change(() => move(Math.max(0, next - now())));
      sleepers.wakeUntil(Math.max(now(), next));
    } catch (error) {
      sleepers.failAll(error);
    }
    return sleepers.next() !== undefined;
  });
  const hold = (): (() => void) => {
    holds += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      holds -= 1;
      kick();
    };
  };
  const clock: Clock = {
    now,
    hold,
    sleep: (ms, signal) => {
      const slept = sleepers.add(now() + Math.max(0, ms), signal);
      kick();
      return slept;
    },
    advance: (ms) => move(ms),
  };
  return {
    clock,
    /**
     * The same time for the emulator itself: a delayed reply moves the world on within its request, which may be a
     * transaction already.
     */
    inside: {
      now,
      sleep: async (ms: number) => move(ms),
      advance: (ms: number) => move(ms),
    } satisfies Clock,
    attach: (opened: { readonly store: WorldStore; readonly emulator: Emulator }): void => {
      store = opened.store;
      move = (ms) => {
        opened.emulator.world.state.clockOffset += ms;
        opened.emulator.settle();
      };
    },
    /** Time stands while a request is under way. */
    holding: async <Result>(work: () => Promise<Result>): Promise<Result> => {
      const letGo = hold();
      try {
        return await work();
      } finally {
        letGo();
      }
    },
  };
};
