import { type CheckRow, type DeploymentRow, fullName, type GitHubState, type StatusRow } from '../state.ts';
import { nodeId, type Places, userView } from './user.ts';

const at = (places: Places, state: GitHubState): string => `${places.api}/repos/${fullName(state.repository)}`;

export const deploymentView = (places: Places, state: GitHubState, row: DeploymentRow): Record<string, unknown> => ({
  url: `${at(places, state)}/deployments/${row.id}`,
  id: row.id,
  node_id: nodeId('DE', row.id),
  task: row.task,
  original_environment: row.environment,
  environment: row.environment,
  description: row.description,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  statuses_url: `${at(places, state)}/deployments/${row.id}/statuses`,
  repository_url: at(places, state),
  creator: userView(places, state, row.creator),
  sha: row.sha,
  ref: row.ref,
  payload: row.payload,
  transient_environment: row.transient,
  production_environment: row.production,
  performed_via_github_app: null,
});

export const statusView = (places: Places, state: GitHubState, row: StatusRow): Record<string, unknown> => ({
  url: `${at(places, state)}/deployments/${row.deployment}/statuses/${row.id}`,
  id: row.id,
  node_id: nodeId('DES', row.id),
  state: row.state,
  creator: userView(places, state, row.creator),
  description: row.description,
  environment: row.environment,
  target_url: row.logUrl,
  created_at: row.createdAt,
  updated_at: row.createdAt,
  deployment_url: `${at(places, state)}/deployments/${row.deployment}`,
  repository_url: at(places, state),
  environment_url: row.environmentUrl,
  log_url: row.logUrl,
  performed_via_github_app: null,
});

export const checkView = (places: Places, state: GitHubState, row: CheckRow): Record<string, unknown> => {
  const url = `${at(places, state)}/check-runs/${row.id}`;
  return {
    id: row.id,
    name: row.name,
    node_id: nodeId('CR', row.id),
    head_sha: row.sha,
    external_id: row.externalId,
    url,
    html_url: `${places.site}/${fullName(state.repository)}/runs/${row.id}`,
    details_url: row.detailsUrl ?? `${places.site}/${fullName(state.repository)}/runs/${row.id}`,
    status: row.status,
    conclusion: row.conclusion,
    started_at: row.startedAt,
    completed_at: row.completedAt,
    output: {
      title: row.title,
      summary: row.summary,
      text: row.text,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: 1 },
    app: { id: 15_368, slug: 'github-actions', name: 'GitHub Actions' },
    pull_requests: [],
  };
};
