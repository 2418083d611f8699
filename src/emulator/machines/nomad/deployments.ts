import { stableUuid } from '../rows.ts';
import { specOf } from '../spec.ts';
import type { ClusterState, DeploymentRecord, JobRecord } from '../state.ts';
import { isLive, stopAllocation } from './allocations.ts';
import { activeDeployment, latest } from './schedule.ts';

/* Descriptions as Nomad writes them (nomad/structs, DeploymentStatusDescription…). */
const texts = {
  running: 'Deployment is running',
  promotion: 'Deployment is running pending automatic promotion',
  manual: 'Deployment is running but requires manual promotion',
  successful: 'Deployment completed successfully',
  newer: 'Cancelled due to newer version of job',
  stopped: 'Cancelled because job is stopped',
  progress: 'Failed due to progress deadline',
  unhealthy: 'Failed due to unhealthy allocations',
};

/** Service jobs deploy; system jobs don't before Nomad 1.11. */
export const startDeployment = (state: ClusterState, job: JobRecord, now: number): void => {
  cancelDeployment(state, job, texts.newer);
  const version = latest(job);
  const spec = specOf(version.spec);
  if (spec.Type !== 'service') return;
  const running = state.allocations.filter((one) => one.jobId === job.id && isLive(one));
  const groups = spec.TaskGroups.map((group) => {
    const before = running.some((one) => one.group === group.Name && one.version !== version.version);
    const canaries = before ? Math.min(group.Update.Canary, group.Count) : 0;
    return [group.Name, { canaries, promoted: false }] as const;
  });
  state.index += 1;
  state.deployments.push({
    id: stableUuid(`deployment ${job.id} ${version.version} ${state.index}`),
    jobId: job.id,
    jobVersion: version.version,
    jobCreateIndex: job.createIndex,
    createIndex: state.index,
    createdAt: now,
    status: 'running',
    description: groups.some(([, group]) => group.canaries > 0) ? texts.promotion : texts.running,
    progressBy: progressEnd(job, now),
    groups: Object.fromEntries(groups),
  });
};

export const cancelDeployment = (state: ClusterState, job: JobRecord, description = texts.stopped): void => {
  const active = activeDeployment(state, job);
  if (active === undefined) return;
  active.status = 'cancelled';
  active.description = description;
};

const progressMs = (job: JobRecord): number =>
  Math.max(...specOf(latest(job).spec).TaskGroups.map((group) => group.Update.ProgressDeadline / 1e6));
/** Deadline 0: none, but the first unhealthy allocation ends the deployment (nomad/docs/job-specification/update). */
export const progressEnd = (job: JobRecord, now: number): number =>
  progressMs(job) === 0 ? Number.MAX_SAFE_INTEGER : now + progressMs(job);

/**
 * Ends the deployment when it is complete or out of time. Answers the version to go back to when auto_revert asks for
 * one and there is a stable one.
 */
export const settleDeployment = (state: ClusterState, job: JobRecord, now: number): number | undefined => {
  const active = activeDeployment(state, job);
  if (active === undefined) return undefined;
  const version = latest(job);
  const groups = specOf(version.spec).TaskGroups;
  const live = state.allocations.filter((one) => one.jobId === job.id && isLive(one));
  const complete = groups.every((group) => {
    const own = live.filter((one) => one.group === group.Name);
    const well = own.filter((one) => one.version === version.version && one.health === true).length;
    const progress = active.groups[group.Name];
    return well >= group.Count && own.length === well && (progress?.canaries === 0 || progress?.promoted === true);
  });
  if (complete) {
    active.status = 'successful';
    active.description = texts.successful;
    version.stable = true;
    return undefined;
  }
  if (needsHand(active, groups, live)) active.description = texts.manual;
  if (now >= active.progressBy) return fail(state, job, active, now, texts.progress);
  const sick = state.allocations.some((one) => one.deploymentId === active.id && one.health === false);
  return sick && progressMs(job) === 0 ? fail(state, job, active, now, texts.unhealthy) : undefined;
};

const needsHand = (
  active: DeploymentRecord,
  groups: readonly { Name: string; Update: { AutoPromote?: boolean | null | undefined } }[],
  live: readonly { group: string; version: number; health: boolean | null }[],
): boolean =>
  groups.some(({ Name, Update }) => {
    const progress = active.groups[Name];
    if (progress === undefined || progress.canaries === 0 || progress.promoted || Update.AutoPromote === true)
      return false;
    return (
      live.filter((one) => one.group === Name && one.version === active.jobVersion && one.health === true).length >=
      progress.canaries
    );
  });

const fail = (
  state: ClusterState,
  job: JobRecord,
  active: DeploymentRecord,
  now: number,
  because: string,
): number | undefined => {
  active.status = 'failed';
  active.description = because;
  for (const one of state.allocations)
    if (one.jobId === job.id && one.canary && one.deploymentId === active.id)
      stopAllocation(one, Math.min(now, active.progressBy));
  const wants = specOf(latest(job).spec).TaskGroups.some((group) => group.Update.AutoRevert === true);
  if (!wants) return undefined;
  const stable = job.versions.findLast((one) => one.stable && one.version < active.jobVersion);
  active.description =
    stable === undefined
      ? `${because} - no stable job version to auto revert to`
      : `${because} - rolling back to job version ${stable.version}`;
  return stable?.version;
};
