import { Failure, InterruptedError } from '../domain/errors.ts';
import type { JournalEvent } from '../domain/journal.ts';
import type { Step } from '../domain/plan.ts';
import { isoNow } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { StepContext } from './context.ts';
import { asFailure, type Halt } from './halt.ts';
import { Stopped } from './patience.ts';
import { runEffect } from './run-effect.ts';

export type StepEnd =
  | { readonly how: 'succeeded' }
  | { readonly how: 'failed'; readonly error: Failure }
  /** Told to stop while it was at work: accepted perhaps, not finished. */
  | { readonly how: 'in-flight'; readonly detail: string };

export interface StepRun {
  readonly context: StepContext;
  readonly journal: Journal;
  readonly halt: Halt;
}

/**
 * Lease, intent, effect, outcome: the same order for every step. The intent is durable before the call, and writing it
 * fails once another run has written: that is the fence. The outcome goes with the next write. Never throws.
 */
export const runStep = async (step: Step, { context, journal, halt }: StepRun): Promise<StepEnd> => {
  const eventOf = (event: JournalEvent['event'], detail?: string): JournalEvent => ({
    at: isoNow(context.clock),
    run: context.plan.run,
    step: step.id,
    event,
    ...(detail === undefined || detail === '' ? {} : { detail }),
  });
  const note = (event: JournalEvent['event'], detail?: string) => journal.note(eventOf(event, detail));
  try {
    if (isMutation(step)) {
      await context.checkLease();
      await halt.on(journal.intend)(eventOf('started'));
    } else note('started');
    await runEffect(step, { ...context, accepted: (_step, detail) => note('accepted', detail) });
    note('succeeded');
    return { how: 'succeeded' };
  } catch (error) {
    const end = endOf(step, error, context, halt);
    const text = end.how === 'failed' ? end.error.message : end.detail;
    note(end.how === 'failed' ? 'failed' : 'abandoned', text);
    return end;
  }
};

/** Waits on servers and the cluster hand over keys and open access control; what is only remembered is fenced as it is written. */
const isMutation = ({ effect }: Step): boolean => effect.port !== 'state';

const endOf = (
  step: Step,
  error: unknown,
  context: StepContext,
  halt: Halt,
): Extract<StepEnd, { how: 'failed' | 'in-flight' }> => {
  if (wasStopped(error, context.signal))
    return { how: 'in-flight', detail: error instanceof Stopped ? error.message : step.id };
  const failure = asFailure(error);
  return { how: 'failed', error: failure === halt.reason() ? withWhatExists(step, failure, context) : failure };
};

const wasStopped = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted &&
  (error instanceof Stopped ||
    error instanceof InterruptedError ||
    error === signal.reason ||
    (error instanceof Error && error.name === 'AbortError'));

/** What the state can't remember any more has to be said. */
const withWhatExists = (step: Step, failure: Failure, { memory, again }: StepContext): Failure => {
  const entry = memory.get(step.address);
  if (entry === undefined) return failure;
  return new Failure(failure.message, {
    done: [
      ...failure.done,
      `${step.address} exists as ${entry.kind} ${entry.name} (id ${entry.id}); the next run finds it by its labels`,
    ],
    next: failure.next ?? again,
    cause: failure,
  });
};
