import type { Step } from './plan.ts';

/**
 * Milliseconds from the start of each step to the end of the plan along its longest chain of dependants. One pass over
 * the dependants in reverse order of their becoming ready, so it stays linear in steps and dependencies.
 */
export const tailsOf = (steps: readonly Step[]): ReadonlyMap<string, number> => {
  const known = new Map(steps.map((step) => [step.id, step]));
  const dependants = new Map<string, number>(steps.map((step) => [step.id, 0]));
  for (const step of steps)
    for (const id of step.dependsOn) if (known.has(id)) dependants.set(id, (dependants.get(id) ?? 0) + 1);
  const after = new Map<string, number>();
  const tails = new Map<string, number>();
  const ready = steps.filter((step) => dependants.get(step.id) === 0);
  for (let at = 0; at < ready.length; at += 1) {
    const step = ready[at];
    if (step === undefined) break;
    const tail = step.estimateMs + (after.get(step.id) ?? 0);
    tails.set(step.id, tail);
    for (const id of step.dependsOn) {
      const needed = known.get(id);
      if (needed === undefined) continue;
      after.set(id, Math.max(after.get(id) ?? 0, tail));
      const left = (dependants.get(id) ?? 0) - 1;
      dependants.set(id, left);
      if (left === 0) ready.push(needed);
    }
  }
  return tails;
};

export const criticalPathMs = (steps: readonly Step[]): number => Math.max(0, ...tailsOf(steps).values());
