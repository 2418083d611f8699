import type { PlacedFault } from '../faults.ts';
import { specOf } from '../spec.ts';
import type { AllocationRecord, ClusterState, JobRecord } from '../state.ts';
import { timings } from '../timings.ts';
import { type Course, collectGarbage, courseOf, isLive, rescheduleDelay } from './allocations.ts';
import { progressEnd, settleDeployment } from './deployments.ts';
import { nodeStatus } from './placement.ts';
import { reconcile, register } from './registry.ts';
import { activeDeployment, groupOf, latest } from './schedule.ts';

/** More events than this between two looks is a loop of ours, not a busy cluster. */
const eventsMax = 10_000;

/**
 * Lets everything happen that was due until now, in the order of its time, so that what a client sees does not depend
 * on how often it looked.
 */
export const settleJobs = (state: ClusterState, faults: readonly PlacedFault[], now: number): void => {
  for (let events = 0; ; events += 1) {
    if (events > eventsMax) throw new Error(`more than ${eventsMax} events in one settling of the emulated Nomad`);
    const at = nextEvent(state, faults, state.settledAt, now);
    if (at === undefined) break;
    step(state, faults, at);
    state.settledAt = at;
  }
  step(state, faults, now);
  state.settledAt = now;
  collectGarbage(state);
};

/** The course an allocation takes; undefined when its job or version is gone. */
export const courseIn = (
  state: ClusterState,
  one: AllocationRecord,
  faults: readonly PlacedFault[],
): Course | undefined => {
  const job = state.jobs.find((candidate) => candidate.id === one.jobId);
  const version = job?.versions.find((candidate) => candidate.version === one.version) ?? job?.versions.at(-1);
  const group = version === undefined ? undefined : groupOf(version, one.group);
  if (version === undefined || group === undefined) return undefined;
  return courseOf(one, group, faults, specOf(version.spec).Type);
};

const nextEvent = (
  state: ClusterState,
  faults: readonly PlacedFault[],
  after: number,
  until: number,
): number | undefined => {
  let next: number | undefined;
  const consider = (at: number | null | undefined): void => {
    if (at != null && at > after && at <= until && (next === undefined || at < next)) next = at;
  };
  for (const one of state.allocations) {
    if (isLive(one)) {
      const course = courseIn(state, one, faults);
      consider(course?.decidedAt);
      consider(course?.failedAt);
      consider(course?.completedAt);
    } else if (one.ended === 'failed' && one.desired === 'run' && !one.replaced)
      consider((one.endedAt ?? after) + rescheduleDelay(one.reschedules));
  }
  for (const deployment of state.deployments) if (deployment.status === 'running') consider(deployment.progressBy);
  for (const node of state.nodes) {
    consider(node.consulAt);
    consider(node.downSince === null ? null : node.downSince + timings.heartbeatLoss);
  }
  return next;
};

const step = (state: ClusterState, faults: readonly PlacedFault[], now: number): void => {
  for (const one of state.allocations) if (isLive(one)) settleAllocation(state, one, faults, now);
  for (const job of state.jobs) settleJob(state, job, now);
};

const settleAllocation = (
  state: ClusterState,
  one: AllocationRecord,
  faults: readonly PlacedFault[],
  now: number,
): void => {
  const node = state.nodes.find((candidate) => candidate.id === one.nodeId);
  if (node === undefined || nodeStatus(node, now) === 'down') {
    Object.assign(one, { ended: 'lost', endedAt: now, desired: 'stop' });
    return;
  }
  const course = courseIn(state, one, faults);
  if (course === undefined) return;
  if (course.failedAt !== null && course.failedAt <= now) {
    Object.assign(one, { ended: 'failed', endedAt: Math.max(course.failedAt, state.settledAt), health: false });
    return;
  }
  if (course.completedAt !== null && course.completedAt <= now) {
    Object.assign(one, { ended: 'complete', endedAt: Math.max(course.completedAt, state.settledAt) });
    return;
  }
  if (one.health !== null || course.decidedAt > now) return;
  one.health = course.healthy;
  const job = state.jobs.find((candidate) => candidate.id === one.jobId);
  const deployment = job === undefined ? undefined : activeDeployment(state, job);
  // Each allocation that becomes healthy is progress and moves the deadline.
  if (job !== undefined && deployment?.id === one.deploymentId && deployment !== undefined && course.healthy)
    deployment.progressBy = Math.max(deployment.progressBy, progressEnd(job, now));
};

const settleJob = (state: ClusterState, job: JobRecord, now: number): void => {
  const back = settleDeployment(state, job, now);
  const stable = back === undefined ? undefined : job.versions.find((one) => one.version === back);
  if (stable !== undefined) register(state, stable.spec, 'deployment-watcher', now);
  else reconcile(state, job, now);
  // A deployment whose last batch was placed long ago may be complete by what the scheduler just found.
  if (latest(job).stable === false) settleDeployment(state, job, now);
};
