import type { PreviewPolicy, PreviewRecord } from '../domain/preview.ts';

type Times = Pick<PreviewRecord, 'activityAt' | 'startedAt' | 'extendedUntil' | 'reviewedAt'>;

/** Of ISO 8601 texts; the later one. */
export const later = (a: string, b: string | undefined): string => (b !== undefined && b > a ? b : a);

/** What a human did last; being made after a wait for a place counts too, or it would be gone at once. Milliseconds. */
export const lastActivity = ({ activityAt, startedAt }: Times): number => Date.parse(later(activityAt, startedAt));

/** When it goes by itself: never by its age, always by how long nobody worked on it. */
export const goesAt = (record: Times, { ttlMs }: PreviewPolicy): number =>
  Math.max(lastActivity(record) + ttlMs, extension(record));

/** When its jobs stop; Infinity where infra.yaml has no idle stop. */
export const idleAt = (record: Times, { idleStopMs }: PreviewPolicy): number =>
  idleStopMs === undefined ? Number.POSITIVE_INFINITY : Math.max(lastActivity(record) + idleStopMs, extension(record));

export const isExpired = (record: Times, policy: PreviewPolicy, now: number): boolean => now >= goesAt(record, policy);

/**
 * A preview makes room for another only when nobody touched it for two hours, and nobody reviewed it for a day: a
 * reviewer looks at it between two comments without a trace.
 */
export const evictable = { idleMs: 2 * 3_600_000, reviewMs: 24 * 3_600_000 } as const;

export const mayBeEvicted = (record: Times, now: number): boolean =>
  now - lastActivity(record) >= evictable.idleMs &&
  extension(record) <= now &&
  (record.reviewedAt === undefined || now - Date.parse(record.reviewedAt) >= evictable.reviewMs);

const extension = ({ extendedUntil }: Times): number =>
  extendedUntil === undefined ? Number.NEGATIVE_INFINITY : Date.parse(extendedUntil);
