import type { Images, PreviewPolicy, PreviewRecord } from '../domain/preview.ts';
import type { PullRequest } from '../ports/code-host.ts';
import { idleAt, isExpired } from './activity.ts';
import type { Room } from './limits.ts';
import { retryAt } from './retries.ts';
import type { GoneBecause, KeptBecause, NotBecause, Verdict } from './types.ts';

/** All that one verdict is made of. */
export interface Facts {
  /** null: there is none of this number. */
  readonly pullRequest: PullRequest | null;
  readonly record: PreviewRecord | undefined;
  /** Something of it is in the cloud. */
  readonly exists: boolean;
  /** It has a place, so there may be something, or is about to be. */
  readonly hasPlace: boolean;
  /** Whether the head commit may run. */
  readonly trusted: boolean;
  readonly policy: PreviewPolicy;
  /** Whether one more may exist; asked only when this one does not. */
  readonly room: () => Room;
  readonly now: number;
}

/** What should become of one preview, by how things are now; no event is needed to know it. */
export const judge = (facts: Facts): Verdict => {
  const { exists, hasPlace } = facts;
  const gone = goneBecause(facts);
  if (gone !== null)
    return exists || hasPlace ? { action: 'destroy', because: gone } : { action: 'none', because: gone };
  const verdict = judgeOpen(facts);
  return verdict.action === 'none' && hasPlace && !exists ? { action: 'free' } : verdict;
};

const judgeOpen = (facts: Facts): Verdict => {
  const { pullRequest, record, exists, policy, now } = facts;
  if (pullRequest === null || record === undefined) return { action: 'none', because: 'unknown-pull-request' };
  if (record.stoppedAt !== undefined) return rests(exists, 'idle');
  if (exists && record.deployed !== undefined && now >= idleAt(record, policy))
    return { action: 'stop', because: 'idle' };
  if (!facts.trusted) return unapproved(record, exists, policy);
  const images = imagesFor(pullRequest.headSha, record, policy);
  if (images === undefined) {
    const unbuilt = record.unbuilt?.sha === pullRequest.headSha;
    return again(record, exists, policy) ?? rests(exists, unbuilt ? 'build-failed' : 'waiting-for-images');
  }
  return wanted(facts, record, { sha: pullRequest.headSha, images });
};

const goneBecause = ({ pullRequest, record, policy, now }: Facts): GoneBecause | null => {
  if (pullRequest === null) return 'unknown-pull-request';
  if (pullRequest.state === 'closed') return pullRequest.merged ? 'merged' : 'closed';
  if (pullRequest.draft) return 'draft';
  if (record?.dismissed !== undefined) return 'dismissed';
  if (record?.ended !== undefined) return record.ended.because;
  return record !== undefined && isExpired(record, policy, now) ? 'expired' : null;
};

const rests = (exists: boolean, because: KeptBecause & NotBecause): Verdict =>
  exists ? { action: 'keep', because } : { action: 'none', because };

/** The head waits for somebody's word. What was deployed before stays; what nobody ever allowed does not. */
const unapproved = (record: PreviewRecord, exists: boolean, policy: PreviewPolicy): Verdict => {
  const { approved, deployed, failed } = record;
  const allowed = deployed !== undefined || (approved !== undefined && failed?.sha !== approved.sha);
  if (exists && !allowed) return { action: 'destroy', because: 'not-approved' };
  return again(record, exists, policy) ?? rests(exists, 'waiting-for-approval');
};

/** `/redeploy` where the head can't be: what answers now. */
const again = (
  { redeploy, deployed }: PreviewRecord,
  exists: boolean,
  { images }: PreviewPolicy,
): Verdict | undefined =>
  exists && redeploy !== undefined && deployed !== undefined
    ? { action: 'deploy', sha: deployed.sha, images: images === 'commit' ? deployed.images : null, redeploy: true }
    : undefined;

/** undefined: not built yet. null: those of infra.yaml. */
const imagesFor = (sha: string, { built }: PreviewRecord, { images }: PreviewPolicy): Images | null | undefined => {
  if (images === 'configured') return null;
  return built?.sha === sha ? built.images : undefined;
};

const wanted = (
  { exists, room, now }: Facts,
  record: PreviewRecord,
  { sha, images }: { readonly sha: string; readonly images: Images | null },
): Verdict => {
  const { failed, redeploy } = record;
  if (exists && answers(record, sha, images) && redeploy === undefined) return { action: 'keep', because: null };
  if (failed?.sha === sha && redeploy === undefined && now < retryAt(failed)) return rests(exists, 'failed-before');
  if (!exists) {
    const { kind } = room();
    if (kind !== 'free' && kind !== 'evict') return { action: 'none', because: kind };
  }
  return { action: 'deploy', sha, images, redeploy: redeploy !== undefined };
};

/** The very commit, by images that were not built anew since, and no later attempt went wrong. */
const answers = ({ deployed, built, failed }: PreviewRecord, sha: string, images: Images | null): boolean => {
  if (deployed?.sha !== sha) return false;
  if (images !== null && built !== undefined && built.at > deployed.at) return false;
  return failed?.sha !== sha || failed.at <= deployed.at;
};
