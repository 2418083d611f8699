import { targetWords } from '../domain/environment.ts';
import { LeaseHeldError, StalePlanError } from '../domain/errors.ts';
import type { Observation } from '../domain/observation.ts';
import type { Plan, Step } from '../domain/plan.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { ApplyOptions, PlanOptions } from '../ports/session.ts';
import type { Lease } from '../statefile/held-lease.ts';
import type { TargetContext } from './context.ts';
import { planTarget } from './planning.ts';
import { blockedBy } from './preview-results.ts';
import { giveBack } from './under-lease.ts';

/** A plan and the look that it was made from. */
export interface Based {
  readonly plan: Plan;
  readonly observation?: Observation;
}

/** Whoever makes the zone has it for as long as its whole run takes; nobody has to wait for that longer than this. */
const waitMs = 15 * 60_000;

/**
 * What belongs to all environments is made and removed by one run at a time: it holds the lease on `shared` as well. The
 * first previews of a project come at the same moment and all want the zone: the others wait for the one that makes it,
 * and plan anew what is left to them.
 */
export const withShared = async <T>(
  context: TargetContext,
  based: Based,
  options: ApplyOptions,
  replan: { readonly asked: PlanOptions; readonly state: StateFile | null },
  work: (based: Based) => Promise<T>,
): Promise<T> => {
  const { command, signal } = options;
  let now = based;
  while (now.plan.steps.some(touchesShared)) {
    const lease = await taken(context, now.plan, options);
    if (lease !== null) return underShared(context, lease, () => work(now));
    await context.leases.waitUntilFree('shared', { command, waitMs, signal });
    now = await planned(context, now.plan, replan);
  }
  return work(now);
};

const touchesShared = ({ effect }: Step): boolean =>
  effect.port === 'cloud' &&
  ((effect.op === 'create' && effect.resource.scope === 'shared') ||
    (effect.op === 'delete' && effect.kind === 'zone'));

const underShared = async <T>(context: TargetContext, lease: Lease, work: () => Promise<T>): Promise<T> => {
  const close = context.gate.open(lease);
  try {
    return await work();
  } finally {
    close();
    await giveBack(lease, context);
  }
};

/** null: another has it, and is waited for. */
const taken = async (
  { leases, environment }: TargetContext,
  { run }: Plan,
  { command, signal }: ApplyOptions,
): Promise<Lease | null> => {
  try {
    return await leases.take({ environment: 'shared', command, run, signal });
  } catch (error) {
    if (error instanceof LeaseHeldError && environment.type === 'pr') return null;
    throw error;
  }
};

/** The same run with less to do: what somebody said yes to may become less while it waits, and never more. */
const planned = async (
  context: TargetContext,
  before: Plan,
  { asked, state }: { readonly asked: PlanOptions; readonly state: StateFile | null },
): Promise<Based> => {
  const { plan, observation } = await planTarget(context, asked, state, before.run);
  const blocked = blockedBy(plan);
  if (blocked !== null) throw blocked;
  const known = new Map(before.changes.map(({ address, action }) => [address, action]));
  const more = plan.changes.find(
    ({ address, action }) => !['keep', 'adopt', 'forget'].includes(action) && known.get(address) !== action,
  );
  if (more === undefined) return { plan, observation };
  throw new StalePlanError(`the plan does not fit any more: it would ${more.action} ${more.address} now`, {
    done: ['nothing was changed'],
    next: `make a new plan: reconcile plan ${targetWords(context.environment)}`,
  });
};
