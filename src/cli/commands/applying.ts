import { notApproved } from '../../domain/approval.ts';
import { targetWords } from '../../domain/environment.ts';
import { BlockedError, type ExitCode, exitCodes, Failure, LeaseHeldError } from '../../domain/errors.ts';
import { isEmpty, type Plan } from '../../domain/plan.ts';
import type { Outcome, Outputs, Session } from '../../ports/session.ts';
import { commandLine } from '../arguments.ts';
import { type CommandContext, cleaned, reading, report, tell, tellJson } from '../context.ts';
import { addSummary, setOutputs } from '../github-runner.ts';
import { placeFlags } from '../options.ts';
import { whyBlocked } from '../print/blocked.ts';
import { errorDocument, exitCodeOf } from '../print/errors.ts';
import { appliedDocument, planDocument } from '../print/json.ts';
import { outcomeMarkdown } from '../print/markdown.ts';
import { withPlace } from '../print/next.ts';
import { printOutcome } from '../print/outcome.ts';
import { printOutputs } from '../print/outputs.ts';
import { printPlan } from '../print/plan.ts';
import { plural } from '../print/text.ts';
import { targetOfPlan } from '../target.ts';
import { askFirst } from './asking.ts';
import { placesTaken } from './places.ts';

/** The way of every change: print the plan, refuse what is blocked, ask, apply, tell the end and the outputs. */
export const confirmAndApply = async (
  context: CommandContext,
  session: Session,
  plan: Plan,
  saved: boolean,
  /** It was printed and agreed to already, together with another. */
  asked?: 'asked',
): Promise<ExitCode> => {
  const cloudName = (await context.workspace()).cloudName;
  const shown = presentable(context, plan);
  if (asked === undefined) tell(context, () => printPlan(shown, cloudName, context.layout));
  try {
    refuseBlocked(shown, context);
    refuseNotApproved(shown, context);
    if (isEmpty(plan)) {
      await session.settle(commandLine(context.invocation));
      return await finish(context, session, shown, null);
    }
    if (asked === undefined) await askFirst(context, questionOf(plan));
    context.interruption.signal.throwIfAborted();
    const command = commandLine(context.invocation);
    const { clock } = context.input;
    const startedAt = clock.now();
    const outcome = await session.apply(plan, { command, signal: context.interruption.signal, saved });
    return await finish(context, session, shown, { ...outcome, waitedMs: clock.now() - startedAt });
  } catch (error) {
    // With --wait it is waited for, and then there is another plan to tell.
    const waits =
      context.invocation.options.wait !== null && error instanceof LeaseHeldError && error.held !== undefined;
    const places = error instanceof BlockedError ? await placesTaken(context, plan) : null;
    if (!context.invocation.options.json || waits) throw error;
    // One document either way: the plan that was about to be carried out, and why it was not.
    const place = placeFlags(context.invocation.options);
    const holders = places === null ? {} : { places };
    tellJson(context, () => ({ ...planDocument(shown, cloudName), ...holders, ...errorDocument(error, place) }));
    return exitCodeOf(error);
  }
};

/** A plan as it may be shown; its effects (whole user data) are left as they are, they are never shown. */
export const presentable = (context: CommandContext, plan: Plan): Plan => {
  const { steps, ...rest } = plan;
  const flags = placeFlags(context.invocation.options);
  const changes = rest.changes.map((change) =>
    change.next === undefined ? change : { ...change, next: withPlace(change.next, flags) },
  );
  const notices = rest.notices.map((notice) => withPlace(notice, flags));
  return { ...cleaned(context, { ...rest, changes, notices }), steps };
};

/** Before anything is touched: a plan that is blocked in one place is not carried out in others. */
export const refuseBlocked = (plan: Plan, context: CommandContext): void => {
  const blocked = plan.changes.filter((change) => change.action === 'blocked');
  if (blocked.length === 0) return;
  const next = blocked.find((change) => change.next !== undefined)?.next;
  throw new BlockedError(`${plural(blocked.length, 'change')} blocked: ${whyBlocked(blocked)}`, {
    done: ['nothing was changed'],
    next:
      next ??
      `reconcile plan ${[targetWords(targetOfPlan(plan)), ...placeFlags(context.invocation.options)].join(' ')}`,
  });
};

/** A pipeline planned, somebody approved that, and the world moved meanwhile: what nobody approved is not done. */
export const refuseNotApproved = (plan: Plan, context: CommandContext): void => {
  const { approved } = context.invocation.options;
  if (approved === null) return;
  const surprises = notApproved(plan, approved).map(({ action, address }) => `${action} ${address}`);
  if (surprises.length === 0) return;
  throw new BlockedError(`not approved: ${surprises.join(', ')}`, {
    done: ['nothing was changed'],
    next: `reconcile plan ${[targetWords(targetOfPlan(plan)), ...placeFlags(context.invocation.options)].join(' ')}`,
  });
};

const questionOf = (plan: Plan): string => {
  const what = changesOf(plan);
  return plan.intent === 'destroy' ? `Destroy ${plan.environment} (${what})` : `Apply ${what} to ${plan.environment}`;
};

/** `3 changes`; where only something is waited for, `1 step`. */
export const changesOf = (plan: Plan): string => {
  const changes = plan.changes.filter((change) => change.action !== 'keep').length;
  return changes === 0 ? plural(plan.steps.length, 'step') : plural(changes, 'change');
};

export const finish = async (
  context: CommandContext,
  session: Session,
  plan: Plan,
  outcome: (Outcome & { readonly waitedMs: number }) | null,
): Promise<ExitCode> => {
  const { cloudName } = await context.workspace();
  const next = nextCommand(context, plan);
  const shown = outcome === null ? null : cleaned(context, placedOutcome(context, outcome));
  if (shown !== null)
    report(context, () => ['', ...printOutcome(shown, outcome?.waitedMs ?? 0, next, context.errorLayout)]);
  const good = outcome === null || outcome.result === 'converged';
  await addSummary(context.input, () => outcomeMarkdown(plan, shown, outcome?.waitedMs ?? 0, next));
  const outputs = good && plan.intent === 'converge' ? await outputsOf(context, session) : null;
  if (outputs !== null) tell(context, () => ['', ...printOutputs(outputs)]);
  const word = outcome === null ? 'unchanged' : plan.intent === 'destroy' ? 'destroyed' : 'converged';
  if (good)
    await setOutputs(context.input, { state: word, ...(outputs === null ? {} : { url: outputs.environment_url }) });
  const failed = good ? undefined : new Failure(`${plan.environment}: ${outcome.result}`, { next });
  tellJson(context, () => ({
    ...appliedDocument(plan, cloudName, shown, outputs),
    ...(failed === undefined ? {} : errorDocument(failed, [])),
  }));
  return good ? exitCodes.ok : exitCodes.failure;
};

const placedOutcome = (context: CommandContext, outcome: Outcome): Outcome => {
  const flags = placeFlags(context.invocation.options);
  const failed = outcome.failed.map((failure) =>
    failure.next === undefined ? failure : { ...failure, next: withPlace(failure.next, flags) },
  );
  return { ...outcome, failed };
};

/** The changes are made by now: that the outputs could not be read must not hide it. */
const outputsOf = async (context: CommandContext, session: Session): Promise<Outputs> => {
  const target = [targetWords(targetOfName(session)), ...placeFlags(context.invocation.options)].join(' ');
  try {
    return cleaned(context, await reading(context, session.outputs()));
  } catch (error) {
    throw new Failure(`the outputs could not be read: ${error instanceof Error ? error.message : String(error)}`, {
      done: [`${session.environment.name} is converged`],
      next: `reconcile outputs ${target}`,
      cause: error,
    });
  }
};

const targetOfName = ({ environment }: Session) =>
  environment.pullRequest === undefined
    ? { type: environment.type }
    : { type: environment.type, pullRequest: environment.pullRequest };

/** A saved plan can't be carried out twice: after it, a new look is what helps. */
const nextCommand = (context: CommandContext, plan: Plan): string => {
  if (context.invocation.verb !== 'apply') return commandLine(context.invocation);
  const words = [...(plan.intent === 'destroy' ? ['destroy'] : []), targetWords(targetOfPlan(plan))];
  return ['reconcile', ...words, ...placeFlags(context.invocation.options)].join(' ');
};
