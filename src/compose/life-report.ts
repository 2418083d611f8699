import type { PreviewRecord } from '../domain/preview.ts';
import type { LookedAt } from '../ports/preview-life.ts';
import type { PreviewWorld } from '../ports/previews.ts';
import type { Looked } from '../preview/context.ts';
import type { NotBecause, Verdict } from '../preview/types.ts';
import { isGone } from '../preview/view.ts';
import { sentence } from './preview-results.ts';

/** What came of a preview, as its world saw it; the last verdict alone does not tell what was done. */
export type Came = Map<string, 'deployed' | 'stopped' | 'destroyed'>;

/** The same world; what succeeds is noted. */
export const noting = (world: PreviewWorld, came: Came): PreviewWorld => {
  const note = <R extends { readonly result: string }>(
    pullRequest: number,
    what: 'stopped' | 'destroyed',
    done: R,
  ): R => {
    if (done.result === 'destroyed') came.set(`pr-${pullRequest}`, what);
    return done;
  };
  return {
    ...world,
    async deploy(wanted) {
      const deployed = await world.deploy(wanted);
      if (deployed.result === 'deployed') came.set(`pr-${wanted.pullRequest}`, 'deployed');
      return deployed;
    },
    stop: async (pullRequest) => note(pullRequest, 'stopped', await world.stop(pullRequest)),
    destroy: async (pullRequest) => note(pullRequest, 'destroyed', await world.destroy(pullRequest)),
  };
};

export interface Telling {
  readonly came: Came;
  readonly record: PreviewRecord | undefined;
  readonly urlOf: (pullRequest: number) => string;
  /** `https://github.com/acme/shop` */
  readonly repositoryUrl: string;
}

export const lookedAt = (looked: Looked, { came, record, urlOf, repositoryUrl }: Telling): LookedAt => {
  const { pullRequest, environment, verdict, head, did, held, problems } = looked;
  const done = came.get(environment);
  const because = verdict !== null && 'because' in verdict ? verdict.because : null;
  const there = verdict?.action === 'keep' && record?.deployed !== undefined;
  const undecided = verdict === null || problems.length > 0;
  return {
    pullRequest,
    environment,
    state: held === null ? stateOf(verdict) : 'held',
    sha: head,
    action: done ?? (verdict?.action === 'keep' ? 'kept' : verdict?.action === 'none' ? 'none' : 'undecided'),
    because: because === null ? (record?.deployed === undefined ? null : deployedText(record)) : reasons[because],
    did,
    url: there ? urlOf(pullRequest) : null,
    comment:
      record?.comment === undefined ? null : `${repositoryUrl}/pull/${pullRequest}#issuecomment-${record.comment}`,
    end: undecided ? 'failed' : held !== null ? 'held' : because !== null && waits.has(because) ? 'waiting' : 'done',
    trouble: problems.length > 0 ? problems.map(sentence).join('; ') : held,
  };
};

const deployedText = ({ deployed }: PreviewRecord): string | null =>
  deployed === undefined ? null : `it runs commit ${deployed.sha.slice(0, 7)}`;

const stateOf = (verdict: Verdict | null): string => {
  if (verdict === null) return 'unknown';
  if (verdict.action === 'keep') return verdict.because === null ? 'deployed' : verdict.because;
  if (verdict.action === 'none')
    return isGone(verdict.because) && verdict.because !== 'draft' ? 'destroyed' : verdict.because;
  return 'failed';
};

const waits: ReadonlySet<string> = new Set<NotBecause>([
  'waiting-for-approval',
  'waiting-for-images',
  'waiting-for-place',
  'author-limit',
  'budget',
]);

const reasons: Readonly<Record<NotBecause, string>> = {
  closed: 'the pull request is closed',
  merged: 'the pull request is merged',
  draft: 'the pull request is a draft',
  dismissed: 'somebody said /destroy, and nobody /deploy since',
  expired: 'nobody worked on it for so long that its time is over',
  evicted: 'it made room for one that waited',
  'not-approved': 'nobody who may write here has approved it',
  'unknown-pull-request': 'there is no pull request of that number',
  idle: 'nobody worked on it: it sleeps until somebody does',
  'build-failed': 'the build of its images failed',
  'waiting-for-approval': 'somebody who may write here has to say /deploy for this very commit',
  'waiting-for-images': 'the images of its head commit are not built yet',
  'waiting-for-place': 'all places are taken; it gets the next one that is free',
  'author-limit': 'its author has as many previews as one may have',
  budget: 'one more would cost more than the budget allows',
  'failed-before': 'this commit failed before; it is tried again after a push, or a /redeploy',
};
