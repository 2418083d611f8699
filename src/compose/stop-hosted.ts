import { environmentFor } from '../config/environment.ts';
import { isEmpty } from '../domain/plan.ts';
import type { Removed } from '../ports/previews.ts';
import type { HostAccess } from './ask-host.ts';
import type { Context } from './context.ts';
import { openSession } from './open-session.ts';
import { blockedBy, refusedBy, whyNot } from './preview-results.ts';

/**
 * A preview that nobody works on, on shared servers: its jobs stop and their memory is free for others; namespace, place
 * and state stay, so that the next deploy starts them. It is the preview without jobs, converged.
 */
export const stopHosted = async (
  context: Context,
  pullRequest: number,
  { allowRunner, command, signal }: HostAccess,
): Promise<Removed> => {
  const environment = environmentFor(context.config, { type: 'pr', pullRequest });
  const session = await openSession(context, { type: 'pr', pullRequest }, { ...environment, jobs: [] });
  const stop = async (): Promise<Removed> => {
    const { plan } = await session.plan({ intent: 'converge' });
    // It has no namespace: there is nothing to stop, and none is made for that.
    if (isEmpty(plan) || plan.summary.create > 0) return { result: 'absent' };
    const blocked = blockedBy(plan);
    if (blocked !== null) throw blocked;
    const outcome = await session.apply(plan, { command, signal, saved: false });
    return outcome.result === 'converged'
      ? { result: 'destroyed' }
      : { result: 'failed', message: whyNot(outcome, `reconcile pr ${pullRequest}`) };
  };
  try {
    return await (allowRunner === null ? stop() : session.withAccess(allowRunner, { command, signal }, stop));
  } catch (error) {
    const refused = refusedBy(error, []);
    return refused.result === 'withdrawn' ? { result: 'failed', message: refused.because } : refused;
  } finally {
    await session.close();
  }
};
