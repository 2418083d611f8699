import { fingerprintOf } from '../domain/fingerprint.ts';
import type { PreviewRecord } from '../domain/preview.ts';
import type { CheckConclusion, DeploymentState } from '../ports/code-host.ts';
import { errorOf, type Life, nowOf, requestsMax } from './context.ts';
import type { CommentView } from './types.ts';
import { type Finding, standing, viewOf } from './view.ts';

/** What a record knows more of after something was shown. */
type Shown = Pick<PreviewRecord, 'comment' | 'deployment' | 'checkRun' | 'shown' | 'asked'>;

export const checkName = 'preview';

/**
 * Comment, deployment and check run as they should be now: each is written only where it says something else than what
 * stands there, in at most as many requests as the event has left. Nothing that fails here undoes anything; the next
 * look tries again. Returns what went wrong.
 */
export const show = async (life: Life, finding: Finding, usedBefore: number): Promise<readonly Error[]> => {
  const view = viewOf(life, finding);
  if (view === null) return [];
  const problems: Error[] = [];
  let known: Shown = finding.record;
  // Only what was written here: another run may have written the rest meanwhile.
  let written: Shown = {};
  for (const part of [showComment, showDeployment, showCheck]) {
    const left = requestsMax - (life.host.usage().requests - usedBefore);
    try {
      const more = await part(life, { view, finding, known, left });
      known = joined(known, more);
      written = joined(written, more);
    } catch (error) {
      problems.push(errorOf(error));
    }
  }
  if (Object.keys(written.shown ?? {}).length > 0)
    await life.world.record(view.environment, (before) =>
      before === undefined ? undefined : { ...before, ...joined(before, written) },
    );
  return problems;
};

const joined = (before: Shown, more: Shown): Shown => ({
  ...before,
  ...more,
  shown: { ...before.shown, ...more.shown },
});

interface Part {
  readonly view: CommentView;
  readonly finding: Finding;
  readonly known: Shown;
  /** Requests. */
  readonly left: number;
}

const showComment = async (life: Life, { view, finding, known, left }: Part): Promise<Shown> => {
  const { pullRequest, record } = finding;
  const mark = fingerprintOf(standing(view, record, life.clock.now()), life.hash);
  if (known.shown?.comment === mark) return {};
  // Nobody wants to read under a draft that it has no preview, nor under what was closed before anything was said.
  const silent = view.because === 'draft' || view.because === 'closed' || view.because === 'merged';
  if (silent && known.comment === undefined) return {};
  const id = known.comment ?? (await claimComment(life, view.environment));
  const first = finding.first && id === undefined;
  if (left < (first || id !== undefined ? 1 : 2)) return {};
  const at = nowOf(life);
  const comment = await life.host.putComment(pullRequest.number, {
    body: life.words.commentText(view),
    marker: life.words.marker(pullRequest.number),
    known: id ?? null,
    ...(first && { first }),
  });
  return {
    comment,
    shown: { comment: mark },
    ...(view.state === 'waiting-for-approval' && { asked: askedFor(view.headSha, at, known.asked) }),
  };
};

const claimedMs = 30_000;
const claimed = 'being made since ';

/**
 * Two runs that both find no comment would make two. One writes down that it makes it, the other waits for the id; what
 * a dead run wrote down counts no more after half a minute, and whoever comes then looks for the comment first.
 * undefined: it is ours to make.
 */
const claimComment = async (life: Life, environment: string): Promise<number | undefined> => {
  for (;;) {
    let wait = false;
    const record = await life.world.record(environment, (before) => {
      const since = before?.shown?.comment?.startsWith(claimed)
        ? before.shown.comment.slice(claimed.length)
        : undefined;
      wait = since !== undefined && life.clock.now() - Date.parse(since) < claimedMs;
      if (before === undefined || before.comment !== undefined || wait) return before;
      return { ...before, shown: { ...before.shown, comment: `${claimed}${nowOf(life)}` } };
    });
    if (record?.comment !== undefined || !wait) return record?.comment;
    await life.clock.sleep(2_000);
  }
};

const askedFor = (sha: string, at: string, before: PreviewRecord['asked']): NonNullable<PreviewRecord['asked']> =>
  before?.sha === sha ? before : { sha, at };

const showDeployment = async (life: Life, { view, finding, known, left }: Part): Promise<Shown> => {
  const wanted = deploymentFor(view, finding, known);
  if (wanted === null) return {};
  const mark = `${wanted.state}:${wanted.sha}`;
  if (known.shown?.deployment === mark) return {};
  const same = known.shown?.deployment?.endsWith(`:${wanted.sha}`) === true;
  const id = same || wanted.state === 'inactive' ? (known.deployment ?? null) : null;
  if (left < (id === null ? 2 : 1)) return {};
  const deployment = await life.host.putDeployment({
    known: id,
    sha: wanted.sha,
    environment: view.environment,
    state: wanted.state,
    url: wanted.state === 'success' ? view.url : null,
    logUrl: view.runUrl,
  });
  return { deployment, shown: { deployment: mark } };
};

const deploymentFor = (
  view: CommentView,
  { record }: Finding,
  known: Shown,
): { readonly state: DeploymentState; readonly sha: string } | null => {
  if (view.state === 'failed' && record.failed?.sha === view.headSha) return { state: 'failure', sha: view.headSha };
  if (view.deployedSha !== null && view.state !== 'creating' && view.state !== 'updating')
    return { state: 'success', sha: view.deployedSha };
  const over = view.state === 'destroyed' || view.state === 'draft' || view.state === 'stopped';
  const shownSha = known.shown?.deployment?.split(':')[1];
  return over && known.deployment !== undefined && shownSha !== undefined ? { state: 'inactive', sha: shownSha } : null;
};

const showCheck = async (life: Life, { view, finding, known, left }: Part): Promise<Shown> => {
  const sha = view.headSha;
  const id = known.checkRun?.sha === sha ? known.checkRun.id : null;
  const over = view.state === 'destroyed' || view.state === 'draft';
  // A closed one is nobody's concern, and where there was none before, none is missed.
  if (view.because === 'closed' || view.because === 'merged' || (over && id === null)) return {};
  const conclusion = conclusionOf(view.state);
  const text = life.words.checkText(view);
  // When it goes by itself stands in the comment; a check that is as it was need not be written for that.
  const stands = {
    ...standing(view, finding.record, life.clock.now()),
    goesAt: null,
    costSoFarCents: null,
    holders: [],
  };
  const mark = fingerprintOf({ stands, conclusion }, life.hash);
  if (known.shown?.check === mark || left < 1) return {};
  const made = await life.host.putCheck({ known: id, sha, name: checkName, conclusion, ...text, url: view.url });
  return { checkRun: { id: made, sha }, shown: { check: mark } };
};

const conclusionOf = (state: CommentView['state']): CheckConclusion | null => {
  switch (state) {
    case 'deployed':
      return 'success';
    case 'failed':
      return 'failure';
    case 'waiting-for-approval':
      return 'action_required';
    case 'creating':
    case 'updating':
    case 'waiting-for-images':
      return null;
    default:
      return 'neutral';
  }
};
