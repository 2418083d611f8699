import type { PreviewRecord, Previews } from '../domain/preview.ts';
import type { PullRequest } from '../ports/code-host.ts';
import { goesAt, lastActivity } from './activity.ts';
import { environmentOf, type Life, nowOf } from './context.ts';
import type { CommentView, GoneBecause, NotBecause, Verdict } from './types.ts';

type Place = { readonly environment: string; readonly at: string };

/** What one look found out. */
export interface Finding {
  readonly pullRequest: PullRequest;
  readonly record: PreviewRecord;
  readonly verdict: Verdict;
  readonly places: readonly Place[];
  readonly records: Previews;
  /** Nobody knew of it before this look, so there is no comment of ours either. */
  readonly first: boolean;
  /** In place of what the record tells: why there is no place. */
  readonly message: string | null;
}

/** null: there is nothing to say about it. */
export const viewOf = (life: Life, finding: Finding): CommentView | null => {
  const { pullRequest, record, verdict } = finding;
  const state = stateOf(verdict, record);
  if (state === null) return null;
  const now = life.clock.now();
  const exists = verdict.action === 'keep' || verdict.action === 'deploy';
  const { deployed, approved, dismissed, monthlyCents } = record;
  const answering = exists && deployed !== undefined && state !== 'stopped';
  return {
    pullRequest: pullRequest.number,
    environment: environmentOf(pullRequest.number),
    state,
    because: 'because' in verdict && isGone(verdict.because) ? verdict.because : null,
    policy: life.world.policy,
    repositoryUrl: life.repositoryUrl,
    author: pullRequest.author.login,
    url: answering ? life.world.urlOf(pullRequest.number) : null,
    headSha: pullRequest.headSha,
    deployedSha: answering ? deployed.sha : null,
    images: answering ? deployed.images : null,
    costSoFarCents: costSoFar(record, now),
    monthlyCents: monthlyCents ?? null,
    goesAt: exists ? new Date(goesAt(record, life.world.policy)).toISOString() : null,
    detail: finding.message ?? detailOf(verdict, record),
    holders: isWaiting(state) ? holdersOf(finding, now, state === 'author-limit' ? record.author : null) : [],
    approvedBy: approved !== undefined && approved.sha === (deployed?.sha ?? pullRequest.headSha) ? approved.by : null,
    dismissedBy: dismissed?.by ?? null,
    runUrl: life.runUrl,
    updatedAt: nowOf(life),
  };
};

const stateOf = (verdict: Verdict, { deployed }: PreviewRecord): CommentView['state'] | null => {
  switch (verdict.action) {
    case 'deploy':
      return deployed === undefined ? 'creating' : 'updating';
    case 'keep':
      return verdict.because === null ? 'deployed' : stateBecause(verdict.because);
    case 'none':
      return stateBecause(verdict.because);
    default:
      // What should have gone did not: the next look tells how that ended.
      return null;
  }
};

const stateBecause = (because: NotBecause): CommentView['state'] | null => {
  switch (because) {
    case 'unknown-pull-request':
      return null;
    case 'idle':
      return 'stopped';
    case 'build-failed':
    case 'failed-before':
      return 'failed';
    case 'draft':
    case 'waiting-for-approval':
    case 'waiting-for-images':
    case 'waiting-for-place':
    case 'author-limit':
    case 'budget':
      return because;
    default:
      return 'destroyed';
  }
};

const goneBecause: ReadonlySet<string> = new Set<GoneBecause>([
  'closed',
  'merged',
  'draft',
  'dismissed',
  'expired',
  'evicted',
  'not-approved',
  'unknown-pull-request',
]);
export const isGone = (because: string | null): because is GoneBecause => because !== null && goneBecause.has(because);
const isWaiting = (state: CommentView['state']): boolean =>
  state === 'waiting-for-place' || state === 'author-limit' || state === 'budget';

const detailOf = (verdict: Verdict, { failed, unbuilt, ended }: PreviewRecord): string | null => {
  const because = 'because' in verdict ? verdict.because : null;
  if (because === 'failed-before') return failed?.message ?? null;
  if (because === 'build-failed') return unbuilt?.message ?? null;
  if (because === 'evicted' && ended?.madeRoomFor !== undefined)
    return `it made room for ${ended.madeRoomFor}: nobody had worked on it for longest`;
  return null;
};

/** `author`: only that one's. */
const holdersOf = ({ places, records }: Finding, now: number, author: string | null): CommentView['holders'] => {
  const shown = places.filter(({ environment }) => author === null || records[environment]?.author === author);
  return shown.map(({ environment, at }) => {
    const record = records[environment];
    return { environment, since: at, idleMs: record === undefined ? null : Math.max(0, now - lastActivity(record)) };
  });
};

const monthMs = 730 * 3_600_000;
const costSoFar = ({ startedAt, monthlyCents }: PreviewRecord, now: number): number | null =>
  startedAt === undefined || monthlyCents === undefined
    ? null
    : Math.round((monthlyCents * Math.max(0, now - Date.parse(startedAt))) / monthMs);

/** Without what changes by itself all the time; what it cost is shown anew once a day. */
export const standing = (view: CommentView, { startedAt }: PreviewRecord, now: number): object => ({
  ...view,
  costSoFarCents: startedAt === undefined ? null : Math.floor((now - Date.parse(startedAt)) / 86_400_000),
  holders: view.holders.map(({ environment }) => environment),
  updatedAt: null,
  runUrl: null,
});
