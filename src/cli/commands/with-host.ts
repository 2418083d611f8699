import { type ExitCode, LeaseHeldError } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import type { PlanOptions, Session } from '../../ports/session.ts';
import { commandLine } from '../arguments.ts';
import { type CommandContext, cleaned, reading, report, tell } from '../context.ts';
import { printOutcome } from '../print/outcome.ts';
import { printPlan } from '../print/plan.ts';
import { changesOf, confirmAndApply, finish, presentable, refuseBlocked, refuseNotApproved } from './applying.ts';
import { askFirst } from './asking.ts';

/** What has to be done first to the servers that a preview shares. */
export interface HostFirst {
  readonly session: Session;
  readonly plan: Plan;
}

/** null: nothing, as for everything but a preview without servers of its own. */
export const hostOf = async (session: Session): Promise<HostFirst | null> => (await session.host?.()) ?? null;

/** Making servers takes some minutes, and another run may be at it for a preview of its own. */
const hostWaitMs = 15 * 60_000;

/**
 * As `applyWithHost`, and where another run has the servers' lease it is waited for: what it makes serves this preview as
 * well. Everything is planned, and asked, anew then. null: nothing is to be done to them.
 */
export const withHostReady = async (
  context: CommandContext,
  session: Session,
  options: PlanOptions,
): Promise<ExitCode | null> => {
  const { signal } = context.interruption;
  const command = commandLine(context.invocation);
  for (;;) {
    const host = await reading(context, hostOf(session));
    if (host === null) return null;
    try {
      return await applyWithHost(context, session, { host, options });
    } catch (error) {
      if (!(error instanceof LeaseHeldError) || error.held !== host.session.environment.name) throw error;
      context.progress.notice(`${error.message}; waiting for it`);
      await reading(context, host.session.waitUntilFree({ command, waitMs: hostWaitMs, signal }));
    }
  }
};

/** Both plans, one question; then the servers, then a plan of the preview by what is there now. */
const applyWithHost = async (
  context: CommandContext,
  session: Session,
  { host, options }: { readonly host: HostFirst; readonly options: PlanOptions },
): Promise<ExitCode> => {
  const { cloudName } = await context.workspace();
  const { plan } = await reading(context, session.plan(options));
  const shown = [presentable(context, host.plan), presentable(context, plan)];
  for (const one of shown) tell(context, () => [...printPlan(one, cloudName, context.layout), '']);
  for (const one of shown) refuseBlocked(one, context);
  for (const one of shown) refuseNotApproved(one, context);
  await askFirst(context, `Apply ${shown.map((one) => `${changesOf(one)} to ${one.environment}`).join(' and ')}`);
  const { signal } = context.interruption;
  signal.throwIfAborted();
  const { clock } = context.input;
  const startedAt = clock.now();
  const outcome = await host.session.apply(host.plan, {
    command: commandLine(context.invocation),
    signal,
    saved: false,
  });
  const waitedMs = clock.now() - startedAt;
  if (outcome.result !== 'converged')
    return finish(context, host.session, presentable(context, host.plan), { ...outcome, waitedMs });
  const done = cleaned(context, outcome);
  report(context, () => ['', ...printOutcome(done, waitedMs, commandLine(context.invocation), context.errorLayout)]);
  const { plan: now } = await reading(context, session.plan(options));
  return confirmAndApply(context, session, now, false, 'asked');
};
