import { Failure } from '../domain/errors.ts';
import type { PreviewRecord } from '../domain/preview.ts';
import type { Removed } from '../ports/previews.ts';
import type { Acted } from './act.ts';
import { nowOf, numberOf } from './context.ts';
import type { Looking } from './look.ts';
import * as records from './records.ts';
import { askReviews, mayAsk } from './reviews.ts';
import { cloudOf, type Sight } from './sight.ts';
import type { Verdict } from './types.ts';

export const destroy = async (
  looking: Looking,
  { record }: Sight,
  verdict: Extract<Verdict, { action: 'destroy' }>,
): Promise<Acted> => {
  const { life, number, environment, given, did } = looking;
  const unknown = verdict.because === 'unknown-pull-request' && given.sure !== true;
  if (unknown || !mayDestroy(looking)) {
    looking.problems.push(notSure(environment, unknown ? 'only a sweep concludes from that' : whole, verdict.because));
    return verdict;
  }
  // Once that is written down it may be half gone, and goes.
  if (verdict.because === 'expired' && record !== undefined && record.ended === undefined) {
    const kept = await keptByReview(looking, record, verdict);
    if (kept !== null) return kept;
    const marked = await life.world.record(environment, (before) =>
      before === undefined ? undefined : records.expired(before, life.world.policy, life.clock.now()),
    );
    if (marked?.ended === undefined) return 'again';
  }
  const result = await life.world.destroy(number);
  const not = notDone(looking, result, verdict);
  if (not !== null) return not;
  await removed(looking, environment, record);
  if (result.result === 'destroyed') did.push(`destroyed ${environment}: ${verdict.because}`);
  return 'again';
};

export const stop = async (looking: Looking, { record }: Sight, verdict: Verdict): Promise<Acted> => {
  const { life, number, environment } = looking;
  if (!mayDestroy(looking) || record === undefined) {
    looking.problems.push(notSure(environment, whole, 'idle'));
    return verdict;
  }
  const kept = await keptByReview(looking, record, verdict);
  if (kept !== null) return kept;
  const result = await life.world.stop(number);
  const not = notDone(looking, result, verdict);
  if (not !== null) return not;
  looking.did.push(`stopped ${environment}: nobody worked on it`);
  await life.world.record(environment, (before) =>
    before === undefined ? undefined : records.stopped(before, record, nowOf(life)),
  );
  if (life.world.policy.mode === 'server') forget(looking, environment);
  return 'again';
};

/** null: nobody reviewed it since it was last known, and it may go. */
const keptByReview = async (looking: Looking, record: PreviewRecord, verdict: Verdict): Promise<Acted | null> => {
  const reviewed = await askReviews(looking, looking.number, record);
  if (reviewed === 'no') return null;
  if (reviewed === 'reviewed') return 'reviewed';
  const because = 'because' in verdict ? String(verdict.because) : verdict.action;
  looking.problems.push(notSure(looking.environment, unsaid, because));
  return verdict;
};

/** Somebody deleted it by hand, or a run died before it made anything. The cloud is asked once more: it may be an old list. */
export const free = async (looking: Looking, { record, verdict }: Sight): Promise<Acted> => {
  const { life, number, environment } = looking;
  const { complete, previews } = await life.world.existing();
  if (!complete || !mayDestroy(looking)) {
    looking.problems.push(notSure(environment, whole, 'it has a place and nothing else'));
    return verdict;
  }
  looking.cloud = Object.assign(looking.cloud ?? { complete }, { complete, previews });
  if (previews.some((one) => one.environment === environment)) return 'again';
  const result = await life.world.destroy(number);
  const not = notDone(looking, result, verdict);
  if (not !== null) return not;
  await removed(looking, environment, record);
  looking.did.push(`freed the place of ${environment}`);
  return 'again';
};

/** `because` carries on a sentence about the victim: why it made no room. */
type Evicted = 'done' | 'reviewed' | { readonly because: string };
const needed = { because: 'is needed again' } as const;

/** Said first, then done: whoever comes after a crash in between finds that it should not exist. */
export const evict = async (looking: Looking, victim: string): Promise<Evicted> => {
  const { life, environment } = looking;
  const number = numberOf(victim);
  await cloudOf(looking);
  if (number === undefined || !mayDestroy(looking)) return { because: `was left as it is: ${whole}` };
  const before = (await life.world.records())[victim];
  if (before === undefined) return needed;
  if (before.ended === undefined) {
    if (!mayAsk(looking)) return { because: 'it is not known yet whether somebody reviews it' };
    const reviewed = await askReviews(looking, number, before);
    if (reviewed === 'reviewed') return reviewed;
    if (reviewed === 'unknown') return { because: unsaid };
  }
  const marked = await life.world.record(victim, (record) =>
    record === undefined ? undefined : records.evicted(record, environment, life.clock.now()),
  );
  if (marked?.ended === undefined) return needed;
  looking.evicted.push(number);
  const result = await life.world.destroy(number);
  if (result.result !== 'destroyed' && result.result !== 'absent') return { because: 'could not be removed' };
  await removed(looking, victim, before);
  looking.did.push(`destroyed ${victim} to make room`);
  return 'done';
};

/** null: it is done. */
const notDone = (looking: Looking, result: Removed, verdict: Verdict): Acted | null => {
  switch (result.result) {
    case 'held':
      looking.held = result.message;
      return 'held';
    case 'failed':
    case 'blocked':
      looking.problems.push(notRemoved(looking.environment, result.message));
      return verdict;
    default:
      return null;
  }
};

/** Of everything that was asked for, all came whole. */
const mayDestroy = ({ given, cloud }: Looking): boolean => given.mayDestroy !== false && cloud?.complete !== false;

const removed = async (looking: Looking, environment: string, before: PreviewRecord | undefined): Promise<void> => {
  forget(looking, environment);
  if (before === undefined) return;
  await looking.life.world.record(environment, (now) => (now === undefined ? undefined : records.gone(now, before)));
};

const forget = ({ cloud }: Looking, environment: string): void => {
  if (cloud !== undefined) cloud.previews = cloud.previews.filter((one) => one.environment !== environment);
};

const notRemoved = (environment: string, message: string): Failure =>
  new Failure(`${environment} was not removed: ${message}`, {
    next: `reconcile destroy pr ${numberOf(environment)}, or wait for the next sweep`,
  });

const whole = 'a list did not come whole';
const unsaid = 'nobody could say whether it is being reviewed';
const notSure = (environment: string, why: string, because: string): Failure =>
  new Failure(`${environment} should go (${because}), and was left as it is: ${why}`, {
    done: ['nothing of it was changed'],
    next: 'reconcile sweep',
  });
