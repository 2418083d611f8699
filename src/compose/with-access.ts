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

/**
 * Lets this machine in at port 22 while the work goes on: under the lease, which the work then has already, and with a
 * firewall of its own that is removed however the work ends. A process that is killed leaves it behind: the next sweep
 * sees that nobody has the lease of that run.
 */
export const withAccess = async <T>(
  context: TargetContext,
  leases: OneLease,
  allow: AllowRunner,
  { command, signal }: WithAccess,
  work: () => Promise<T>,
): Promise<T> => {
  const { environment, clock, random, gate, cloud, reporter } = context;
  const from = await runnerAddress(context, allow.address);
  const run = newRunId(clock, random);
  const lease = await taken(context, { command, run, signal });
  const letGo = leases.keep(environment.name, lease);
  let rule: AccessRule | undefined;
  try {
    signal.throwIfAborted();
    const close = gate.open(lease);
    try {
      const expiresMs = clock.now() + runMs;
      rule = await makeRule(context, cloud, { environment: environment.name, run, opener: 'run', expiresMs, from });
    } finally {
      close();
    }
    reporter.notice(`${from} gets in at port 22 of ${environment.name} until this run ends`);
    signal.throwIfAborted();
    return await work();
  } finally {
    await removeQuietly(context, run, rule);
    letGo();
    await giveBack(lease, context);
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
