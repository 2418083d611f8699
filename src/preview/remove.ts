import { Failure } from '../domain/errors.ts';
import type { PreviewRecord } from '../domain/preview.ts';
import type { Removed } from '../ports/previews.ts';
import type { Acted } from './act.ts';
import { nowOf, numberOf } from './context.ts';
import type { Looking } from './look.ts';
import * as records from './records.ts';
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
  if (verdict.because === 'expired') {
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

/** Said first, then done: whoever comes after a crash in between finds that it should not exist. */
export const evict = async (looking: Looking, victim: string): Promise<boolean> => {
  const { life, environment } = looking;
  const number = numberOf(victim);
  await cloudOf(looking);
  if (number === undefined || !mayDestroy(looking)) return false;
  const before = (await life.world.records())[victim];
  const marked = await life.world.record(victim, (record) =>
    record === undefined ? undefined : records.evicted(record, environment, life.clock.now()),
  );
  if (before === undefined || marked?.ended === undefined) return false;
  looking.evicted.push(number);
  const result = await life.world.destroy(number);
  if (result.result !== 'destroyed' && result.result !== 'absent') return false;
  await removed(looking, victim, before);
  looking.did.push(`destroyed ${victim} to make room`);
  return true;
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
const notSure = (environment: string, why: string, because: string): Failure =>
  new Failure(`${environment} should go (${because}), and was left as it is: ${why}`, {
    done: ['nothing of it was changed'],
    next: 'reconcile sweep',
  });
