import { makeClusterKeys } from '../cluster/keys/cluster-keys.ts';
import { targetWords } from '../domain/environment.ts';
import { StalePlanError } from '../domain/errors.ts';
import type { Observation } from '../domain/observation.ts';
import { isEmpty, type Plan, type Step } from '../domain/plan.ts';
import type { HistoryEntry, StateFile } from '../domain/statefile.ts';
import { type ExecutionOutcome, executePlan } from '../execute/execute.ts';
import { isoNow } from '../ports/clock.ts';
import type { ApplyOptions, Outcome, PlanOptions } from '../ports/session.ts';
import { holdsSecrets } from '../statefile/codec.ts';
import { createJournal } from '../statefile/journal.ts';
import { refuseClosed } from './closed-door.ts';
import type { TargetContext } from './context.ts';
import { fillUserDataFrom } from './fill-user-data.ts';
import { freePlace, reservePlace } from './places.ts';
import { type PlannedWithDesired, planTarget } from './planning.ts';
import { forgetImages, imagesIn, markHealthy, wantImages } from './remember-images.ts';
import { refuseUnsealed } from './sealing.ts';
import { confirmWanted } from './still-wanted.ts';
import { underLease, type Writing } from './under-lease.ts';
import { withShared } from './with-shared.ts';
import { orKept, writeEnd } from './write-end.ts';

/** A plan younger than this, made by this very process, is carried out without looking at the cloud again. */
const freshPlanMsMax = 60_000;

/** How it ended, and what the second look saw, so that nobody has to look a third time. */
export interface Applied {
  readonly outcome: Outcome;
  readonly after: PlannedWithDesired | null;
}

/** Takes the lease, refuses a plan whose basis moved, executes, and observes again: only an empty second plan ends well. */
export const applyPlan = async (
  context: TargetContext,
  plan: Plan,
  options: ApplyOptions & { readonly observation?: Observation },
): Promise<Applied> =>
  underLease(context, { command: options.command, run: plan.run, signal: options.signal }, async (writing) => {
    await refuseStale(context, plan, writing.began, options);
    const { observation, ...how } = options;
    const based = { plan, ...(observation === undefined ? {} : { observation }) };
    const replan = { asked: againAs(plan, options), state: writing.began };
    return withShared(context, based, options, replan, (now) =>
      carryOut(context, now.plan, { ...how, ...now }, writing),
    );
  });

const carryOut = async (
  context: TargetContext,
  plan: Plan,
  options: ApplyOptions & { readonly observation?: Observation },
  { lease, writer, began }: Writing,
): Promise<Applied> => {
  const { clock, random, reporter } = context;
  const startedAt = clock.now();
  // Missing credentials, and secrets that could not be kept, are told before anything is ordered.
  const machines = plan.steps.some(({ effect }) => effect.port === 'machines');
  if (machines) {
    context.tailnet();
    context.pulls.require();
  }
  await refuseUnsealed(context, context.environment.name, machines || (began !== null && holdsSecrets(began)));
  await refuseClosed(context, plan.steps);
  if (plan.steps.some(makesSomething)) await reservePlace(context, { run: plan.run, ...seenBy(options) });
  await confirmWanted(context, options);
  await startKeys(context, plan);
  if (plan.intent === 'converge') await context.keyRing.keepCopy();
  writer.note((state) => wantImages(state, plan));
  reporter.planStarted(plan);
  const execution = await executePlan({
    plan,
    state: began,
    cloud: context.cloud,
    operations: context.operations,
    save: writer.save,
    note: writer.note,
    journal: createJournal(writer, context.redacted),
    clock,
    random,
    reporter,
    signal: options.signal,
    checkLease: lease.check,
    fillUserData: fillUserDataFrom(context.keyRing),
    serverGoes: async (server) => void (await context.tailnet()?.removeDevices([server])),
  });
  const ended = !execution.interrupted && execution.failed.length === 0 && execution.stoppedBy === null;
  const { after, result } = await orKept(context, writer, async () => {
    const after = ended
      ? await planTarget(context, { ...asked(plan), ...listsOf(options) }, withoutRun(writer.current()))
      : null;
    const result = resultOf(execution, after?.plan ?? null);
    if (plan.intent === 'destroy' && result === 'converged') {
      await context.keyRing.drop();
      await freePlace(context);
      writer.note(forgetImages);
    } else writer.note((state) => markHealthy(state, plan, execution, result === 'converged'));
    return { after, result };
  });
  const remaining = after?.plan ?? null;
  const entry = historyEntry(context, plan, options, result, execution);
  const unwritten = await writeEnd(context, writer, execution, entry);
  const outcome = outcomeOf(context, plan, result, execution, remaining, clock.now() - startedAt);
  if (unwritten === null) return { outcome, after };
  return { outcome: { ...outcome, result: 'failed', failed: [...outcome.failed, unwritten] }, after };
};

/** What a preview needs a place for. */
const makesSomething = ({ effect }: Step): boolean =>
  (effect.port === 'cloud' && effect.op === 'create') || (effect.port === 'jobs' && effect.op === 'create-namespace');
const seenBy = ({ observation }: { readonly observation?: Observation }) =>
  observation === undefined ? {} : { observation };

/** The second look must not take this very run for an earlier one that never ended. */
const withoutRun = ({ lastRun: _own, ...state }: StateFile): StateFile => state;

const resultOf = (execution: ExecutionOutcome, remaining: Plan | null): Outcome['result'] => {
  if (execution.interrupted) return 'interrupted';
  return remaining !== null && isEmpty(remaining) ? 'converged' : 'failed';
};

/** What was asked for, less what is done by doing it once (`--replace`, `--adopt`). */
const asked = (plan: Plan): PlanOptions => ({
  intent: plan.intent,
  ...(plan.only === undefined ? {} : { only: plan.only }),
  ...recoveryIn(plan),
});

/** What was asked for, with the very images it was planned with. */
const againAs = (plan: Plan, options: ApplyOptions): PlanOptions => ({
  ...asked(plan),
  ...imagesIn(plan),
  ...listsOf(options),
});
const listsOf = ({ lists }: ApplyOptions): Pick<PlanOptions, 'lists'> => (lists === undefined ? {} : { lists });

/** Without a human's login a plan that recovers access could not be made again. */
const recoveryIn = ({ steps }: Plan): Pick<PlanOptions, 'recoverAccess'> => {
  const effect = steps.map((step) => step.effect).find((one) => one.port === 'cluster' && one.op === 'recover-access');
  return effect?.port === 'cluster' && effect.op === 'recover-access'
    ? { recoverAccess: { identity: effect.identity } }
    : {};
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
    const { plan: now } = await planTarget(context, againAs(plan, options), state);
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
