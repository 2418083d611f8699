import { associationOf } from '../permissions.ts';
import { fullName, type GitHubState, type PullRow } from '../state.ts';
import { labelView } from './issue.ts';
import { repositoryView } from './repository.ts';
import { nodeId, type Places, userView } from './user.ts';

/** What a list shows of a pull request. */
export const pullView = (places: Places, state: GitHubState, row: PullRow): Record<string, unknown> => {
  const name = fullName(state.repository);
  const repository = `${places.api}/repos/${name}`;
  const url = `${repository}/pulls/${row.number}`;
  const issue = `${repository}/issues/${row.number}`;
  const html = `${places.site}/${name}/pull/${row.number}`;
  const statuses = `${repository}/statuses/${row.headSha}`;
  const person = (login: string): Record<string, unknown> => userView(places, state, login);
  return {
    url,
    id: row.id,
    node_id: nodeId('PR', row.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    number: row.number,
    state: row.state,
    locked: row.locked,
    title: row.title,
    user: person(row.author),
    body: row.body,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    closed_at: row.closedAt,
    merged_at: row.mergedAt,
    merge_commit_sha: row.mergeSha,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: row.labels.map((label) => labelView(places, state, label)),
    milestone: null,
    draft: row.draft,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repository}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    head: {
      label: `${row.headOwner}:${row.headRef}`,
      ref: row.headRef,
      sha: row.headSha,
      user: person(row.headOwner),
      repo: row.headRepository === null ? null : repositoryView(places, state, row.headRepository),
    },
    base: {
      label: `${state.repository.owner}:${row.baseRef}`,
      ref: row.baseRef,
      sha: row.baseSha,
      user: person(state.repository.owner),
      repo: repositoryView(places, state, name),
    },
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${repository}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
    author_association: associationOf(state, row.author),
    auto_merge: null,
    active_lock_reason: null,
  };
};

/** One pull request, asked for by its number or told by a webhook. */
export const fullPullView = (places: Places, state: GitHubState, row: PullRow): Record<string, unknown> => ({
  ...pullView(places, state, row),
  merged: row.mergedAt !== null,
  mergeable: null,
  rebaseable: null,
  mergeable_state: 'unknown',
  merged_by: row.mergedBy === null ? null : userView(places, state, row.mergedBy),
  comments: state.comments.filter(({ issue }) => issue === row.number).length,
  review_comments: 0,
  maintainer_can_modify: false,
  commits: 1,
  additions: 1,
  deletions: 1,
  changed_files: 1,
});
