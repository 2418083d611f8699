import type { Step } from '../domain/plan.ts';

/** Milliseconds of the longest chain of steps: what a run takes with every independent step at once. Steps as sorted by the planner. */
export const criticalPathMs = (steps: readonly Step[]): number => {
  const ends = new Map<string, number>();
  let longest = 0;
  for (const step of steps) {
    let start = 0;
    for (const id of step.dependsOn) start = Math.max(start, ends.get(id) ?? 0);
    const end = start + step.estimateMs;
    ends.set(step.id, end);
    longest = Math.max(longest, end);
  }
  return longest;
};
