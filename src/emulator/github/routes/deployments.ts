import { GitHubError, invalid, notFound } from '../errors.ts';
import { type Call, Rows, route } from '../route.ts';
import { type DeploymentRow, type GitHubState, newId, type StatusRow, userOf } from '../state.ts';
import { deploymentView, statusView } from '../views/deployment.ts';
import { deploymentBody, statusBody } from '../wire.ts';

const repo = '/repos/:owner/:repo';
const pages = {
  list: 'deployments/deployments#list-deployments',
  get: 'deployments/deployments#get-a-deployment',
  create: 'deployments/deployments#create-a-deployment',
  statuses: 'deployments/statuses#list-deployment-statuses',
  status: 'deployments/statuses#create-a-deployment-status',
} as const;
const descriptionLimit = 140;

/** A commit, a branch, or the head of a pull request. */
const shaOf = (state: GitHubState, ref: string): string | undefined => {
  if (state.commits.includes(ref)) return ref;
  if (ref === state.repository.defaultBranch) return state.repository.head;
  return state.pulls.findLast(({ headRef, headRepository }) => headRef === ref && headRepository !== null)?.headSha;
};
const theDeployment = ({ state, params }: Call<unknown>, page: string): DeploymentRow => {
  const row = state.deployments.find(({ id }) => String(id) === params['id']);
  if (row === undefined) throw notFound(page);
  return row;
};
const currentState = (state: GitHubState, id: number): string | undefined =>
  state.statuses.findLast(({ deployment }) => deployment === id)?.state;

/**
 * A success takes the place of what succeeded before in the same environment, unless that was transient or production
 * (docs: auto_inactive).
 */
const endEarlier = (state: GitHubState, current: DeploymentRow, creator: string, iso: string): void => {
  for (const row of state.deployments) {
    if (row === current || row.environment !== current.environment || row.transient || row.production) continue;
    if (currentState(state, row.id) !== 'success') continue;
    const of = { deployment: row.id, environment: row.environment, creator };
    const empty = { description: '', environmentUrl: '', logUrl: '' };
    state.statuses.push({ id: newId(state), ...of, ...empty, state: 'inactive', createdAt: iso });
    row.updatedAt = iso;
  }
};
const address = (text: string, field: string): void => {
  if (text === '' || /^https?:\/\//.test(text)) return;
  const about = { resource: 'DeploymentStatus', code: 'custom', field } as const;
  throw invalid(pages.status, { ...about, message: `${field} must use http(s) scheme` });
};

export const deploymentRoutes = [
  route({
    method: 'GET',
    path: `${repo}/deployments`,
    accepts: 'deployments=read',
    documentation: pages.list,
    handle: ({ state, query, places }) => {
      const is = (name: string, value: string): boolean => [null, 'none', value].includes(query.get(name));
      const rows = state.deployments.filter(
        (row) => is('sha', row.sha) && is('ref', row.ref) && is('task', row.task) && is('environment', row.environment),
      );
      return new Rows(rows.toReversed().map((row) => () => deploymentView(places, state, row)));
    },
  }),
  route({
    method: 'POST',
    path: `${repo}/deployments`,
    accepts: 'deployments=write',
    documentation: pages.create,
    body: deploymentBody,
    handle: ({ state, body, places, iso, token }) => {
      const sha = shaOf(state, body.ref);
      if (sha === undefined)
        throw new GitHubError(422, `No ref found for: ${body.ref}`, { documentation: pages.create });
      const pending = state.checks.filter((check) => check.sha === sha && check.conclusion !== 'success');
      if (body.required_contexts === undefined && pending.length > 0)
        throw new GitHubError(409, `Conflict: Commit status checks failed for ${body.ref}`, {
          documentation: pages.create,
        });
      // --- writes begin ---
      const { environment } = body;
      const row: DeploymentRow = {
        id: newId(state),
        sha,
        ref: body.ref,
        task: body.task,
        environment,
        description: body.description ?? null,
        payload: body.payload,
        creator: userOf(state, token.login).login,
        transient: body.transient_environment,
        production: body.production_environment ?? environment === 'production',
        createdAt: iso,
        updatedAt: iso,
      };
      state.deployments.push(row);
      return deploymentView(places, state, row);
    },
  }),
  route({
    method: 'GET',
    path: `${repo}/deployments/:id`,
    accepts: 'deployments=read',
    documentation: pages.get,
    handle: (call) => deploymentView(call.places, call.state, theDeployment(call, pages.get)),
  }),
  route({
    method: 'GET',
    path: `${repo}/deployments/:id/statuses`,
    accepts: 'deployments=read',
    documentation: pages.statuses,
    handle: (call) => {
      const { id } = theDeployment(call, pages.statuses);
      const rows = call.state.statuses.filter(({ deployment }) => deployment === id).reverse();
      return new Rows(rows.map((row) => () => statusView(call.places, call.state, row)));
    },
  }),
  route({
    method: 'POST',
    path: `${repo}/deployments/:id/statuses`,
    accepts: 'deployments=write',
    documentation: pages.status,
    body: statusBody,
    handle: (call) => {
      const { body, state, iso } = call;
      const deployment = theDeployment(call, pages.status);
      address(body.environment_url, 'environment_url');
      address(body.log_url, 'log_url');
      if (body.description.length > descriptionLimit) {
        const about = { resource: 'DeploymentStatus', code: 'custom', field: 'description' } as const;
        const message = `description is too long (maximum is ${descriptionLimit} characters)`;
        throw invalid(pages.status, { ...about, message });
      }
      // --- writes begin ---
      const creator = userOf(state, call.token.login).login;
      if (body.state === 'success' && body.auto_inactive) endEarlier(state, deployment, creator, iso);
      const row: StatusRow = {
        id: newId(state),
        deployment: deployment.id,
        state: body.state,
        creator,
        description: body.description,
        environment: body.environment ?? deployment.environment,
        environmentUrl: body.environment_url,
        logUrl: body.log_url === '' ? body.target_url : body.log_url,
        createdAt: iso,
      };
      state.statuses.push(row);
      deployment.updatedAt = iso;
      return statusView(call.places, state, row);
    },
  }),
];
