import type { PlacedFault } from '../faults.ts';
import { taskFault } from '../faults.ts';
import type { GroupSpec } from '../spec.ts';
import { hasChecks } from '../spec.ts';
import type { AllocationRecord, ClusterState } from '../state.ts';
import { timings } from '../timings.ts';

/** What will become of an allocation if nothing else happens; times in ms. */
export interface Course {
  readonly startedAt: number;
  /** Its health is decided then. */
  readonly decidedAt: number;
  readonly healthy: boolean;
  /** Its task gives up then (crash loop); null: it runs on. */
  readonly failedAt: number | null;
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
  const set = taskFault(faults, allocation.machine, allocation.jobId);
  if (set !== undefined) return set;
  const images = group.Tasks.map((task) => String(task.Config?.['image'] ?? ''));
  return sickImages.find(([pattern]) => images.some((image) => pattern.test(image)))?.[1];
};

/** A crash comes a second after each start; the restart policy gives up after its attempts. */
const crashAfter = 1_000;

export const courseOf = (allocation: AllocationRecord, group: GroupSpec, faults: readonly PlacedFault[]): Course => {
  const startedAt = allocation.createdAt + timings.taskStart;
  const passingAt = startedAt + (hasChecks(group) ? timings.firstCheck : 0);
  const deadline = allocation.createdAt + ms(group.Update.HealthyDeadline);
  const fault = sickness(allocation, group, faults);
  if (fault === 'task-crashes') {
    const restarts = group.RestartPolicy?.Attempts ?? 2;
    const failedAt = startedAt + (restarts + 1) * crashAfter + restarts * ms(group.RestartPolicy?.Delay ?? 15e9);
    return { startedAt, decidedAt: failedAt, healthy: false, failedAt };
  }
  if (fault === 'never-healthy' && hasChecks(group))
    return { startedAt, decidedAt: deadline, healthy: false, failedAt: null };
  const healthyAt = passingAt + ms(group.Update.MinHealthyTime);
  return healthyAt <= deadline
    ? { startedAt, decidedAt: healthyAt, healthy: true, failedAt: null }
    : { startedAt, decidedAt: deadline, healthy: false, failedAt: null };
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

/** How long a failed allocation waits for its replacement: 30 s, doubling up to an hour (reschedule's defaults). */
export const rescheduleDelay = (reschedules: number): number => Math.min(3_600_000, 30_000 * 2 ** reschedules);

/** Old endings are forgotten, as Nomad's garbage collection does. */
const terminalMax = 40;
export const collectGarbage = (state: ClusterState): void => {
  const ended = state.allocations.filter((one) => !isLive(one));
  const gone = new Set(ended.slice(0, Math.max(0, ended.length - terminalMax)));
  state.allocations = state.allocations.filter((one) => !gone.has(one));
  state.evaluations = state.evaluations.slice(-terminalMax);
  state.deployments = state.deployments.slice(-terminalMax);
};
