import type { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import type { Images } from '../domain/preview.ts';
import { cutEnd, visibleText } from './escape.ts';
import {
  codeCommentSchema,
  commitSha,
  issueCommentSchema,
  originSchema,
  pullRequestSchema,
  pushSchema,
  reviewSchema,
  workflowRunSchema,
} from './event-schema.ts';
import type { Wake } from './types.ts';

export interface EventContext {
  /** `owner/name`; events of another are ignored. */
  readonly repository: string;
  /** What the workflow of this event built (`--image`), and for which commit (`--sha`), where the event does not tell. */
  readonly images?: Images | undefined;
  readonly sha?: string | undefined;
}

/**
 * Why to look, out of an event as GitHub tells it (GITHUB_EVENT_NAME and the JSON of GITHUB_EVENT_PATH). What is not for
 * us, or lacks what it should have, is ignored with a sentence: a look at everything (`sweep`) finds what it meant.
 * Throws Failure where the payload is no event at all, or images are given with no commit they could be of.
 */
export const readEvent = (name: string, payload: unknown, context: EventContext): Wake => {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    throw new Failure(`the event ${shown(name)} is no JSON object, but ${kindOf(payload)}`, {
      next: 'set GITHUB_EVENT_PATH to the file of an event, as GitHub does',
    });
  if (context.sha !== undefined && !commitSha.safeParse(context.sha).success)
    throw new Failure(`--sha is no commit: ${shown(context.sha)}`, { next: 'write all 40 hex digits of it' });
  const built = builtImages(context);
  const origin = originSchema.safeParse(payload);
  if (!origin.success) return ignored(name, `lacks ${placeOf(origin.error)}`);
  const { full_name, id } = origin.data.repository;
  if (full_name.toLowerCase() !== context.repository.toLowerCase())
    return ignored(name, `is of ${shown(full_name)}, not of ${context.repository}`);
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (reader !== undefined) return reader(payload, { name, built, repositoryId: id });
  return built === null ? ignored(name, 'says nothing about a pull request') : wakeBuilt(name, built);
};

interface Reading {
  readonly name: string;
  readonly built: Built | null;
  readonly repositoryId: number | undefined;
}
interface Built {
  readonly sha: string | undefined;
  readonly images: Images;
}
type Reader = (payload: object, reading: Reading) => Wake;

const builtImages = ({ images, sha }: EventContext): Built | null =>
  images === undefined || Object.keys(images).length === 0 ? null : { sha, images };

/** A reader whose payload has its shape, or says what is missing of it. */
const reads =
  <T>(schema: z.ZodType<T>, read: (event: T, reading: Reading) => Wake): Reader =>
  (payload, reading) => {
    const parsed = schema.safeParse(payload);
    return parsed.success ? read(parsed.data, reading) : ignored(reading.name, `lacks ${placeOf(parsed.error)}`);
  };

const pullRequestActions = {
  opened: 'opened',
  ready_for_review: 'ready',
  synchronize: 'pushed',
  converted_to_draft: 'draft',
  closed: 'closed',
  reopened: 'reopened',
} as const;
const isKnown = (action: string): action is keyof typeof pullRequestActions =>
  Object.hasOwn(pullRequestActions, action);

const readPullRequest = reads(pullRequestSchema, (event, { name, built }) => {
  const action = isKnown(event.action) ? pullRequestActions[event.action] : 'other';
  const useless = action === 'closed' || action === 'draft';
  return forNumber(name, event.number, (number) => ({
    kind: 'pull-request',
    number,
    action,
    sender: event.sender.login,
    at: event.pull_request.updated_at,
    built: built === null || useless ? null : { sha: built.sha ?? event.pull_request.head.sha, images: built.images },
  }));
});

/** Bots may say `/deploy` in their answers, and so do we in ours. */
const isBot = (user: { readonly login: string; readonly type?: string | undefined }): boolean =>
  user.type === 'Bot' || user.login.endsWith('[bot]');
/** What every comment of ours begins with, also when its token is a person's. */
export const ourComments = '<!-- reconcile:';

const readComment = reads(issueCommentSchema, ({ action, issue, comment }, { name, built }) => {
  if (built !== null) throw noBuild(name);
  if (action !== 'created') return ignored(name, `tells of a comment ${shown(action)}; only new ones count`);
  if (issue.pull_request === undefined || issue.pull_request === null)
    return ignored(name, 'is about an issue, not about a pull request');
  if (comment.user === null) return ignored(name, 'is by an account that is gone');
  if (isBot(comment.user)) return ignored(name, `is by a bot, ${shown(comment.user.login)}`);
  const body = comment.body ?? '';
  if (body.startsWith(ourComments)) return ignored(name, 'is our own comment');
  const author = { login: comment.user.login, association: comment.author_association };
  return forNumber(name, issue.number, (number) => ({
    kind: 'comment',
    number,
    id: comment.id,
    author,
    body,
    createdAt: comment.created_at,
  }));
});

interface Written {
  readonly action: string;
  readonly pull_request: { readonly number: number; readonly updated_at: string };
  readonly sender: z.infer<typeof reviewSchema>['sender'];
  readonly by: z.infer<typeof reviewSchema>['review'];
}
const wakeReview = (
  { action, pull_request, sender, by }: Written,
  { name, built }: Reading,
  counts: string[],
): Wake => {
  if (built !== null) throw noBuild(name);
  if (!counts.includes(action)) return ignored(name, `tells of ${shown(action)}, which is no work on the code`);
  for (const one of [sender, by.user])
    if (one !== null && isBot(one)) return ignored(name, `is by a bot, ${shown(one.login)}`);
  if (by.user === null) return ignored(name, 'is by an account that is gone');
  // A push takes approvals away, too: that is no work of whoever gave them.
  const association = by.user.login === sender.login ? by.author_association : 'NONE';
  const author = { login: sender.login, association };
  return forNumber(name, pull_request.number, (number) => ({
    kind: 'review',
    number,
    author,
    at: pull_request.updated_at,
  }));
};
const readReview = reads(reviewSchema, ({ review, ...event }, reading) =>
  wakeReview({ ...event, by: review }, reading, ['submitted', 'dismissed']),
);
const readCodeComment = reads(codeCommentSchema, ({ comment, ...event }, reading) =>
  wakeReview({ ...event, by: comment }, reading, ['created']),
);

/** A build that ended so made no images, and none will come of it. */
const failures = ['failure', 'timed_out', 'startup_failure', 'cancelled'];

const readWorkflowRun = reads(workflowRunSchema, ({ action, workflow_run: run }, { name, built, repositoryId }) => {
  if (action !== 'completed')
    return ignored(name, `tells of a run that is ${shown(action)}, not of one that is completed`);
  const conclusion = run.conclusion ?? 'without conclusion';
  const sha = built?.sha ?? run.head_sha;
  const number = onlyPullRequest(run.pull_requests ?? [], run.head_sha, repositoryId);
  if (failures.includes(conclusion))
    return { kind: 'build-failed', number, sha: run.head_sha, conclusion, runUrl: run.html_url ?? null };
  if (conclusion !== 'success') return ignored(name, `tells of a run that ended ${shown(conclusion)}`);
  if (built === null) return ignored(name, 'tells of a build, but no images of it were given: name them with --image');
  return { kind: 'built', number, sha, images: built.images };
});

/** Where two pull requests have the same head, or none is told (forks), the commit decides. */
const onlyPullRequest = (
  told: NonNullable<z.infer<typeof workflowRunSchema>['workflow_run']['pull_requests']>,
  headSha: string,
  repositoryId: number | undefined,
): number | null => {
  const here = told.filter(
    ({ number, head, base }) =>
      isNumber(number) && head?.sha === headSha && base !== undefined && base.repo.id === repositoryId,
  );
  return here.length === 1 ? (here[0]?.number ?? null) : null;
};

const readPush = reads(pushSchema, ({ after }, { name, built }) =>
  built === null
    ? ignored(name, 'says nothing about a pull request')
    : { kind: 'built', number: null, sha: built.sha ?? after, images: built.images },
);

/** Their workflow runs `sweep`. */
const readTimer: Reader = (_payload, { name, built }) =>
  built === null ? ignored(name, 'is about no single pull request: run sweep') : wakeBuilt(name, built);

const readers: Readonly<Record<string, Reader>> = {
  pull_request: readPullRequest,
  pull_request_target: readPullRequest,
  issue_comment: readComment,
  pull_request_review: readReview,
  pull_request_review_comment: readCodeComment,
  workflow_run: readWorkflowRun,
  push: readPush,
  schedule: readTimer,
  workflow_dispatch: readTimer,
};

const wakeBuilt = (name: string, { sha, images }: Built): Wake => {
  if (sha !== undefined) return { kind: 'built', number: null, sha, images };
  throw new Failure(`images were given with the event ${shown(name)}, which tells no commit they were built from`, {
    next: 'add --sha with the commit',
  });
};

const noBuild = (name: string): Failure =>
  new Failure(`images were given with the event ${shown(name)}, in which nothing is built`, {
    next: 'leave out --image, or run this in the workflow that builds them',
  });

/** As in targets: more digits make no valid label. */
const pullRequestMax = 9_999_999;
const isNumber = (number: number): boolean => Number.isInteger(number) && number >= 1 && number <= pullRequestMax;

const forNumber = (name: string, number: number, wake: (number: number) => Wake): Wake =>
  isNumber(number) ? wake(number) : ignored(name, `names no pull request: ${number} is no number of one`);

const ignored = (name: string, because: string): Wake => ({
  kind: 'ignored',
  because: `the event ${shown(name)} ${because}`,
});

/** Path of the first thing that is wrong. */
const placeOf = (error: z.ZodError): string => {
  const [issue] = error.issues;
  return issue === undefined || issue.path.length === 0 ? 'what it should have' : `a valid ${issue.path.join('.')}`;
};

const kindOf = (payload: unknown): string => {
  if (payload === null) return 'null';
  return Array.isArray(payload) ? 'a list' : `a ${typeof payload}`;
};

/** Names of events, repositories and people are anybody's text. */
const shown = (text: string): string => cutEnd(visibleText(text), 100);
