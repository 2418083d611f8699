import type { Failure } from '../domain/errors.ts';
import type { Plan, Step } from '../domain/plan.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudApi } from '../ports/cloud-api.ts';
import type { ClusterOperations } from '../ports/cluster-operations.ts';
import type { Journal } from '../ports/journal.ts';
import type { Random } from '../ports/random.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { StepTiming } from '../ports/session.ts';
import { createActionWaiter } from './action-waiter.ts';
import { commandAgain, type StepContext } from './context.ts';
import { createHalt, type Halt } from './halt.ts';
import { createMemory, type StateAccess } from './memory.ts';
import { runStep } from './run-step.ts';
import { createSchedule, type Schedule } from './scheduler.ts';
import { createTally, type StepLists } from './tally.ts';
import { createTimings } from './timings.ts';
import type { FillUserData, ServerGoes } from './user-data.ts';

export interface ExecutionOptions {
  readonly plan: Plan;
  readonly state: StateFile | null;
  readonly cloud: CloudApi;
  readonly operations: ClusterOperations;
  readonly save: StateAccess['save'];
  readonly note: StateAccess['note'];
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly reporter: Reporter;
  /** Called before a server is ordered or rebuilt. */
  readonly fillUserData: FillUserData;
  /** Called before a server is deleted or rebuilt. */
  readonly serverGoes: ServerGoes;
  /** Aborts when the run is told to stop: nothing new starts, and what runs is left within seconds. */
  readonly signal: AbortSignal;
  /** Called before every mutation; throws when the lease is another's. */
  readonly checkLease: () => Promise<void>;
  /** Steps at Hetzner at a time; waits on servers, cluster and jobs don't count. */
  readonly concurrency?: number;
}

export interface ExecutionOutcome extends StepLists {
  readonly interrupted: boolean;
  /** The lease was lost, or state or journal could not be written: why nothing more was begun. */
  readonly stoppedBy: Failure | null;
  /** When each step began and how long it took, with what the machines say about it. */
  readonly timings: readonly StepTiming[];
}

const concurrencyDefault = 8;

/**
 * Carries a plan out and decides nothing: steps start as soon as what they need is done, those with the longest way
 * to go first. A failure stops only what needs the failed step. Never repeats a create. Throws only for a plan that
 * can't be walked; everything else is in the outcome.
 */
export const executePlan = async (options: ExecutionOptions): Promise<ExecutionOutcome> => {
  const { plan, signal, reporter } = options;
  const schedule = createSchedule(plan.steps);
  const tally = createTally(schedule, reporter);
  const halt = createHalt();
  const timings = createTimings(options.clock);
  await walk({ schedule, tally, halt, timings }, options);
  tally.notBegun(signal.aborted ? 'the run was told to stop' : `the run stopped: ${halt.reason()?.message}`);
  return { ...tally.lists(), interrupted: signal.aborted, stoppedBy: halt.reason() ?? null, timings: timings.all() };
};

interface Walk {
  readonly schedule: Schedule;
  readonly tally: ReturnType<typeof createTally>;
  readonly halt: Halt;
  readonly timings: ReturnType<typeof createTimings>;
}

const contextOf = (options: ExecutionOptions, { halt, timings }: Walk): StepContext => {
  const { plan, state, cloud, operations, clock, signal, reporter } = options;
  return {
    plan,
    cloud,
    operations,
    clock,
    signal,
    memory: createMemory(state, { save: halt.on(options.save), note: options.note }),
    waiter: createActionWaiter({ cloud, clock, signal }),
    checkLease: halt.on(options.checkLease),
    fillUserData: halt.on(options.fillUserData),
    serverGoes: options.serverGoes,
    timed: timings.part,
    progress: (step, detail) => reporter.stepWaiting(step, detail),
    accepted: () => undefined,
    again: commandAgain(plan),
  };
};

const isCloud = (step: Step): boolean => step.effect.port === 'cloud';

/** Begins whatever may begin, until nothing runs any more. */
const walk = async (given: Walk, options: ExecutionOptions): Promise<void> => {
  const { schedule, tally, halt, timings } = given;
  const { reporter, clock, signal, journal, cloud, concurrency = concurrencyDefault } = options;
  const context = contextOf(options, given);
  const running = new Set<Promise<void>>();
  let busy = 0;

  const fits = (step: Step) => !isCloud(step) || busy < concurrency;
  const next = () => (signal.aborted || halt.reason() !== undefined ? undefined : schedule.take(fits));
  const begin = (step: Step): void => {
    const startedAt = clock.now();
    const slots = isCloud(step) ? 1 : 0;
    busy += slots;
    timings.began(step);
    reporter.stepStarted(step);
    const run = runStep(step, { context, journal, halt }).then((end) => {
      busy -= slots;
      running.delete(run);
      reporter.requests(cloud.usage().requests);
      timings.ended(step);
      tally.ended(step, end, clock.now() - startedAt);
    });
    running.add(run);
  };

  for (;;) {
    for (let step = next(); step !== undefined; step = next()) begin(step);
    if (running.size === 0) return;
    await Promise.race(running);
  }
};
