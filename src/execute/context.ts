import type { Plan, Step } from '../domain/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudApi } from '../ports/cloud-api.ts';
import type { ClusterOperations } from '../ports/cluster-operations.ts';
import type { TimedPart } from '../ports/machines.ts';
import type { ActionWaiter } from './action-waiter.ts';
import type { Memory } from './memory.ts';
import type { FillUserData, ServerGoes } from './user-data.ts';

/** What every step works with. */
export interface StepContext {
  readonly plan: Plan;
  readonly cloud: CloudApi;
  readonly operations: ClusterOperations;
  readonly memory: Memory;
  readonly waiter: ActionWaiter;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Throws when the lease is gone. */
  readonly checkLease: () => Promise<void>;
  /** Told what a step is waiting for. */
  readonly progress: (step: Step, detail: string) => void;
  readonly fillUserData: FillUserData;
  readonly serverGoes: ServerGoes;
  /** Told where a step's time went. */
  readonly timed: (step: Step, part: TimedPart) => void;
  /** Told once the effect is under way, with what later readers of the journal need: ids. */
  readonly accepted: (step: Step, detail: string) => void;
  /** `reconcile production`: the command that settles whatever is left open. */
  readonly again: string;
}

/** The command that carries the same plan's intent out again. */
export const commandAgain = (plan: Plan): string => {
  const target = plan.environment.replace(/^pr-(\d+)$/, 'pr $1');
  return plan.intent === 'destroy' ? `reconcile destroy ${target}` : `reconcile ${target}`;
};

/** Name of the object a step is about: as remembered, else as the plan says. */
export const nameOf = (step: Step, { plan, memory }: Pick<StepContext, 'plan' | 'memory'>): string | undefined =>
  memory.get(step.address)?.name ?? plan.changes.find((change) => change.address === step.address)?.name;
