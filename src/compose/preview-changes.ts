import { environmentName, type Target, targetWords } from '../domain/environment.ts';
import { InterruptedError, LeaseHeldError, StalePlanError } from '../domain/errors.ts';
import { isEmpty, type Plan } from '../domain/plan.ts';
import type { Images } from '../domain/preview.ts';
import type { Deployed, PreviewWorld, Removed } from '../ports/previews.ts';
import type { Outcome, PlanOptions, PreviewOptions, Session } from '../ports/session.ts';
import { readPlaces } from '../statefile/places.ts';
import type { Context } from './context.ts';
import { ensureHost } from './ensure-host.ts';
import { openSession } from './open-session.ts';
import { environmentUrl } from './outputs.ts';
import { sharedOptions } from './places.ts';
import { blockedBy, refusedBy, sentence, whyNot } from './preview-results.ts';
import type { SharedLists } from './shared-lists.ts';

export interface Changing extends PreviewOptions {
  /** Its cloud is that of `lists`. */
  readonly context: Context;
  readonly lists: SharedLists;
}

type Wanted = Parameters<PreviewWorld['deploy']>[0];

/** Somebody may come in between a plan and its lease; more often than this in a row is no chance any more. */
const plansMax = 3;

const withSession = async <T>(
  { context, allowRunner, command, signal }: Changing,
  pullRequest: number,
  work: (session: Session, target: Target) => Promise<T>,
): Promise<T> => {
  const target: Target = { type: 'pr', pullRequest };
  const session = await openSession(context, target);
  try {
    if (allowRunner === null) return await work(session, target);
    return await session.withAccess(allowRunner, { command, signal }, () => work(session, target));
  } finally {
    await session.close();
  }
};

/** Converges one preview: session, plan, apply. Every trouble is a result; throws only when the run is told to stop. */
export const deployPreview = async (changing: Changing, wanted: Wanted): Promise<Deployed> => {
  const refused = async (error: unknown): Promise<Deployed> => {
    await outlast(changing, wanted.pullRequest, error);
    return refusedBy(error, await holdersOf(changing.context));
  };
  for (let nth = 1; ; nth += 1) {
    try {
      return await withSession(changing, wanted.pullRequest, (session) => converge(changing, session, wanted));
    } catch (error) {
      changing.lists.look('anew');
      if (changing.signal.aborted) throw error;
      if (!(error instanceof StalePlanError) || nth >= plansMax) return refused(error);
    }
  }
};

const converge = async (changing: Changing, session: Session, wanted: Wanted): Promise<Deployed> => {
  const { command, signal, lists, context } = changing;
  const { stillWanted } = wanted;
  if (session.environment.host !== undefined) {
    lists.look('still');
    const anew = (): void => lists.look('anew');
    await ensureHost(context, session.environment, { command, signal, stillWanted, anew });
  }
  const { plan, light } = await planned(changing, session, wanted);
  const blocked = blockedBy(plan);
  if (blocked !== null) throw blocked;
  const done: Deployed = {
    result: 'deployed',
    url: environmentUrl(session.environment),
    images: imagesOf(plan, session, wanted.images),
  };
  if (isEmpty(plan)) {
    await session.settle(command);
    return done;
  }
  const how = { command, signal, saved: false, stillWanted, ...(light ? { lists: 'needed' as const } : {}) };
  const outcome = await session.apply(plan, how);
  refuseStopped(changing, outcome);
  if (outcome.result !== 'converged')
    return { result: 'failed', message: whyNot(outcome, `reconcile ${targetWords(session.environment)}`) };
  if (light && !lists.changed()) lists.confirm();
  return done;
};

/**
 * What stands needs no more than a look at what it is made of, shared with whoever else looks; as soon as anything in
 * the cloud is to be changed, all is looked at anew.
 */
const planned = async (
  { lists }: Changing,
  session: Session,
  { images, redeploy }: Wanted,
): Promise<{ readonly plan: Plan; readonly light: boolean }> => {
  const options: PlanOptions = { intent: 'converge', redeploy, ...(images === null ? {} : { images }) };
  const state = await session.state();
  if (Object.keys(state?.resources ?? {}).length > 0) {
    lists.look('still');
    const { plan } = await session.plan({ ...options, lists: 'needed' });
    if (plan.summary.blocked === 0 && plan.steps.every(leavesCloudAlone)) return { plan, light: true };
  }
  lists.look('anew');
  return { plan: (await session.plan(options)).plan, light: false };
};

const leavesCloudAlone = ({ effect }: Plan['steps'][number]): boolean =>
  effect.port === 'jobs' || effect.port === 'state' || (effect.port === 'cluster' && effect.op === 'await-ready');

const imagesOf = ({ images: pinned = {} }: Plan, { environment }: Session, wanted: Images | null): Images =>
  Object.fromEntries(environment.jobs.map(({ name, image }) => [name, pinned[name]?.image ?? wanted?.[name] ?? image]));

/** Removes all of one preview, and frees its place even where nothing was left of it. */
export const destroyPreview = async (changing: Changing, pullRequest: number): Promise<Removed> => {
  const { lists, command, signal } = changing;
  try {
    return await withSession(changing, pullRequest, async (session, target) => {
      lists.look('anew');
      const { plan } = await session.plan({ intent: 'destroy' });
      const blocked = blockedBy(plan);
      if (blocked !== null) throw blocked;
      if (isEmpty(plan)) {
        await session.settle(command);
        return { result: 'absent' };
      }
      const outcome = await session.apply(plan, { command, signal, saved: false });
      refuseStopped(changing, outcome);
      if (outcome.result === 'converged') return { result: 'destroyed' };
      return { result: 'failed', message: whyNot(outcome, `reconcile destroy ${targetWords(target)}`) };
    });
  } catch (error) {
    if (signal.aborted) throw error;
    await outlast(changing, pullRequest, error);
    const refused = refusedBy(error, []);
    return refused.result === 'withdrawn' ? { result: 'failed', message: refused.because } : refused;
  } finally {
    lists.look('anew');
  }
};

/** A run that is told to stop says nothing of the preview: it is no failure of it, and ends everything. */
const refuseStopped = ({ signal, command }: Changing, { result, inFlight }: Outcome): void => {
  if (result === 'converged' || !signal.aborted) return;
  throw new InterruptedError('the run was told to stop', {
    done: inFlight.map((step) => `in flight: ${step}`),
    next: command,
  });
};

/** Until whoever has the lease is done, or the time is up: then it pays to look again. */
const outlast = async (
  { context, command, signal, waitMs = 0 }: Changing,
  pullRequest: number,
  error: unknown,
): Promise<void> => {
  if (!(error instanceof LeaseHeldError) || error.held === undefined || waitMs === 0) return;
  const environment = environmentName({ type: 'pr', pullRequest });
  const waiting = { command, waitMs, signal, also: error.held };
  await context.leases.waitUntilFree(environment, waiting).catch((ended: unknown) => {
    if (!(ended instanceof LeaseHeldError)) context.reporter.notice(sentence(ended));
  });
};

/** Who has the places, longest first. A question beside the point must not hide the point. */
const holdersOf = async (context: Context): Promise<readonly string[]> => {
  try {
    const places = Object.entries(await readPlaces(sharedOptions(context)));
    return places.sort(([, a], [, b]) => (a.at < b.at ? -1 : 1)).map(([environment]) => environment);
  } catch {
    return [];
  }
};
