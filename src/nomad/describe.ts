import type { Allocation, FailedPlacement } from './wire.ts';

/** `web: memory exhausted on 2 nodes; 1 node filtered by ${attr.consul.version} semver >= 1.8.0`, for each group. */
export const describePlacements = (failed: Readonly<Record<string, FailedPlacement>>): string =>
  Object.entries(failed)
    .map(([group, placement]) => `${group}: ${placementReasons(placement).join('; ')}`)
    .join('. ');

const nodes = (count: number): string => `${count} node${count === 1 ? '' : 's'}`;

const placementReasons = (placement: FailedPlacement): string[] => {
  const reasons = Object.entries(placement.DimensionExhausted ?? {}).map(
    ([dimension, count]) => `${dimension} exhausted on ${nodes(count)}`,
  );
  for (const [constraint, count] of Object.entries(placement.ConstraintFiltered ?? {}))
    reasons.push(`${nodes(count)} filtered by ${constraint}`);
  if (reasons.length > 0) return reasons;
  return placement.NodesEvaluated === 0
    ? ['no node is ready and eligible']
    : [`no place on ${nodes(placement.NodesEvaluated)}`];
};

/** Events that only follow from another one, as seen on a real 1.9.7: they say that it ended, not why. */
const consequences = new Set([
  'Not Restarting',
  'Restarting',
  'Killing',
  'Killed',
  'Received',
  'Task Setup',
  'Started',
]);
type Event = { readonly Type: string; readonly Time: number; readonly DisplayMessage?: string | null | undefined };
/** A template that can't be rendered is told by the kill it leads to. */
const explains = ({ Type, DisplayMessage }: Event): boolean =>
  Type === 'Killing'
    ? (DisplayMessage ?? '').startsWith('Template failed')
    : !consequences.has(Type) && Type !== 'Driver' && DisplayMessage !== 'Unhealthy because of failed task';

interface TaskEvent {
  readonly task: string;
  readonly event: Event;
}

/** A task that was told to end ended because of that: the check that was unhealthy, not exit code 0. `events`: newest first. */
const orderedBy = (events: readonly TaskEvent[], telling: TaskEvent): TaskEvent => {
  if (telling.event.Type !== 'Terminated') return telling;
  const before = events.slice(events.indexOf(telling) + 1);
  const started = before.findIndex(({ event }) => event.Type === 'Started');
  const life = started < 0 ? before : before.slice(0, started);
  return life.find(({ event }) => event.Type === 'Restart Signaled') ?? telling;
};

export interface FailedTask {
  readonly allocation: string;
  readonly task: string;
  /** `task web of allocation 1a2b3c4d on production-1: Driver Failure: …` */
  readonly text: string;
}

/** The last event that explains something, of a task that failed or else is not healthy: what one wants to read first. */
export const lastTaskEvent = (allocations: readonly Allocation[]): string | undefined => failedTask(allocations)?.text;

export const failedTask = (allocations: readonly Allocation[]): FailedTask | undefined => {
  const sick = allocations
    .filter((allocation) => allocation.DeploymentStatus?.Healthy !== true || allocation.ClientStatus === 'failed')
    .toSorted((a, b) => rank(b) - rank(a) || b.CreateIndex - a.CreateIndex);
  for (const allocation of sick) {
    const events = Object.entries(allocation.TaskStates ?? {})
      .flatMap(([task, state]) => (state.Events ?? []).map((event) => ({ task, event })))
      .toSorted((a, b) => b.event.Time - a.event.Time);
    // What comes after a kill is the kill's own doing (exit code 137).
    const killed = events.findLast(({ event }) => event.Type === 'Killing')?.event.Time ?? Number.POSITIVE_INFINITY;
    const telling = events.find(({ event }) => explains(event) && event.Time <= killed);
    const last = (telling && orderedBy(events, telling)) ?? events[0];
    if (last === undefined) continue;
    const message = (last.event.DisplayMessage ?? '').replaceAll(/\s+/g, ' ').trim();
    const said = message === '' ? last.event.Type : `${last.event.Type}: ${message}`;
    const node = allocation.NodeName ?? 'unknown node';
    const text = `task ${last.task} of allocation ${allocation.ID.slice(0, 8)} on ${node}: ${said}`;
    return { allocation: allocation.ID, task: last.task, text };
  }
  return undefined;
};
const rank = (allocation: Allocation): number =>
  allocation.ClientStatus === 'failed' ? 2 : allocation.DeploymentStatus?.Healthy === false ? 1 : 0;
