import { type Environment, targetWords } from '../domain/environment.ts';
import { BlockedError, Failure, LeaseHeldError } from '../domain/errors.ts';
import type { Observation } from '../domain/observation.ts';
import { isEmpty, type Plan } from '../domain/plan.ts';
import type { ApplyOptions, Session } from '../ports/session.ts';
import type { Context } from './context.ts';
import { type HostNeed, hostNeed } from './host.ts';
import { openHost } from './open-session.ts';
import { blockedBy, whyNot } from './preview-results.ts';

export interface EnsureHost extends Pick<ApplyOptions, 'command' | 'signal' | 'stillWanted'> {
  /** What was listed before counts no longer. */
  readonly anew: () => void;
}

/** Another run may be at the host: a new server takes some minutes. */
const waitMs = 15 * 60_000;
/** Each time somebody else's run ended in between. */
const triesMax = 5;

/**
 * Before a preview is deployed on servers that it shares: makes those, or one more, where there are too few. Its own
 * lease, its own plan. Throws BlockedError where the plan is refused, Failure where it does not come to its end, and
 * WithdrawnError where the preview is not wanted any more. True: something was done.
 */
export const ensureHost = async (context: Context, preview: Environment, how: EnsureHost): Promise<boolean> => {
  let done = false;
  for (let nth = 1; ; nth += 1) {
    const need = await hostNeed(context, preview);
    if (need === null) return done;
    if (nth > triesMax)
      throw new Failure(
        `${need.environment.name} is not ready for ${preview.name} after ${triesMax} tries: ${need.because}`,
        {
          next: `reconcile ${targetWords(need.environment)}`,
        },
      );
    const session = await openHost(context, need);
    try {
      await converge(session, need, how);
      done = true;
      how.anew();
    } catch (error) {
      if (!(error instanceof LeaseHeldError) || error.held === undefined) throw error;
      await session.waitUntilFree({ command: how.command, waitMs, signal: how.signal });
      how.anew();
    } finally {
      await session.close();
    }
  }
};

/** No pull request wipes the disk of staging, or other previews: what needs that waits for somebody who asks for it. */
const refuseWiping = ({ type, name }: Environment, { changes }: Plan, { cluster }: Observation): void => {
  const guests = cluster?.reachable === true ? (cluster.namespaces ?? []).filter(({ owner }) => owner !== null) : [];
  const wiping = changes.find(({ kind, wipes }) => kind === 'server' && wipes !== undefined);
  if (wiping === undefined || (type === 'pool' && guests.length === 0)) return;
  const again = `reconcile ${targetWords({ type })}`;
  throw new BlockedError(`${name} has to be converged first, and that wipes ${wiping.wipes ?? wiping.address}`, {
    done: ['nothing was changed'],
    next: again,
  });
};

const converge = async (
  session: Session,
  { environment, options }: HostNeed,
  { anew: _told, ...how }: EnsureHost,
): Promise<void> => {
  const { plan, observation } = await session.plan(options);
  const blocked = blockedBy(plan);
  if (blocked !== null) throw blocked;
  refuseWiping(environment, plan, observation);
  if (isEmpty(plan)) return session.settle(how.command);
  const outcome = await session.apply(plan, { ...how, saved: false });
  if (outcome.result === 'converged') return;
  const again = `reconcile ${targetWords(environment)}`;
  throw new Failure(whyNot(outcome, again), { next: again });
};
