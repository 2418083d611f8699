import { tailsOf } from '../../domain/critical-path.ts';
import type { Plan, Step } from '../../domain/plan.ts';

export interface RunningStep {
  readonly step: Step;
  readonly startedAt: number;
  readonly waitingFor: string;
}

/** Where a plan's steps stand; knows nothing of how it is shown. Times are milliseconds of the clock passed in. */
export interface Board {
  begin(plan: Plan, now: number): void;
  start(step: Step, now: number): void;
  wait(step: Step, detail: string): void;
  end(step: Step, now: number): void;
  running(): readonly RunningStep[];
  readonly total: number;
  readonly ended: number;
  readonly startedAt: number;
  /** Along the longest chain of what has not ended; undefined while there is no plan. */
  remainingMs(now: number): number | undefined;
}

/** So few steps tell nothing of the pace yet. */
const pacedStepsMin = 3;

export const createBoard = (startedAt: number): Board => {
  let begunAt = startedAt;
  let steps: readonly Step[] = [];
  let tails: ReadonlyMap<string, number> = new Map();
  const running = new Map<string, RunningStep>();
  const ended = new Set<string>();
  const pace = { estimatedMs: 0, tookMs: 0, steps: 0 };

  /** Estimates are the cloud's usual times; a slow day or a sped-up emulator shows in the steps that have ended. */
  const factor = (): number =>
    pace.steps < pacedStepsMin || pace.estimatedMs === 0 ? 1 : Math.min(4, pace.tookMs / pace.estimatedMs);

  return {
    begin(plan, now) {
      begunAt = now;
      steps = plan.steps;
      tails = tailsOf(plan.steps);
      running.clear();
      ended.clear();
      Object.assign(pace, { estimatedMs: 0, tookMs: 0, steps: 0 });
    },
    start(step, now) {
      running.set(step.id, { step, startedAt: now, waitingFor: '' });
    },
    wait(step, detail) {
      const entry = running.get(step.id);
      if (entry !== undefined) running.set(step.id, { ...entry, waitingFor: detail });
    },
    end(step, now) {
      const entry = running.get(step.id);
      if (entry !== undefined) {
        pace.estimatedMs += step.estimateMs;
        pace.tookMs += now - entry.startedAt;
        pace.steps += 1;
      }
      running.delete(step.id);
      ended.add(step.id);
    },
    running: () => [...running.values()],
    get total() {
      return steps.length;
    },
    get ended() {
      return ended.size;
    },
    get startedAt() {
      return begunAt;
    },
    remainingMs(now) {
      if (steps.length === 0) return undefined;
      let longest = 0;
      for (const step of steps) {
        if (ended.has(step.id)) continue;
        const begun = running.get(step.id);
        const tail = tails.get(step.id) ?? step.estimateMs;
        const spent =
          begun === undefined ? 0 : Math.min(step.estimateMs, (now - begun.startedAt) / Math.max(factor(), 1e-6));
        longest = Math.max(longest, tail - spent);
      }
      return longest * factor();
    },
  };
};
