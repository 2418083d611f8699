import type { AccessRule } from '../domain/access-rule.ts';
import { Failure } from '../domain/errors.ts';
import type { AllowRunner, WithAccess } from '../ports/session.ts';
import type { Lease } from '../statefile/held-lease.ts';
import { targetText } from '../statefile/target-text.ts';
import { findRule, makeRule, removeRule } from './access-rules.ts';
import type { TargetContext } from './context.ts';
import type { OneLease } from './one-lease.ts';
import { remember } from './remembered.ts';
import { newRunId } from './run-id.ts';
import { runnerAddress } from './runner-address.ts';
import { takeAbove } from './take-above.ts';
import { giveBack } from './under-lease.ts';

/**
 * Longer than any run; not what ends the rule but what is left when everything else fails. While the run has the lease
 * nobody takes its rule for expired.
 */
const runMs = 2 * 3_600_000;
/** A look has no lease that tells whether it still goes on. */
const lookMs = 15 * 60_000;

/**
 * Lets this machine in at port 22 while the work goes on, with a firewall of its own that is removed however the work
 * ends. A run does so under the lease, which its work then has already; what a killed one leaves behind the next sweep
 * finds, because nobody has the lease of that run. What only looks takes no lease, as ever.
 */
export const withAccess = async <T>(
  context: TargetContext,
  leases: OneLease,
  allow: AllowRunner,
  how: WithAccess,
  work: () => Promise<T>,
): Promise<T> => {
  const { environment, clock, random, gate, cloud, ungated } = context;
  const from = await runnerAddress(context, allow.address);
  const run = newRunId(clock, random);
  const wanted = { environment: environment.name, servers: environment.host ?? environment.name, run, from };
  if (how.lease === false) {
    const expiresMs = clock.now() + lookMs;
    return whileLetIn(context, how, run, work, () =>
      makeRule(context, ungated, { ...wanted, opener: 'look', expiresMs }),
    );
  }
  const lease = await taken(context, { command: how.command, run, signal: how.signal });
  const letGo = leases.keep(environment.name, lease);
  try {
    return await whileLetIn(context, how, run, work, async () => {
      const close = gate.open(lease);
      try {
        return await makeRule(context, cloud, { ...wanted, opener: 'run', expiresMs: clock.now() + runMs });
      } finally {
        close();
      }
    });
  } finally {
    letGo();
    await giveBack(lease, context);
  }
};

const whileLetIn = async <T>(
  context: TargetContext,
  { signal }: WithAccess,
  run: string,
  work: () => Promise<T>,
  letIn: () => Promise<AccessRule>,
): Promise<T> => {
  const { environment, door, reporter } = context;
  let rule: AccessRule | undefined;
  try {
    signal.throwIfAborted();
    rule = await letIn();
    door.letIn = true;
    reporter.notice(`${rule.from.join(', ')} gets in at port 22 of ${environment.name} until this command ends`);
    signal.throwIfAborted();
    return await work();
  } finally {
    door.letIn = false;
    await removeQuietly(context, run, rule);
  }
};

const taken = async (
  context: TargetContext,
  how: { readonly command: string; readonly run: string; readonly signal: AbortSignal },
): Promise<Lease> => {
  const wanted = { environment: context.environment.name, ...how };
  const lease = await context.leases.take(wanted);
  try {
    return await takeAbove(context.leases, lease, wanted, (await remember(context)).state);
  } catch (error) {
    await giveBack(lease, context);
    throw error;
  }
};

/** What is left behind ends by itself: no reason to hide how the work ended. */
const removeQuietly = async (context: TargetContext, run: string, made: AccessRule | undefined): Promise<void> => {
  const { environment, reporter } = context;
  try {
    const rule = made ?? (await findRule(context, environment.name, run));
    if (rule !== undefined) await removeRule(context, rule);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    reporter.notice(
      `the rule that let this machine in at port 22 could not be removed: ${error.message}; it goes with: reconcile access close ${targetText(environment.name)}`,
    );
  }
};
