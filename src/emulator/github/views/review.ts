import { associationOf } from '../permissions.ts';
import { fullName, type GitHubState, type ReviewRow } from '../state.ts';
import { nodeId, type Places, userView } from './user.ts';

/** As a webhook tells it; the API has its state in capitals and no null for a body. */
export const reviewView = (places: Places, state: GitHubState, row: ReviewRow): Record<string, unknown> => {
  const name = fullName(state.repository);
  const pull = `${places.api}/repos/${name}/pulls/${row.pull}`;
  const html = `${places.site}/${name}/pull/${row.pull}#pullrequestreview-${row.id}`;
  return {
    id: row.id,
    node_id: nodeId('PRR', row.id),
    user: userView(places, state, row.author),
    body: row.body,
    commit_id: row.sha,
    submitted_at: row.submittedAt,
    state: row.state,
    html_url: html,
    pull_request_url: pull,
    author_association: associationOf(state, row.author),
    _links: { html: { href: html }, pull_request: { href: pull } },
  };
};

export const listedReviewView = (places: Places, state: GitHubState, row: ReviewRow): Record<string, unknown> => ({
  ...reviewView(places, state, row),
  body: row.body ?? '',
  state: row.state.toUpperCase(),
});
