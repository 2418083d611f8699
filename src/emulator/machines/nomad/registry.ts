import { stableUuid } from '../rows.ts';
import { specOf } from '../spec.ts';
import type { ClusterState, EvaluationRecord, JobRecord, Placement } from '../state.ts';
import { isLive, stopAllocation } from './allocations.ts';
import { cancelDeployment, startDeployment } from './deployments.ts';
import { keyOfSpec } from './keys.ts';
import { latest, schedule } from './schedule.ts';

type Json = Record<string, unknown>;

/** Fields that the server sets; they are no part of what the user wrote. */
const serverFields = [
  'Status',
  'StatusDescription',
  'Stable',
  'Version',
  'SubmitTime',
  'CreateIndex',
  'ModifyIndex',
  'JobModifyIndex',
  'Stop',
];
export const specText = (spec: Json): string =>
  JSON.stringify(sorted(Object.fromEntries(Object.entries(spec).filter(([key]) => !serverFields.includes(key)))));
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== null)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
};

export const findJob = (state: ClusterState, id: string): JobRecord | undefined =>
  state.jobs.find((job) => job.id === id);
export const isUnchanged = (job: JobRecord | undefined, spec: Json): boolean =>
  job !== undefined && !job.stopped && specText(latest(job).spec) === specText(spec);

/** Versions kept for reverts (job_max_versions is 6). */
const versionsMax = 6;

/** A new version when the job differs, and an evaluation that places it. */
export const register = (state: ClusterState, spec: Json, triggeredBy: string, now: number): EvaluationRecord => {
  const id = keyOfSpec(specOf(spec));
  let job = findJob(state, id);
  if (!isUnchanged(job, spec)) {
    state.index += 1;
    const before = job === undefined ? -1 : latest(job).version;
    if (job === undefined) {
      job = { id, createIndex: state.index, versions: [], stopped: false };
      state.jobs.push(job);
    }
    const version = { version: before + 1, spec, modifyIndex: state.index, submittedAt: now, stable: false };
    job.versions = [...job.versions, version].slice(-versionsMax);
    job.stopped = false;
    updateInPlace(state, job);
    startDeployment(state, job, now);
  }
  if (job === undefined) throw new Error(`job ${id} is unchanged but not there`);
  return evaluate(state, job, triggeredBy, now);
};

/** Only a changed count leaves the tasks as they are: then running allocations just count as the new version. */
const updateInPlace = (state: ClusterState, job: JobRecord): void => {
  const [before, after] = job.versions.slice(-2);
  if (before === undefined || after === undefined) return;
  const shape = (spec: Json): string => {
    const parsed = specOf(spec);
    return specText({ ...parsed, TaskGroups: parsed.TaskGroups.map(({ Count: _count, ...group }) => group) });
  };
  if (shape(before.spec) !== shape(after.spec)) return;
  for (const one of state.allocations)
    if (one.jobId === job.id && isLive(one) && one.version === before.version) one.version = after.version;
};

/** Runs the scheduler once and keeps its record: a blocked evaluation while something finds no place. */
export const evaluate = (state: ClusterState, job: JobRecord, triggeredBy: string, now: number): EvaluationRecord => {
  const failed = schedule(state, job, now);
  const evaluation = evaluationOf(state, job, triggeredBy, now, 'complete', failed);
  state.evaluations.push(evaluation);
  keepBlocked(state, job, failed, now);
  return evaluation;
};

/** As `evaluate`, but without a record of its own when nothing is in the way. */
export const reconcile = (state: ClusterState, job: JobRecord, now: number): void => {
  keepBlocked(state, job, schedule(state, job, now), now);
};

const keepBlocked = (state: ClusterState, job: JobRecord, failed: Record<string, Placement>, now: number): void => {
  const blocked = state.evaluations.findLast((one) => one.jobId === job.id && one.status === 'blocked');
  const trouble = Object.keys(failed).length > 0;
  if (blocked !== undefined && trouble) blocked.failed = failed;
  else if (blocked !== undefined) blocked.status = 'complete';
  else if (trouble) state.evaluations.push(evaluationOf(state, job, 'queued-allocs', now, 'blocked', failed));
};

const evaluationOf = (
  state: ClusterState,
  job: JobRecord,
  triggeredBy: string,
  now: number,
  status: 'complete' | 'blocked',
  failed: Record<string, Placement>,
): EvaluationRecord => {
  state.index += 1;
  return {
    id: stableUuid(`evaluation ${job.id} ${state.index}`),
    jobId: job.id,
    type: specOf(latest(job).spec).Type,
    triggeredBy,
    jobModifyIndex: latest(job).modifyIndex,
    createIndex: state.index,
    createdAt: now,
    status,
    failed: Object.keys(failed).length > 0 ? failed : null,
  };
};

export const deregister = (state: ClusterState, job: JobRecord, purge: boolean, now: number): EvaluationRecord => {
  cancelDeployment(state, job);
  const evaluation = evaluationOf(state, job, 'job-deregister', now, 'complete', {});
  state.evaluations = state.evaluations.filter((one) => one.jobId !== job.id || one.status !== 'blocked');
  state.evaluations.push(evaluation);
  for (const one of state.allocations) if (one.jobId === job.id) stopAllocation(one, now);
  if (purge) {
    // Their allocations are forgotten with them, the evaluations are not (seen on a real 1.9.7).
    state.jobs = state.jobs.filter((one) => one !== job);
    state.allocations = state.allocations.filter((one) => one.jobId !== job.id);
  } else if (!job.stopped) {
    const last = latest(job);
    state.index += 1;
    job.versions.push({ ...last, version: last.version + 1, modifyIndex: state.index, stable: false });
    job.stopped = true;
  }
  return evaluation;
};
