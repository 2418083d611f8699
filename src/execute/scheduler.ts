import { Failure } from '../domain/errors.ts';
import type { Step } from '../domain/plan.ts';

export interface Skipped {
  readonly step: Step;
  readonly because: string;
}

/** Which step may start next; knows nothing of what steps do. */
export interface Schedule {
  /** The startable step with the longest way still to go after it, if one fits; it counts as started then. */
  readonly take: (fits: (step: Step) => boolean) => Step | undefined;
  readonly succeeded: (step: Step) => void;
  /** Returns what can never start now, each with its reason. */
  readonly failed: (step: Step, word: string) => readonly Skipped[];
  /** Neither started nor skipped. */
  readonly rest: () => readonly Step[];
}

/** Throws Failure for a plan whose steps name unknown steps, or need one another in a circle. */
export const createSchedule = (steps: readonly Step[]): Schedule => {
  const graph = graphOf(steps);
  const remaining = remainingMs(steps, graph);
  const missing = new Map(steps.map((step) => [step.id, new Set(step.dependsOn)]));
  /** Sorted once: longest remaining path first, then the order of the plan. */
  let waiting = [...steps].sort((a, b) => (remaining.get(b.id) ?? 0) - (remaining.get(a.id) ?? 0));
  return {
    take(fits) {
      const step = waiting.find((one) => missing.get(one.id)?.size === 0 && fits(one));
      if (step !== undefined) waiting = waiting.filter((one) => one !== step);
      return step;
    },
    succeeded(step) {
      for (const dependent of graph.get(step.id) ?? []) missing.get(dependent.id)?.delete(step.id);
    },
    failed(step, word) {
      const because = `it needs "${step.id}", which ${word}`;
      const doomed = behind(step, graph);
      const skipped = waiting.filter((one) => doomed.has(one)).map((one) => ({ step: one, because }));
      waiting = waiting.filter((one) => !doomed.has(one));
      return skipped;
    },
    rest: () => waiting,
  };
};

type Graph = ReadonlyMap<string, readonly Step[]>;

/** From each step to those that wait for it. */
const graphOf = (steps: readonly Step[]): Graph => {
  const graph = new Map<string, Step[]>();
  for (const step of steps) {
    if (graph.has(step.id)) throw broken(`two steps are called "${step.id}"`);
    graph.set(step.id, []);
  }
  for (const step of steps) {
    for (const id of new Set(step.dependsOn)) {
      const needed = graph.get(id);
      if (needed === undefined) throw broken(`"${step.id}" needs "${id}", which is not in the plan`);
      needed.push(step);
    }
  }
  return graph;
};

/** Everything that waits for a step, directly or through others. */
const behind = (step: Step, graph: Graph): ReadonlySet<Step> => {
  const found = new Set<Step>();
  const open = [step];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const dependent of graph.get(next.id) ?? []) {
      if (found.has(dependent)) continue;
      found.add(dependent);
      open.push(dependent);
    }
  }
  return found;
};

/** Of each step: its estimate and the longest chain behind it. Also finds circles. */
const remainingMs = (steps: readonly Step[], graph: Graph): ReadonlyMap<string, number> => {
  const known = new Map<string, number>();
  const open = new Set<string>();
  const visit = (step: Step): number => {
    const found = known.get(step.id);
    if (found !== undefined) return found;
    if (open.has(step.id)) throw broken(`"${step.id}" needs itself, in a circle of steps`);
    open.add(step.id);
    const after = Math.max(0, ...(graph.get(step.id) ?? []).map(visit));
    open.delete(step.id);
    known.set(step.id, step.estimateMs + after);
    return step.estimateMs + after;
  };
  for (const step of steps) visit(step);
  return known;
};

const broken = (why: string): Failure =>
  new Failure(`the plan can't be carried out: ${why}`, { done: ['nothing was changed'], next: 'make a new plan' });
