import type { Failure } from '../domain/errors.ts';
import type { Step } from '../domain/plan.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { StepEnd } from './run-step.ts';
import type { Schedule, Skipped } from './scheduler.ts';

export interface FailedStep {
  readonly step: string;
  readonly message: string;
  readonly next?: string;
}

/** Step ids, each in exactly one list. */
export interface StepLists {
  readonly succeeded: readonly string[];
  readonly failed: readonly FailedStep[];
  /** Not begun: because what they need failed, or because the run stopped. */
  readonly skipped: readonly string[];
  /** Begun and not finished when the run was told to stop; what was accepted is in the state. */
  readonly inFlight: readonly string[];
}

/** Keeps count of how steps ended, and tells the schedule and the reporter. */
export const createTally = (schedule: Schedule, reporter: Reporter) => {
  const succeeded: string[] = [];
  const failed: FailedStep[] = [];
  const skipped: string[] = [];
  const inFlight: string[] = [];

  const skip = (all: readonly Skipped[]): void => {
    for (const { step, because } of all) {
      skipped.push(step.id);
      reporter.stepSkipped(step, because);
    }
  };
  return {
    ended: (step: Step, end: StepEnd, elapsedMs: number): void => {
      switch (end.how) {
        case 'succeeded':
          succeeded.push(step.id);
          schedule.succeeded(step);
          reporter.stepSucceeded(step, elapsedMs);
          break;
        case 'in-flight':
          inFlight.push(step.id);
          reporter.stepWaiting(step, `left unfinished: ${end.detail}`);
          skip(schedule.failed(step, 'was still under way when the run was told to stop'));
          break;
        case 'failed':
          failed.push(failedStep(step, end.error));
          reporter.stepFailed(step, end.error);
          skip(schedule.failed(step, 'failed'));
          break;
      }
    },
    /** What is left when nothing more may begin. */
    notBegun: (because: string): void => skip(schedule.rest().map((step) => ({ step, because }))),
    lists: (): StepLists => ({ succeeded, failed, skipped, inFlight }),
  };
};

const failedStep = (step: Step, error: Failure): FailedStep => ({
  step: step.id,
  message: [error.message, ...error.done].join('; '),
  ...(error.next === undefined ? {} : { next: error.next }),
});
