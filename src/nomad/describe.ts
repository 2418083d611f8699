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
const explains = (event: Event): boolean =>
  !consequences.has(event.Type) && event.DisplayMessage !== 'Unhealthy because of failed task';

/** The last event that explains something, of a task that failed or else is not healthy: what one wants to read first. */
export const lastTaskEvent = (allocations: readonly Allocation[]): string | undefined => {
  const sick = allocations
    .filter((allocation) => allocation.DeploymentStatus?.Healthy !== true || allocation.ClientStatus === 'failed')
    .toSorted((a, b) => rank(b) - rank(a) || b.CreateIndex - a.CreateIndex);
  for (const allocation of sick) {
    const events = Object.entries(allocation.TaskStates ?? {})
      .flatMap(([task, state]) => (state.Events ?? []).map((event) => ({ task, event })))
      .toSorted((a, b) => b.event.Time - a.event.Time);
    // What comes after a kill is the kill's own doing (exit code 137).
    const killed = events.findLast(({ event }) => event.Type === 'Killing')?.event.Time ?? Number.POSITIVE_INFINITY;
    const last = events.find(({ event }) => explains(event) && event.Time < killed) ?? events[0];
    if (last === undefined) continue;
    const message = (last.event.DisplayMessage ?? '').replaceAll(/\s+/g, ' ').trim();
    const text = message === '' ? last.event.Type : `${last.event.Type}: ${message}`;
    return `task ${last.task} of allocation ${allocation.ID.slice(0, 8)} on ${allocation.NodeName ?? 'unknown node'}: ${text}`;
  }
  return undefined;
};
const rank = (allocation: Allocation): number =>
  allocation.ClientStatus === 'failed' ? 2 : allocation.DeploymentStatus?.Healthy === false ? 1 : 0;
