import type { JobHealth } from '../ports/job-scheduler.ts';
import { describePlacements, failedTask, lastTaskEvent } from './describe.ts';
import { type NomadHttp, NomadRefusal, type Reply } from './http.ts';
import { logTail } from './logs.ts';
import {
  type Allocation,
  allocationsSchema,
  deploymentsSchema,
  evaluationsSchema,
  nodeStubsSchema,
  type StoredJob,
  storedJobSchema,
} from './wire.ts';

/**
 * Whether this version of the job runs. Deployment states alone mislead (hashicorp/nomad #3261, #10994, #25243), so a
 * healthy job is: its own deployment successful, nothing left unplaced, and every wanted allocation of this version
 * running and healthy now.
 */
export const jobHealth = async (http: NomadHttp, jobId: string, version: number): Promise<JobHealth> => {
  const job = await readJob(http, jobId);
  if (job === undefined || job.Stop) return failed(`${jobId} is not registered any more`);
  const path = `/v1/job/${encodeURIComponent(jobId)}`;
  const allocations = await http.ask('GET', `${path}/allocations`, allocationsSchema);
  const ours = allocations.body.filter((allocation) => allocation.JobVersion === version);
  const deployments = await http.ask('GET', `${path}/deployments`, deploymentsSchema);
  const deployment = deployments.body.find(
    (one) => one.JobVersion === version && one.JobCreateIndex === job.CreateIndex,
  );
  // Failed stays failed, also when auto_revert has long made another version healthy.
  if (deployment?.Status === 'failed' || deployment?.Status === 'cancelled')
    return failed(
      sentence(`deployment ${deployment.Status}`, deployment.StatusDescription, await whatFailed(http, ours)),
    );
  if (job.Version !== version)
    return failed(`version ${version} was replaced by version ${job.Version} before it was healthy`);
  const unplaced = await placementTrouble(http, path);
  if (unplaced?.state === 'failed') return unplaced;
  // System jobs make no deployment before Nomad 1.11 (its changelog).
  if (job.Type === 'system') return systemHealth(http, job, { ...allocations, body: ours });
  if (unplaced !== undefined) return unplaced;
  const wanted = wantedCount(job);
  const healthy = ours.filter(isHealthy).length;
  const counted = `${healthy} of ${wanted} allocation${wanted === 1 ? '' : 's'} healthy`;
  if (wanted === 0) return { state: 'healthy', detail: 'nothing to run: count is 0' };
  // An auto_promote or a last check may still be due although the allocations are well.
  if (deployment !== undefined && deployment.Status !== 'successful')
    return { state: 'waiting', detail: sentence(counted, deployment.StatusDescription, lastTaskEvent(ours)) };
  return healthy >= wanted
    ? { state: 'healthy', detail: counted }
    : { state: 'waiting', detail: sentence(counted, lastTaskEvent(ours)) };
};

/** The job as Nomad stores it; undefined when there is none. */
export const readJob = async (http: NomadHttp, jobId: string): Promise<StoredJob | undefined> => {
  try {
    return (await http.ask('GET', `/v1/job/${encodeURIComponent(jobId)}`, storedJobSchema)).body;
  } catch (error) {
    if (error instanceof NomadRefusal && error.status === 404) return undefined;
    throw error;
  }
};

export const wantedCount = (job: StoredJob): number =>
  (job.TaskGroups ?? []).reduce((sum, group) => sum + (group.Count ?? 1), 0);

export const isHealthy = (allocation: Allocation): boolean =>
  allocation.DesiredStatus === 'run' &&
  allocation.ClientStatus === 'running' &&
  allocation.DeploymentStatus?.Healthy === true;

/** The failing task's last event, and under it the end of its log. */
export const whatFailed = async (http: NomadHttp, allocations: readonly Allocation[]): Promise<string | undefined> => {
  const task = failedTask(allocations);
  if (task === undefined) return undefined;
  const tail = await logTail(http, task);
  return tail === '' ? task.text : `${task.text}; ${tail}`;
};

export const failed = (detail: string): JobHealth => ({ state: 'failed', detail });
export const sentence = (...parts: readonly (string | null | undefined)[]): string =>
  parts.filter((part) => part !== null && part !== undefined && part !== '').join('; ');

/** A complete evaluation with unplaced groups is no success: a blocked one waits for room. */
export const placementTrouble = async (http: NomadHttp, path: string): Promise<JobHealth | undefined> => {
  const { body } = await http.ask('GET', `${path}/evaluations`, evaluationsSchema);
  const newest = body.toSorted((a, b) => b.CreateIndex - a.CreateIndex);
  const blocked = newest.find((evaluation) => evaluation.Status === 'blocked');
  if (blocked !== undefined)
    return { state: 'waiting', detail: `not placed: ${describePlacements(blocked.FailedTGAllocs ?? {})}` };
  const latest = newest[0];
  if (latest?.Status === 'failed') return failed(sentence('evaluation failed', latest.StatusDescription));
  return undefined;
};

/** One running allocation per eligible node, for min_healthy_time: measured on the server's clock, not on ours. */
const systemHealth = async (
  http: NomadHttp,
  job: StoredJob,
  { body, serverTime }: Reply<readonly Allocation[]>,
): Promise<JobHealth> => {
  const nodes = await http.ask('GET', '/v1/nodes', nodeStubsSchema);
  const wanted = nodes.body.filter(
    (node) => node.Status === 'ready' && node.SchedulingEligibility === 'eligible',
  ).length;
  const minHealthyMs = Math.max(
    0,
    ...(job.TaskGroups ?? []).map((group) => (group.Update?.MinHealthyTime ?? 10e9) / 1e6),
  );
  const settled = body.filter((allocation) => {
    const started = Object.values(allocation.TaskStates ?? {}).map((state) => Date.parse(state.StartedAt ?? ''));
    const age = Math.min(...started.map((at) => (serverTime ?? Number.NEGATIVE_INFINITY) - at));
    return allocation.ClientStatus === 'running' && started.length > 0 && age >= minHealthyMs;
  }).length;
  const counted = `${settled} of ${wanted} nodes run it for ${minHealthyMs / 1000} s`;
  if (body.some((allocation) => allocation.ClientStatus === 'failed'))
    return failed(sentence(counted, await whatFailed(http, body)));
  return { state: wanted > 0 && settled >= wanted ? 'healthy' : 'waiting', detail: counted };
};
