import type { PreviewRecord, Previews } from '../domain/preview.ts';
import type { PullRequest } from '../ports/code-host.ts';
import { type Asked, type Cloud, environmentOf, type Life, nowOf } from './context.ts';
import { judge } from './judge.ts';
import { type Occupancy, type Room, roomFor } from './limits.ts';
import { firstRecord, seenNow } from './records.ts';
import { type Trust, trustOf } from './trust.ts';
import type { Verdict } from './types.ts';

/** How one pull request and its preview are at this moment, and what follows from it. */
export interface Sight {
  readonly pullRequest: PullRequest | null;
  readonly record: PreviewRecord | undefined;
  readonly exists: boolean;
  readonly hasPlace: boolean;
  readonly places: readonly { readonly environment: string; readonly at: string }[];
  readonly records: Previews;
  readonly room: Room | null;
  readonly verdict: Verdict;
  /** The record was made by this very look. */
  readonly first: boolean;
}

export interface Seeing {
  readonly life: Life;
  readonly number: number;
  readonly asked: Asked;
  /** Somebody says that it should be there: its place alone is not believed. */
  readonly doubts: boolean;
  /** undefined: not asked for; it is only where the places do not tell. */
  cloud: Cloud | undefined;
}

/** Asks the state for what is remembered, and the cloud and the host only for what the verdict depends on. */
export const sightOf = async (seeing: Seeing, pullRequest: PullRequest | null): Promise<Sight> => {
  const { life, number } = seeing;
  const environment = environmentOf(number);
  const [records, places] = await Promise.all([life.world.records(), life.world.places()]);
  const remembered = await remember(seeing, pullRequest, records[environment]);
  const { record, first } = remembered;
  const all = record === undefined ? records : { ...records, [environment]: record };
  const hasPlace = places.some((place) => place.environment === environment);
  const exists = await existsNow(seeing, record, hasPlace);
  const occupancy = exists || record === undefined ? null : await occupancyOf(seeing, { places, records: all });
  let room: Room | null = null;
  const verdictBy = (trusted: boolean): Verdict =>
    judge({
      pullRequest,
      record,
      exists,
      hasPlace,
      trusted,
      policy: life.world.policy,
      now: life.clock.now(),
      room: () => {
        room = occupancy === null ? { kind: 'free' } : roomFor(environment, record?.author ?? '', occupancy);
        return room;
      },
    });
  const base = { pullRequest, record, exists, hasPlace, places, records: all, first };
  const trust = trustNow(seeing, pullRequest, record);
  const verdict = verdictBy(trust !== 'untrusted');
  const halfMade = exists && record?.deployed === undefined;
  if (pullRequest === null || !dependsOn(trust, verdict, { room, halfMade })) return { ...base, verdict, room };
  const sure = await askTrust(seeing, pullRequest, record);
  return { ...base, verdict: verdictBy(sure === 'trusted'), room };
};

/** Writes down how the pull request is; a push counts as activity only where its commits may run. */
const remember = async (
  seeing: Seeing,
  pullRequest: PullRequest | null,
  record: PreviewRecord | undefined,
): Promise<{ readonly record: PreviewRecord | undefined; readonly first: boolean }> => {
  if (pullRequest === null) return { record, first: false };
  const now = nowOf(seeing.life);
  let counts = true;
  if (record !== undefined && record.seen?.sha !== pullRequest.headSha && isReady(pullRequest)) {
    const trust = trustNow(seeing, pullRequest, record);
    counts = (trust === 'unknown' ? await askTrust(seeing, pullRequest, record) : trust) !== 'untrusted';
  }
  if (record !== undefined && seenNow(record, pullRequest, counts, now) === record) return { record, first: false };
  let first = false;
  const written = await seeing.life.world.record(environmentOf(seeing.number), (before) => {
    first = before === undefined;
    return before === undefined ? firstRecord(pullRequest, now) : seenNow(before, pullRequest, counts, now);
  });
  return { record: written, first };
};

const isReady = ({ state, draft }: PullRequest): boolean => state === 'open' && !draft;

/**
 * A place is taken before the first thing is made and freed after the last is gone, so it tells that there may be
 * something; without one the cloud is asked. Where its list did not come whole, what is remembered counts.
 */
const existsNow = async (seeing: Seeing, record: PreviewRecord | undefined, hasPlace: boolean): Promise<boolean> => {
  const environment = environmentOf(seeing.number);
  if (seeing.cloud === undefined && hasPlace && !seeing.doubts) return true;
  const cloud = await cloudOf(seeing);
  if (cloud.previews.some((one) => one.environment === environment)) return true;
  return !cloud.complete && record?.deployed !== undefined;
};

export const cloudOf = async (seeing: Seeing): Promise<Cloud> => {
  if (seeing.cloud === undefined) {
    const { complete, previews } = await seeing.life.world.existing();
    seeing.cloud = { complete, previews };
  }
  return seeing.cloud;
};

const occupancyOf = async (
  seeing: Seeing,
  { places, records }: Pick<Occupancy, 'places' | 'records'>,
): Promise<Occupancy> => {
  const { life } = seeing;
  const { policy } = life.world;
  const { previews } = await cloudOf(seeing);
  const centsOfOne = policy.budgetCents === undefined ? 0 : await life.world.monthlyCentsOfOne();
  return { policy, places, records, existing: previews, centsOfOne, now: life.clock.now() };
};

const trustNow = (
  { asked, life }: Seeing,
  pullRequest: PullRequest | null,
  record: PreviewRecord | undefined,
): Trust =>
  pullRequest === null
    ? 'untrusted'
    : trustOf(pullRequest, record, asked.get(pullRequest.author.login)?.permission, life.host.repository);

/** So young an answer is as good as a new one. */
const freshMs = 15_000;

/** One request, where the answer can change anything and is not known from a moment ago. */
export const askTrust = async (
  { asked, life }: Pick<Seeing, 'asked' | 'life'>,
  pullRequest: PullRequest,
  record: PreviewRecord | undefined,
): Promise<Trust> => {
  const { login } = pullRequest.author;
  const before = trustOf(pullRequest, record, undefined, life.host.repository);
  if (before !== 'presumed' && before !== 'unknown') return before;
  const known = asked.get(login);
  const isFresh = known !== undefined && life.clock.now() - known.at <= freshMs;
  const permission = isFresh ? known.permission : await life.host.permissionOf(login);
  if (!isFresh) asked.set(login, { permission, at: life.clock.now() });
  return trustOf(pullRequest, record, permission, life.host.repository);
};

/** Whoever is only presumed to be trusted is asked about right before the first create, unless others lose by it. */
const dependsOn = (
  trust: Trust,
  verdict: Verdict,
  { room, halfMade }: { readonly room: Room | null; readonly halfMade: boolean },
): boolean => {
  if (trust !== 'presumed' && trust !== 'unknown') return false;
  const because = 'because' in verdict ? verdict.because : null;
  if (because === 'waiting-for-place' || because === 'author-limit' || because === 'budget') return true;
  if (verdict.action === 'deploy') return trust === 'unknown' || room?.kind === 'evict';
  // What nobody may have any more, and that never answered, goes.
  if (verdict.action === 'keep' && halfMade) return true;
  return trust === 'unknown' && (because === 'waiting-for-images' || because === 'build-failed');
};
