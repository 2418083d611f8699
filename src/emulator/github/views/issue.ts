import { associationOf } from '../permissions.ts';
import { type CommentRow, fullName, type GitHubState, type IssueRow, isPull, type PullRow } from '../state.ts';
import { nodeId, type Places, userView } from './user.ts';

export const labelView = ({ api }: Places, state: GitHubState, name: string): Record<string, unknown> => ({
  id: [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_000_007, 7),
  node_id: nodeId('LA', name.length),
  url: `${api}/repos/${fullName(state.repository)}/labels/${encodeURIComponent(name)}`,
  name,
  color: 'ededed',
  default: false,
  description: null,
});

const noReactions = (url: string): Record<string, unknown> => ({
  url: `${url}/reactions`,
  total_count: 0,
  '+1': 0,
  '-1': 0,
  laugh: 0,
  hooray: 0,
  confused: 0,
  heart: 0,
  rocket: 0,
  eyes: 0,
});

/** An issue; a pull request is one as well, with `pull_request` in it. */
export const issueView = (places: Places, state: GitHubState, row: IssueRow | PullRow): Record<string, unknown> => {
  const repository = `${places.api}/repos/${fullName(state.repository)}`;
  const url = `${repository}/issues/${row.number}`;
  const pull = isPull(row);
  const html = `${places.site}/${fullName(state.repository)}/${pull ? 'pull' : 'issues'}/${row.number}`;
  const pullUrl = `${repository}/pulls/${row.number}`;
  return {
    url,
    repository_url: repository,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    id: row.id,
    node_id: nodeId(pull ? 'PR' : 'I', row.id),
    number: row.number,
    title: row.title,
    user: userView(places, state, row.author),
    labels: row.labels.map((name) => labelView(places, state, name)),
    state: row.state,
    locked: row.locked,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: state.comments.filter(({ issue }) => issue === row.number).length,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    closed_at: row.closedAt,
    author_association: associationOf(state, row.author),
    active_lock_reason: null,
    ...(pull && {
      draft: row.draft,
      pull_request: {
        url: pullUrl,
        html_url: html,
        diff_url: `${html}.diff`,
        patch_url: `${html}.patch`,
        merged_at: row.mergedAt,
      },
    }),
    body: row.body,
    reactions: noReactions(url),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: row.state === 'closed' && !pull ? 'completed' : null,
  };
};

export const commentView = (places: Places, state: GitHubState, row: CommentRow): Record<string, unknown> => {
  const repository = `${places.api}/repos/${fullName(state.repository)}`;
  const kind = state.pulls.some(({ number }) => number === row.issue) ? 'pull' : 'issues';
  const url = `${repository}/issues/comments/${row.id}`;
  return {
    url,
    html_url: `${places.site}/${fullName(state.repository)}/${kind}/${row.issue}#issuecomment-${row.id}`,
    issue_url: `${repository}/issues/${row.issue}`,
    id: row.id,
    node_id: nodeId('IC', row.id),
    user: userView(places, state, row.author),
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    author_association: associationOf(state, row.author),
    body: row.body,
    reactions: noReactions(url),
    performed_via_github_app: null,
  };
};
