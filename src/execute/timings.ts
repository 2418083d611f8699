import type { Step } from '../domain/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { TimedPart } from '../ports/machines.ts';
import type { StepTiming } from '../ports/session.ts';

export const createTimings = (clock: Clock) => {
  const beganAt = new Map<string, number>();
  const parts = new Map<string, TimedPart[]>();
  const done: StepTiming[] = [];
  let origin: number | undefined;
  return {
    began: ({ id }: Step): void => {
      origin ??= clock.now();
      beganAt.set(id, clock.now());
    },
    part: ({ id }: Step, part: TimedPart): void => {
      parts.set(id, [...(parts.get(id) ?? []), part]);
    },
    ended: ({ id, dependsOn }: Step): void => {
      const began = beganAt.get(id) ?? clock.now();
      done.push({
        step: id,
        dependsOn,
        startedMs: began - (origin ?? began),
        elapsedMs: clock.now() - began,
        parts: parts.get(id) ?? [],
      });
    },
    all: (): readonly StepTiming[] => done.toSorted((a, b) => a.startedMs - b.startedMs),
  };
};
