import { associationOf } from './permissions.ts';
import {
  type CommentRow,
  chance,
  fullName,
  type GitHubState,
  issueOf,
  newId,
  type PullRow,
  type ReviewRow,
} from './state.ts';
import { commentView, issueView, labelView } from './views/issue.ts';
import { fullPullView } from './views/pull.ts';
import { repositoryView } from './views/repository.ts';
import { reviewView } from './views/review.ts';
import { nodeId, type Places, userView } from './views/user.ts';

/** What GitHub sends when something happens, and writes into GITHUB_EVENT_PATH of a workflow. */
export interface Delivery {
  /** GITHUB_EVENT_NAME; `x-github-event` of a webhook. */
  readonly event: string;
  /** `x-github-delivery` */
  readonly delivery: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Webhooks name their fields as the recorded ones of @octokit/webhooks-examples do. */
export const createDeliveries = (places: Places, state: () => GitHubState) => {
  const send = (event: string, sender: string, payload: Record<string, unknown>): Delivery => ({
    event,
    delivery: `${chance(state()).hex(4)}-${chance(state()).hex(2)}-11ef-${chance(state()).hex(2)}-${chance(state()).hex(6)}`,
    payload: {
      ...payload,
      repository: repositoryView(places, state(), fullName(state().repository)),
      sender: userView(places, state(), sender),
    },
  });
  const aboutPull = (action: string, row: PullRow, sender: string, more: Record<string, unknown> = {}): Delivery =>
    send('pull_request', sender, {
      action,
      number: row.number,
      pull_request: fullPullView(places, state(), row),
      ...more,
    });
  return {
    aboutPull,
    labelled: (action: string, row: PullRow, sender: string, label: string): Delivery =>
      aboutPull(action, row, sender, { label: labelView(places, state(), label) }),
    aboutComment: (action: string, row: CommentRow, sender: string, more: Record<string, unknown> = {}): Delivery => {
      const issue = issueOf(state(), row.issue);
      if (issue === undefined) throw new Error(`comment ${row.id} is on nothing`);
      return send('issue_comment', sender, {
        action,
        ...more,
        issue: issueView(places, state(), issue),
        comment: commentView(places, state(), row),
      });
    },
    reviewed: (row: PullRow, made: ReviewRow): Delivery => {
      const review = reviewView(places, state(), made);
      // The pull request of a review is the short one: without counts, merges and checks.
      const { merged, mergeable, rebaseable, mergeable_state, merged_by, comments, review_comments, ...short } =
        fullPullView(places, state(), row);
      const { maintainer_can_modify, commits, additions, deletions, changed_files, ...shorter } = short;
      return send('pull_request_review', made.author, { action: 'submitted', review, pull_request: shorter });
    },
    codeCommented: (row: PullRow, review: ReviewRow, body: string): Delivery => {
      const { author: by, submittedAt: at } = review;
      const id = newId(state());
      const repository = `${places.api}/repos/${fullName(state().repository)}`;
      const pull = `${repository}/pulls/${row.number}`;
      const html = `${places.site}/${fullName(state().repository)}/pull/${row.number}#discussion_r${id}`;
      const comment = {
        url: `${repository}/pulls/comments/${id}`,
        id,
        node_id: nodeId('PRRC', id),
        pull_request_review_id: review.id,
        diff_hunk: '@@ -1 +1 @@',
        path: 'README.md',
        position: 1,
        original_position: 1,
        commit_id: row.headSha,
        original_commit_id: row.headSha,
        user: userView(places, state(), by),
        body,
        created_at: at,
        updated_at: at,
        html_url: html,
        pull_request_url: pull,
        author_association: associationOf(state(), by),
        _links: {
          self: { href: `${repository}/pulls/comments/${id}` },
          html: { href: html },
          pull_request: { href: pull },
        },
      };
      return send('pull_request_review_comment', by, {
        action: 'created',
        comment,
        pull_request: fullPullView(places, state(), row),
      });
    },
    pushed: (ref: string, before: string, after: string, sender: string): Delivery => {
      const told = send('push', sender, {
        ref: `refs/heads/${ref}`,
        before,
        after,
        created: /^0+$/.test(before),
        deleted: /^0+$/.test(after),
        forced: false,
        base_ref: null,
        compare: `${places.site}/${fullName(state().repository)}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
        commits: [],
        head_commit: null,
        pusher: { name: sender, email: `${sender}@users.noreply.github.com` },
      });
      return { ...told, payload: { ...told.payload, repository: pushedRepository(told.payload['repository']) } };
    },
  };
};
export type Deliveries = ReturnType<typeof createDeliveries>;

/** In a push, and nowhere else, a repository has its moments in seconds and older names for the same things. */
const pushedRepository = (view: unknown): Record<string, unknown> => {
  const repository = view as Record<string, unknown>;
  const owner = repository['owner'] as Record<string, unknown>;
  const seconds = (key: string): number => Date.parse(String(repository[key])) / 1000;
  return {
    ...repository,
    owner: { ...owner, name: owner['login'], email: null },
    created_at: seconds('created_at'),
    pushed_at: seconds('pushed_at'),
    stargazers: 0,
    master_branch: repository['default_branch'],
  };
};
