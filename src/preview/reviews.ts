import type { PreviewRecord } from '../domain/preview.ts';
import { environmentOf, errorOf, requestsMax } from './context.ts';
import type { Looking } from './look.ts';
import { isoOf, reviewedAt } from './records.ts';

/** reviewed: later than we knew, and that is written down now. unknown: the host did not say, so nothing goes by age. */
export type Reviewed = 'no' | 'reviewed' | 'unknown';

/** So young an answer is as good as a new one. */
const freshMs = 15_000;
/** Asking itself, then for whoever gets the place: once more before and once after it is made, and our comment. */
const setAside = 4;

/** Whether one more victim may be asked about: what is left unasked is asked by the next sweep. */
export const mayAsk = ({ life, usedBefore }: Looking): boolean =>
  life.host.usage().requests - usedBefore + setAside <= requestsMax;

/**
 * No workflow can listen to reviews: those of forks get no secrets. So the host is asked about them, and only right
 * before a preview would go, or stop, because nobody worked on it.
 */
export const askReviews = async (looking: Looking, number: number, record: PreviewRecord): Promise<Reviewed> => {
  const { life, reviewsAsked, problems } = looking;
  const asked = reviewsAsked.get(number);
  if (asked !== undefined && life.clock.now() - asked <= freshMs) return 'no';
  let at: string | null;
  try {
    at = await life.host.reviewedAt(number);
  } catch (error) {
    problems.push(errorOf(error));
    return 'unknown';
  }
  reviewsAsked.set(number, life.clock.now());
  if (at === null) return 'no';
  const iso = isoOf(at);
  if (record.reviewedAt !== undefined && record.reviewedAt >= iso) return 'no';
  await life.world.record(environmentOf(number), (before) => before && reviewedAt(before, iso));
  return 'reviewed';
};
