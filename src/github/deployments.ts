import type { CodeHost } from '../ports/code-host.ts';
import type { GitHubClient } from './client.ts';
import { madeOnce } from './settle.ts';
import { fitted, fittedTitle, summaryLimit } from './text.ts';
import { checksSchema, deploymentsSchema, identified } from './wire.ts';

type Deployment = Parameters<CodeHost['putDeployment']>[0];
type Check = Parameters<CodeHost['putCheck']>[0];

export const deploymentsOf = (client: GitHubClient): Pick<CodeHost, 'putDeployment' | 'putCheck'> => ({
  putDeployment: async (wanted) => {
    if (wanted.known !== null && (await setState(client, wanted.known, wanted))) return wanted.known;
    const id = await madeOnce(
      client.clock,
      () => createDeployment(client, wanted),
      () => findDeployment(client, wanted),
    );
    await setState(client, id, wanted);
    return id;
  },
  putCheck: async (wanted) => {
    if (wanted.known !== null && (await updateCheck(client, wanted.known, wanted))) return wanted.known;
    return madeOnce(
      client.clock,
      () => createCheck(client, wanted),
      () => findCheck(client, wanted),
    );
  },
});

const deploying = { needs: 'deployments=write', schema: identified };
const createDeployment = async (client: GitHubClient, { sha, environment }: Deployment): Promise<number> =>
  (
    await client.call({
      ...deploying,
      what: `make a deployment of ${environment}`,
      route: 'POST /repos/{owner}/{repo}/deployments',
      // Nothing is merged into the commit, and other checks do not have to be green: a preview is there to look.
      params: { ref: sha, environment, auto_merge: false, required_contexts: [] },
    })
  ).id;

/** The newest of this commit and environment: whose ever it is, it says the same. */
const findDeployment = async (client: GitHubClient, { sha, environment }: Deployment): Promise<number | null> => {
  const rows = await client.call({
    what: `list deployments of ${environment}`,
    route: 'GET /repos/{owner}/{repo}/deployments',
    params: { sha, environment, per_page: 10 },
    needs: 'deployments=read',
    schema: deploymentsSchema,
  });
  return rows.find((row) => row.sha === sha && row.environment === environment)?.id ?? null;
};

/** False: the deployment is gone. Said twice, the same state is the same state. */
const setState = async (
  client: GitHubClient,
  id: number,
  { state, environment, url, logUrl }: Deployment,
): Promise<boolean> =>
  (await client.attempt({
    ...deploying,
    what: `say that the deployment of ${environment} is ${state.replace('_', ' ')}`,
    route: 'POST /repos/{owner}/{repo}/deployments/{id}/statuses',
    params: {
      id,
      state,
      auto_inactive: true,
      ...(url === null ? {} : { environment_url: url }),
      ...(logUrl === null ? {} : { log_url: logUrl }),
    },
    repeatable: true,
  })) !== null;

const checking = { needs: 'checks=write', schema: identified };
const checkFields = ({ name, conclusion, title, summary, url }: Check) => ({
  name,
  ...(conclusion === null ? { status: 'in_progress' } : { status: 'completed', conclusion }),
  ...(url === null ? {} : { details_url: url }),
  output: { title: fittedTitle(title), summary: fitted(summary, summaryLimit) },
});

const createCheck = async (client: GitHubClient, wanted: Check): Promise<number> =>
  (
    await client.call({
      ...checking,
      what: `make the check "${fittedTitle(wanted.name, 80)}"`,
      route: 'POST /repos/{owner}/{repo}/check-runs',
      params: { head_sha: wanted.sha, ...checkFields(wanted) },
    })
  ).id;

const updateCheck = async (client: GitHubClient, id: number, wanted: Check): Promise<boolean> =>
  (await client.attempt({
    ...checking,
    what: `change the check "${fittedTitle(wanted.name, 80)}"`,
    route: 'PATCH /repos/{owner}/{repo}/check-runs/{id}',
    params: { id, ...checkFields(wanted) },
    repeatable: true,
  })) !== null;

const findCheck = async (client: GitHubClient, { sha, name }: Check): Promise<number | null> => {
  const { check_runs } = await client.call({
    what: `list the checks of ${sha.slice(0, 12)}`,
    route: 'GET /repos/{owner}/{repo}/commits/{sha}/check-runs',
    params: { sha, check_name: name, per_page: 10 },
    needs: 'checks=read',
    schema: checksSchema,
  });
  return check_runs.find((run) => run.name === name)?.id ?? null;
};
