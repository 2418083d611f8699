import type { PlacedFault } from '../faults.ts';
import { taskFault } from '../faults.ts';
import type { GroupSpec } from '../spec.ts';
import { hasChecks } from '../spec.ts';
import type { AllocationRecord, ClusterState } from '../state.ts';
import { timings } from '../timings.ts';
import { idOf } from './keys.ts';

/** What will become of an allocation if nothing else happens; times in ms. */
export interface Course {
  readonly startedAt: number;
  /** Its health is decided then. */
  readonly decidedAt: number;
  readonly healthy: boolean;
  /** Its task gives up then (crash loop); null: it runs on. */
  readonly failedAt: number | null;
  /** A batch job's task ends well then; null: it runs on. */
  readonly completedAt: number | null;
}
const ms = (nanoseconds: number): number => nanoseconds / 1e6;

/** Images of these names stand for sick applications, so that one version of a job can be sick and another well. */
const sickImages: readonly (readonly [RegExp, 'never-healthy' | 'task-crashes'])[] = [
  [/(?:^|\/)crashes(?::|@|$)/, 'task-crashes'],
  [/(?:^|\/)never-healthy(?::|@|$)/, 'never-healthy'],
];

/** What ails an allocation: a fault set on its machine, or its image. */
export const sickness = (
  allocation: AllocationRecord,
  group: GroupSpec,
  faults: readonly PlacedFault[],
): 'never-healthy' | 'task-crashes' | undefined => {
  const set = taskFault(faults, allocation.machine, idOf(allocation.jobId));
  if (set !== undefined) return set;
  const images = group.Tasks.map((task) => String(task.Config?.['image'] ?? ''));
  return sickImages.find(([pattern]) => images.some((image) => pattern.test(image)))?.[1];
};

/** A crash comes a second after each start; the restart policy gives up after its attempts. */
const crashAfter = 1_000;
/** How long a batch job's task works. */
const batchMs = 2_000;

export const courseOf = (
  allocation: AllocationRecord,
  group: GroupSpec,
  faults: readonly PlacedFault[],
  type = 'service',
): Course => {
  const startedAt = allocation.createdAt + timings.taskStart;
  const passingAt = startedAt + (hasChecks(group) ? timings.firstCheck : 0);
  const deadline = allocation.createdAt + ms(group.Update.HealthyDeadline);
  const fault = sickness(allocation, group, faults);
  if (fault === 'task-crashes') {
    const restarts = group.RestartPolicy?.Attempts ?? 2;
    const failedAt = startedAt + (restarts + 1) * crashAfter + restarts * ms(group.RestartPolicy?.Delay ?? 15e9);
    return { startedAt, decidedAt: failedAt, healthy: false, failedAt, completedAt: null };
  }
  const on = { startedAt, failedAt: null, completedAt: null };
  // Nobody watches the health of a batch job; one that is sick otherwise never ends.
  if (type === 'batch') {
    const completedAt = fault === undefined ? startedAt + batchMs : null;
    return { ...on, decidedAt: Number.POSITIVE_INFINITY, healthy: false, completedAt };
  }
  if (fault === 'never-healthy' && hasChecks(group)) return { ...on, decidedAt: deadline, healthy: false };
  const healthyAt = passingAt + ms(group.Update.MinHealthyTime);
  return healthyAt <= deadline
    ? { ...on, decidedAt: healthyAt, healthy: true }
    : { ...on, decidedAt: deadline, healthy: false };
};

export const isLive = (allocation: AllocationRecord): boolean =>
  allocation.desired === 'run' && allocation.ended === null;

export const clientStatus = (allocation: AllocationRecord, course: Course, now: number): string => {
  if (allocation.ended !== null) return allocation.ended;
  return now < course.startedAt ? 'pending' : 'running';
};

/** Whether Consul sees its checks pass. */
export const isPassing = (
  allocation: AllocationRecord,
  group: GroupSpec,
  faults: readonly PlacedFault[],
  now: number,
): boolean => {
  if (!isLive(allocation) || sickness(allocation, group, faults) !== undefined) return false;
  return now >= courseOf(allocation, group, faults).startedAt + (hasChecks(group) ? timings.firstCheck : 0);
};

export const stopAllocation = (allocation: AllocationRecord, now: number): void => {
  allocation.desired = 'stop';
  if (allocation.ended !== null) return;
  allocation.ended = 'complete';
  allocation.endedAt = now;
};

/** Services are rescheduled for ever unless they say otherwise, batch jobs once (reschedule's defaults). */
export const mayReschedule = (allocation: AllocationRecord, group: GroupSpec, type: string): boolean => {
  const { Attempts: attempts, Unlimited: unlimited } = group.ReschedulePolicy ?? {};
  if (unlimited ?? (attempts == null && type !== 'batch')) return true;
  return allocation.reschedules < (attempts ?? 1);
};

/** How long a failed allocation waits for its replacement: 30 s, doubling up to an hour (reschedule's defaults). */
export const rescheduleDelay = (reschedules: number): number => Math.min(3_600_000, 30_000 * 2 ** reschedules);

/** Old endings are forgotten, as Nomad's garbage collection does. */
const terminalMax = 40;
export const collectGarbage = (state: ClusterState): void => {
  const ended = state.allocations.filter((one) => !isLive(one));
  const gone = new Set(ended.slice(0, Math.max(0, ended.length - terminalMax)));
  state.allocations = state.allocations.filter((one) => !gone.has(one));
  state.evaluations = state.evaluations.slice(-terminalMax);
  const old = new Set(state.deployments.filter(({ status }) => status !== 'running').slice(0, -terminalMax));
  state.deployments = state.deployments.filter((one) => !old.has(one));
};
