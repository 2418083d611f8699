import type { Images, PreviewPolicy, PreviewRecord, Said } from '../domain/preview.ts';
import type { PullRequest } from '../ports/code-host.ts';
import { isExpired, later, mayBeEvicted } from './activity.ts';

/*
 * What a record becomes by what was seen, said and done. Each is made anew to whatever another run wrote meanwhile, and
 * returns the same object where it has nothing to add.
 */

/** Of a pull request that nobody looked at before. One that nobody touched for weeks begins with that, and is left alone. */
export const firstRecord = (pullRequest: PullRequest, now: string): PreviewRecord => ({
  author: pullRequest.author.login,
  activityAt: touchedAt(pullRequest, now),
  seen: { sha: pullRequest.headSha, state: stateOf(pullRequest), at: now },
});

/**
 * A push, a reopening or a draft made ready shows by how it was last, whether or not their events came. `counts`: the
 * push was by somebody whose commits may run; others keep nothing alive by pushing.
 */
export const seenNow = (
  record: PreviewRecord,
  pullRequest: PullRequest,
  counts: boolean,
  now: string,
): PreviewRecord => {
  const state = stateOf(pullRequest);
  const { seen } = record;
  if (seen?.sha === pullRequest.headSha && seen.state === state) return record;
  const next: PreviewRecord = { ...record, seen: { sha: pullRequest.headSha, state, at: now } };
  // Whoever approved it looked at an open one: a stranger does not get it back by opening it once more.
  if (state !== 'open') return without(next, ['waitingSince', 'redeploy', 'approved']);
  const reopened = seen?.state === 'closed';
  const at = touchedAt(pullRequest, now);
  if (reopened) return wantedAgain(next, at);
  return (seen?.sha !== pullRequest.headSha && counts) || seen?.state === 'draft' ? awake(next, at) : next;
};

/** Its event came, though nobody may have seen it closed in between. Said to go after that: stays gone. */
export const reopenedAt = (record: PreviewRecord, at: string): PreviewRecord => {
  const { dismissed } = record;
  if (dismissed !== undefined && dismissed.at >= at) return record;
  return wantedAgain(record, at);
};

export const reviewedAt = (record: PreviewRecord, at: string): PreviewRecord =>
  record.reviewedAt !== undefined && record.reviewedAt >= at
    ? record
    : { ...record, reviewedAt: at, activityAt: later(record.activityAt, at) };

/** Somebody wants it back: what ended it for want of activity counts no more. */
const awake = (record: PreviewRecord, at: string): PreviewRecord => ({
  ...without(record, ['stoppedAt', 'ended']),
  activityAt: later(record.activityAt, at),
});

/** What was said to go later than that stays gone, whichever of the two events came first. */
const wantedAgain = (record: PreviewRecord, at: string): PreviewRecord => {
  const { dismissed } = record;
  if (dismissed !== undefined && dismissed.at > at) return record;
  return { ...awake(without(record, ['dismissed', 'failed']), at), wantedAt: later(at, record.wantedAt) };
};

export const saidDeploy = (record: PreviewRecord, said: Said, approved: string | null): PreviewRecord => {
  const next = wantedAgain(record, said.at);
  // A later `/destroy` withdrew it, though its event came first.
  return next === record || approved === null ? next : { ...next, approved: { ...said, sha: approved } };
};

export const saidRedeploy = (record: PreviewRecord, said: Said): PreviewRecord => {
  const next = wantedAgain(record, said.at);
  return next === record ? record : { ...next, redeploy: said };
};

/** Also the word that approved a commit: reopening brings back what is trusted by itself, and nothing else. */
export const saidDestroy = (record: PreviewRecord, said: Said): PreviewRecord =>
  record.wantedAt !== undefined && record.wantedAt > said.at
    ? record
    : { ...without(record, ['waitingSince', 'redeploy', 'approved']), dismissed: said };

export const extendedTo = (record: PreviewRecord, until: string, at: string): PreviewRecord => ({
  ...record,
  extendedUntil: until,
  activityAt: later(record.activityAt, at),
});

export const active = (record: PreviewRecord, at: string): PreviewRecord => ({
  ...record,
  activityAt: later(record.activityAt, at),
});

/** The same images again are nothing new: an event that came twice deploys once. */
export const builtFor = (record: PreviewRecord, sha: string, images: Images, now: string): PreviewRecord =>
  record.built?.sha === sha && sameImages(record.built.images, images)
    ? record
    : { ...without(record, ['unbuilt']), built: { sha, images, at: now } };

export const notBuilt = (record: PreviewRecord, sha: string, message: string, now: string): PreviewRecord =>
  record.built?.sha === sha || record.unbuilt?.sha === sha ? record : { ...record, unbuilt: { sha, message, at: now } };

const answeredMax = 50;
const refusedMax = 20;
export const answered = (record: PreviewRecord, comment: number): PreviewRecord => ({
  ...record,
  answered: [...(record.answered ?? []), comment].slice(-answeredMax),
});
export const refused = (record: PreviewRecord, login: string): PreviewRecord => ({
  ...record,
  refused: [...(record.refused ?? []), login].slice(-refusedMax),
});

/** `at`: when the deploy began; what was built or said since then has not been carried out. */
export const deployedAs = (
  record: PreviewRecord,
  { sha, images, at, redeploy }: Attempt & { readonly images: Images },
): PreviewRecord => ({
  ...without(record, [
    'failed',
    'waitingSince',
    ...(sameSaid(record.redeploy, redeploy) ? (['redeploy'] as const) : []),
  ]),
  deployed: { sha, images, at },
  startedAt: record.startedAt ?? at,
});

interface Attempt {
  readonly sha: string;
  readonly at: string;
  /** What was carried out by it. */
  readonly redeploy: Said | undefined;
}
const messageMax = 4000;
export const failedAs = (record: PreviewRecord, { sha, at, redeploy }: Attempt, message: string): PreviewRecord => ({
  ...without(record, ['waitingSince', ...(sameSaid(record.redeploy, redeploy) ? (['redeploy'] as const) : [])]),
  failed: {
    sha,
    at,
    message: message.slice(0, messageMax),
    tries: (record.failed?.sha === sha ? record.failed.tries : 0) + 1,
  },
});

export const waitsSince = (record: PreviewRecord, now: string): PreviewRecord =>
  record.waitingSince === undefined ? { ...record, waitingSince: now } : record;
export const waitsNoMore = (record: PreviewRecord): PreviewRecord => without(record, ['waitingSince']);

/** Nothing of it is left; `before`: as it was known when the removal began. Made again meanwhile: stays. */
export const gone = (record: PreviewRecord, before: PreviewRecord): PreviewRecord =>
  record.deployed?.at === before.deployed?.at
    ? without(record, ['deployed', 'startedAt', 'waitingSince', 'stoppedAt'])
    : record;

export const stopped = (record: PreviewRecord, before: PreviewRecord, now: string): PreviewRecord =>
  record.deployed?.at === before.deployed?.at && record.activityAt === before.activityAt
    ? { ...record, stoppedAt: now }
    : record;

/** Asked once more of what is written now: a review that came meanwhile keeps it. */
export const expired = (record: PreviewRecord, policy: PreviewPolicy, now: number): PreviewRecord =>
  isExpired(record, policy, now)
    ? { ...without(record, ['waitingSince', 'approved']), ended: { because: 'expired', at: iso(now) } }
    : record;

export const evicted = (record: PreviewRecord, madeRoomFor: string, now: number): PreviewRecord =>
  mayBeEvicted(record, now) ? { ...record, ended: { because: 'evicted', at: iso(now), madeRoomFor } } : record;

export const stateOf = ({ state, draft }: PullRequest): NonNullable<PreviewRecord['seen']>['state'] =>
  state === 'closed' ? 'closed' : draft ? 'draft' : 'open';

const touchedAt = ({ updatedAt }: PullRequest, now: string): string => {
  const at = isoOf(updatedAt);
  return at < now ? at : now;
};
/** The code host writes no milliseconds; texts of one length are compared as they stand. */
export const isoOf = (text: string): string => iso(Date.parse(text));
const iso = (ms: number): string => new Date(ms).toISOString();
const sameSaid = (a: Said | undefined, b: Said | undefined): boolean => a?.at === b?.at && a?.by === b?.by;
export const sameImages = (a: Images, b: Images): boolean => {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
};

const without = (record: PreviewRecord, keys: readonly (keyof PreviewRecord)[]): PreviewRecord =>
  keys.some((key) => record[key] !== undefined)
    ? (Object.fromEntries(
        Object.entries(record).filter(([key]) => !keys.includes(key as keyof PreviewRecord)),
      ) as unknown as PreviewRecord)
    : record;
