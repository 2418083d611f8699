import { makeClusterKeys } from '../cluster/keys/cluster-keys.ts';
import { targetWords } from '../domain/environment.ts';
import { Failure, StalePlanError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { isEmpty } from '../domain/plan.ts';
import type { HistoryEntry } from '../domain/statefile.ts';
import { type ExecutionOutcome, executePlan } from '../execute/execute.ts';
import { isoNow } from '../ports/clock.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { ApplyOptions, Outcome, PlanOptions } from '../ports/session.ts';
import type { Lease } from '../statefile/held-lease.ts';
import { createJournal } from '../statefile/journal.ts';
import { acquireLease } from '../statefile/lease.ts';
import { readState } from '../statefile/read.ts';
import { createStateWriter, type StateWriter, withHistory } from '../statefile/write.ts';
import type { TargetContext } from './context.ts';
import { fillUserDataFrom } from './fill-user-data.ts';
import { type PlannedWithDesired, planTarget } from './planning.ts';

/** A plan younger than this, made by this very process, is carried out without looking at the cloud again. */
const freshPlanMsMax = 60_000;

/** How it ended, and what the second look saw, so that nobody has to look a third time. */
export interface Applied {
  readonly outcome: Outcome;
  readonly after: PlannedWithDesired | null;
}

/** Takes the lease, refuses a plan whose basis moved, executes, and observes again: only an empty second plan ends well. */
export const applyPlan = async (context: TargetContext, plan: Plan, options: ApplyOptions): Promise<Applied> => {
  const { store, environment, config, clock, random, reporter } = context;
  const startedAt = clock.now();
  const lease = await acquireLease({
    store,
    environment: environment.name,
    clock,
    random,
    holder: context.holder,
    command: options.command,
  });
  try {
    const loaded = await readState(store, environment.name, config.project);
    await refuseStale(context, plan, loaded?.state ?? null, options);
    const writer = createStateWriter({
      store,
      loaded,
      project: config.project,
      environment: environment.name,
      environmentType: environment.type,
      writtenBy: context.version,
      clock,
      random,
    });
    context.keyRing.attach(writer);
    context.secrets.attach(writer);
    // Missing credentials are told before anything is ordered.
    if (plan.steps.some(({ effect }) => effect.port === 'machines')) context.tailnet();
    await startKeys(context, plan);
    if (plan.intent === 'converge') await context.keyRing.keepCopy();
    reporter.planStarted(plan);
    const execution = await executePlan({
      plan,
      state: loaded?.state ?? null,
      cloud: context.cloud,
      operations: context.operations,
      save: writer.save,
      journal: createJournal(store, environment.name, clock),
      clock,
      random,
      reporter,
      signal: options.signal,
      checkLease: lease.check,
      fillUserData: fillUserDataFrom(context.keyRing),
      serverGoes: async (server) => void (await context.tailnet()?.removeDevices([server])),
    });
    const ended = !execution.interrupted && execution.failed.length === 0 && execution.stoppedBy === null;
    const after = ended ? await planTarget(context, asked(plan), writer.current()) : null;
    const remaining = after?.plan ?? null;
    const result = resultOf(execution, remaining);
    if (plan.intent === 'destroy' && result === 'converged') await context.keyRing.drop();
    const unwritten = await writeHistory(
      writer,
      execution,
      historyEntry(context, plan, options, result, execution),
      loaded?.state.serial ?? 0,
    );
    const outcome = outcomeOf(context, plan, result, execution, remaining, clock.now() - startedAt);
    if (unwritten === null) return { outcome, after };
    return { outcome: { ...outcome, result: 'failed', failed: [...outcome.failed, unwritten] }, after };
  } finally {
    context.keyRing.detach();
    context.secrets.detach();
    await releaseQuietly(lease, reporter);
  }
};

/** The history tells what happened; failing to write it must not hide what happened. */
const writeHistory = async (
  writer: StateWriter,
  execution: ExecutionOutcome,
  entry: HistoryEntry,
  serialBefore: number,
): Promise<Outcome['failed'][number] | null> => {
  // A lost lease or an unwritable state stopped the run: the state is no longer ours to write.
  if (execution.stoppedBy !== null) return null;
  // Nothing came of it (a token that may only read): the state stays as it was, to the byte. The journal has the tries.
  if (execution.succeeded.length === 0 && writer.current().serial === serialBefore) return null;
  try {
    await writer.save((state) => withHistory(state, entry));
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return {
      step: 'history of the state',
      message: error.message,
      ...(error.next === undefined ? {} : { next: error.next }),
    };
  }
};

const resultOf = (execution: ExecutionOutcome, remaining: Plan | null): Outcome['result'] => {
  if (execution.interrupted) return 'interrupted';
  return remaining !== null && isEmpty(remaining) ? 'converged' : 'failed';
};

/** What was asked for, less what is done by doing it once (`--replace`, `--adopt`). */
const asked = (plan: Plan): PlanOptions => ({
  intent: plan.intent,
  ...(plan.only === undefined ? {} : { only: plan.only }),
});

/** A lease that can't be released runs out by itself: worth a word, but no reason to hide how the run ended. */
const releaseQuietly = async (lease: Lease, reporter: Reporter): Promise<void> => {
  try {
    await lease.release();
  } catch (error) {
    reporter.notice(
      `the lease could not be released and runs out by itself: ${error instanceof Error ? error.message : error}`,
    );
  }
};

/** Before the first server of an environment is ordered, its keys are made and kept. */
const startKeys = async ({ keyRing, environment, random, clock }: TargetContext, plan: Plan): Promise<void> => {
  const needsMachines = plan.steps.some(({ effect }) => effect.port === 'machines');
  if (plan.intent === 'destroy' || !needsMachines || keyRing.current() !== null) return;
  await keyRing.start(() => makeClusterKeys({ name: environment.name, random, clock }));
};

const refuseStale = async (
  context: TargetContext,
  plan: Plan,
  state: Parameters<typeof planTarget>[2],
  options: ApplyOptions,
): Promise<void> => {
  const age = context.clock.now() - Date.parse(plan.createdAt);
  const serial = state?.serial ?? 0;
  const moved: string[] = [];
  if (plan.basis.stateSerial !== serial)
    moved.push(`the state moved from serial ${plan.basis.stateSerial} to ${serial}`);
  else if (plan.basis.stateLineage !== (state?.lineage ?? null))
    moved.push('the state is another one than the plan was made from');
  if (options.saved || age > freshPlanMsMax) {
    const { plan: now } = await planTarget(context, asked(plan), state);
    if (now.basis.configHash !== plan.basis.configHash) moved.push('infra.yaml or a template changed');
    if (now.basis.observationHash !== plan.basis.observationHash) moved.push('something in the cloud changed');
  }
  if (moved.length === 0) return;
  throw new StalePlanError(`the plan does not fit any more: ${moved.join(', ')}`, {
    done: ['nothing was changed'],
    next: `make a new plan: reconcile plan ${targetWords(context.environment)}`,
  });
};

const historyEntry = (
  context: TargetContext,
  plan: Plan,
  options: ApplyOptions,
  result: Outcome['result'],
  execution: ExecutionOutcome,
): HistoryEntry => ({
  run: plan.run,
  // The writer's save sets the real serial of this write; here it is the one the plan started from.
  serial: plan.basis.stateSerial,
  at: isoNow(context.clock),
  command: options.command,
  outcome: result === 'failed' ? `failed: ${execution.failed[0]?.step ?? 'the second plan is not empty'}` : result,
  summary: plan.summary,
});

const outcomeOf = (
  context: TargetContext,
  plan: Plan,
  result: Outcome['result'],
  execution: ExecutionOutcome,
  remaining: Plan | null,
  elapsedMs: number,
): Outcome => {
  const usage = context.cloud.usage();
  return {
    result,
    run: plan.run,
    succeeded: execution.succeeded,
    failed: [...stopped(execution), ...execution.failed],
    skipped: execution.skipped,
    inFlight: execution.inFlight,
    remaining: remaining === null || isEmpty(remaining) ? null : remaining,
    requests: { used: usage.requests, budget: usage.budget },
    elapsedMs,
    timings: execution.timings,
  };
};

/** Why nothing more was begun stands first: it is what the user has to mend. */
const stopped = ({ stoppedBy }: ExecutionOutcome): Outcome['failed'] =>
  stoppedBy === null
    ? []
    : [
        {
          step: 'state and lease',
          message: stoppedBy.message,
          ...(stoppedBy.next === undefined ? {} : { next: stoppedBy.next }),
        },
      ];
