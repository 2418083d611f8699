import type { PreviewPolicy, Previews } from '../domain/preview.ts';
import type { ExistingPreview } from '../ports/previews.ts';
import { lastActivity, mayBeEvicted } from './activity.ts';

/** Whether one more preview may exist. evict: `victim` has to go first. */
export type Room =
  | { readonly kind: 'free' }
  | { readonly kind: 'evict'; readonly victim: string }
  | { readonly kind: 'waiting-for-place' | 'author-limit' | 'budget' };

export interface Occupancy {
  readonly policy: PreviewPolicy;
  readonly places: readonly { readonly environment: string; readonly at: string }[];
  readonly existing: readonly ExistingPreview[];
  readonly records: Previews;
  /** What one more would cost a month; asked for only where there is a budget. */
  readonly centsOfOne: number;
  readonly now: number;
}

/**
 * May `environment`, which does not exist, be made? First come, first served; a place is for whoever waits longest, and
 * whoever has one keeps it.
 */
export const roomFor = (environment: string, author: string, occupancy: Occupancy): Room => {
  const { policy, places } = occupancy;
  if (places.some((place) => place.environment === environment)) return { kind: 'free' };
  const holders = holdersOf(occupancy).filter((one) => one !== environment);
  if (isAtAuthorLimit(author, holders, occupancy)) return { kind: 'author-limit' };
  if (policy.budgetCents !== undefined && costWithOneMore(holders, occupancy) > policy.budgetCents)
    return { kind: 'budget' };
  const free = policy.max - holders.length;
  const line = waitingLine(occupancy);
  const ahead = line.includes(environment) ? line.indexOf(environment) : line.length;
  if (free > ahead) return { kind: 'free' };
  const victim = free <= 0 && ahead === 0 ? victimAmong(holders, occupancy) : undefined;
  return victim === undefined ? { kind: 'waiting-for-place' } : { kind: 'evict', victim };
};

/** Who counts: places, and what exists without one (made by hand, or before there were places). */
export const holdersOf = ({ places, existing }: Pick<Occupancy, 'places' | 'existing'>): readonly string[] => [
  ...new Set([...places, ...existing].map(({ environment }) => environment)),
];

/** Longest first. Whoever is at its author's limit does not keep others waiting, and keeps its turn. */
export const waitingLine = (occupancy: Occupancy): readonly string[] => {
  const holders = holdersOf(occupancy);
  return Object.entries(occupancy.records)
    .filter(([environment, { waitingSince, author }]) => {
      if (waitingSince === undefined || holders.includes(environment)) return false;
      return !isAtAuthorLimit(author, holders, occupancy);
    })
    .sort(([a, one], [b, other]) => order(one.waitingSince, other.waitingSince) || order(a, b))
    .map(([environment]) => environment);
};

const isAtAuthorLimit = (author: string, holders: readonly string[], { policy, records }: Occupancy): boolean =>
  policy.maxPerAuthor !== undefined &&
  holders.filter((one) => records[one]?.author.toLowerCase() === author.toLowerCase()).length >= policy.maxPerAuthor;

/** A place without anything yet counts as a whole preview: it is about to be one. */
const costWithOneMore = (holders: readonly string[], { existing, centsOfOne }: Occupancy): number =>
  holders.reduce(
    (sum, one) => sum + (existing.find(({ environment }) => environment === one)?.monthlyCents ?? centsOfOne),
    centsOfOne,
  );

const victimAmong = (holders: readonly string[], { policy, records, now }: Occupancy): string | undefined => {
  if (policy.atCap !== 'evict-oldest-idle') return undefined;
  return holders
    .flatMap((environment) => {
      const record = records[environment];
      // Without a record, or before it answered, somebody may be at it.
      return record?.deployed !== undefined && mayBeEvicted(record, now)
        ? [{ environment, at: lastActivity(record) }]
        : [];
    })
    .sort((a, b) => a.at - b.at || order(a.environment, b.environment))[0]?.environment;
};

const order = (a: string | undefined, b: string | undefined): number => ((a ?? '') < (b ?? '') ? -1 : a === b ? 0 : 1);
