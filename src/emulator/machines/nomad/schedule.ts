import { type GroupSpec, type JobSpec, specOf } from '../spec.ts';
import type { AllocationRecord, ClusterState, DeploymentRecord, JobRecord, JobVersion, Placement } from '../state.ts';
import { isLive, mayReschedule, rescheduleDelay, stopAllocation } from './allocations.ts';
import { keyOfSpec } from './keys.ts';
import { nodeStatus, place } from './placement.ts';

/** The group as one version of the job writes it. */
export const groupOf = (version: JobVersion, name: string): GroupSpec | undefined =>
  specOf(version.spec).TaskGroups.find((group) => group.Name === name);

export const latest = (job: JobRecord): JobVersion => {
  const version = job.versions.at(-1);
  if (version === undefined) throw new Error(`job ${job.id} has no version`);
  return version;
};
export const activeDeployment = (state: ClusterState, job: JobRecord): DeploymentRecord | undefined =>
  state.deployments.findLast(
    (one) => one.jobId === job.id && one.jobCreateIndex === job.createIndex && one.status === 'running',
  );

/** Makes what runs agree with what is wanted, as far as the deployment allows now. What can't be placed is returned. */
export const schedule = (state: ClusterState, job: JobRecord, now: number): Record<string, Placement> => {
  const failed: Record<string, Placement> = {};
  const deployment = activeDeployment(state, job);
  const version = wantedVersion(state, job, deployment);
  const spec = specOf(version.spec);
  const known = new Set(spec.TaskGroups.map((group) => group.Name));
  for (const allocation of state.allocations)
    if (allocation.jobId === job.id && isLive(allocation) && (job.stopped || !known.has(allocation.group)))
      stopAllocation(allocation, now);
  if (job.stopped) return failed;
  for (const group of spec.TaskGroups) {
    const scope: Scope = { state, job: spec, group, version: version.version, deployment, now };
    const trouble =
      spec.Type === 'system'
        ? everywhere(scope)
        : spec.Type === 'batch'
          ? once(scope)
          : deployment === undefined
            ? steady(scope)
            : rolling(scope, deployment);
    if (trouble !== undefined) failed[group.Name] = trouble;
  }
  return failed;
};

/** A version whose deployment failed is not placed anew: the last stable one is. */
const wantedVersion = (state: ClusterState, job: JobRecord, active: DeploymentRecord | undefined): JobVersion => {
  const newest = latest(job);
  const last = state.deployments.findLast(
    (one) => one.jobId === job.id && one.jobVersion === newest.version && one.jobCreateIndex === job.createIndex,
  );
  if (active !== undefined || last?.status !== 'failed') return newest;
  return job.versions.findLast((one) => one.stable) ?? newest;
};

interface Scope {
  readonly state: ClusterState;
  readonly job: JobSpec;
  readonly group: GroupSpec;
  readonly version: number;
  readonly deployment: DeploymentRecord | undefined;
  readonly now: number;
}

const liveOf = ({ state, job, group }: Scope): AllocationRecord[] =>
  state.allocations.filter((one) => one.jobId === keyOfSpec(job) && one.group === group.Name && isLive(one));

/** A failed allocation's place stays empty until its reschedule is due. */
const waitingPlaces = ({ state, job, group, version, now }: Scope): AllocationRecord[] =>
  state.allocations.filter(
    (one) =>
      one.jobId === keyOfSpec(job) &&
      one.group === group.Name &&
      one.version === version &&
      one.ended === 'failed' &&
      one.desired === 'run' &&
      !one.replaced &&
      mayReschedule(one, group, job.Type) &&
      now < (one.endedAt ?? now) + rescheduleDelay(one.reschedules),
  );

const placeOne = (scope: Scope, canary = false): Placement | undefined => {
  const { state, job, group, version, deployment, now } = scope;
  const used = new Set(liveOf(scope).map((one) => one.index));
  const free = [...Array(group.Count + used.size + 1).keys()].find((index) => !used.has(index)) ?? 0;
  const due = state.allocations.find(
    (one) =>
      one.jobId === keyOfSpec(job) &&
      one.group === group.Name &&
      one.ended === 'failed' &&
      one.version === version &&
      one.desired === 'run' &&
      !one.replaced,
  );
  const wanted = {
    index: free,
    version,
    deploymentId: deployment?.id ?? null,
    canary,
    reschedules: due === undefined ? 0 : due.reschedules + 1,
  };
  const failed = place(state, job, group, wanted, now);
  if (failed === undefined && due !== undefined) due.replaced = true;
  return failed;
};

const fill = (scope: Scope, missing: number, canary = false): Placement | undefined => {
  for (let left = missing; left > 0; left -= 1) {
    const failed = placeOne(scope, canary);
    if (failed !== undefined) return failed;
  }
  return undefined;
};

const stopSome = (allocations: readonly AllocationRecord[], count: number, now: number): void => {
  const last = allocations.toSorted((a, b) => b.index - a.index).slice(0, Math.max(0, count));
  for (const allocation of last) stopAllocation(allocation, now);
};

const steady = (scope: Scope): Placement | undefined => {
  const live = liveOf(scope);
  stopSome(live, live.length - scope.group.Count, scope.now);
  return fill(scope, scope.group.Count - live.length - waitingPlaces(scope).length);
};

/** A batch job's task that ended is done; what an older version still runs is stopped. */
const once = (scope: Scope): Placement | undefined => {
  const { state, job, group, version, now } = scope;
  const current = state.allocations.filter(
    (one) => one.jobId === keyOfSpec(job) && one.group === group.Name && one.version === version,
  );
  for (const one of liveOf(scope)) if (one.version !== version) stopAllocation(one, now);
  const over = current.filter(
    (one) => one.ended === 'complete' || (one.ended === 'failed' && !mayReschedule(one, group, job.Type)),
  );
  return fill(scope, group.Count - liveOf(scope).length - waitingPlaces(scope).length - over.length);
};

/** Canaries first; once promoted (or without them) max_parallel at a time, each batch after the last is healthy. */
const rolling = (scope: Scope, deployment: DeploymentRecord): Placement | undefined => {
  const { group, version, now } = scope;
  const progress = deployment.groups[group.Name];
  const current = liveOf(scope).filter((one) => one.version === version);
  const old = liveOf(scope).filter((one) => one.version !== version);
  const waiting = waitingPlaces(scope).length;
  if (progress !== undefined && progress.canaries > 0 && !progress.promoted) {
    const well = current.filter((one) => one.health === true).length;
    if (well < progress.canaries || group.Update.AutoPromote !== true)
      return fill(scope, progress.canaries - current.length - waiting, true);
    progress.promoted = true;
  }
  const inFlight = current.filter((one) => one.health !== true).length + waiting;
  const parallel = old.length === 0 || group.Update.MaxParallel === 0 ? group.Count : group.Update.MaxParallel;
  const batch = Math.max(0, Math.min(parallel - inFlight, group.Count - current.length - waiting));
  stopSome(old, current.length + old.length + batch - group.Count, now);
  stopSome(current, current.length - group.Count, now);
  return fill(scope, batch);
};

/** One on each node that is ready and eligible. */
const everywhere = (scope: Scope): Placement | undefined => {
  const { state, group, version, now } = scope;
  const nodes = state.nodes.filter((node) => node.eligible && nodeStatus(node, now) === 'ready');
  const live = liveOf(scope);
  for (const one of live)
    if (one.version !== version || !nodes.some((node) => node.id === one.nodeId)) stopAllocation(one, now);
  const covered = new Set(liveOf(scope).map((one) => one.nodeId));
  const distinct: GroupSpec = { ...group, Constraints: [{ Operand: 'distinct_hosts' }] };
  return fill(
    { ...scope, group: distinct },
    nodes.filter((node) => !covered.has(node.id)).length - waitingPlaces(scope).length,
  );
};
