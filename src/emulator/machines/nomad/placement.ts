import { stableUuid } from '../rows.ts';
import { type GroupSpec, type JobSpec, resourcesOf, servicesOf, staticPorts } from '../spec.ts';
import type { AllocationRecord, ClusterState, NodeRecord, Placement } from '../state.ts';
import { timings } from '../timings.ts';
import { isLive } from './allocations.ts';
import { keyOfSpec } from './keys.ts';

export const nodeStatus = (node: NodeRecord, now: number): 'ready' | 'down' =>
  node.downSince !== null && now - node.downSince >= timings.heartbeatLoss ? 'down' : 'ready';
export const seesConsul = (node: NodeRecord, now: number): boolean => node.consulAt !== null && node.consulAt <= now;

const consulConstraint = ['$', '{attr.consul.version} semver >= 1.8.0'].join('');

export type Chosen = { readonly node: NodeRecord } | { readonly failed: Placement };

/** The node with the fewest copies of the group, then the fewest allocations; or why there is none. */
export const choose = (state: ClusterState, job: JobSpec, group: GroupSpec, now: number): Chosen => {
  const failed: Placement = {
    NodesEvaluated: 0,
    NodesFiltered: 0,
    NodesExhausted: 0,
    ConstraintFiltered: null,
    DimensionExhausted: null,
  };
  const fitting: { node: NodeRecord; copies: number; load: number }[] = [];
  for (const node of state.nodes.filter((one) => one.eligible && nodeStatus(one, now) === 'ready')) {
    failed.NodesEvaluated += 1;
    const here = state.allocations.filter((one) => isLive(one) && one.nodeId === node.id);
    const copies = here.filter((one) => one.jobId === keyOfSpec(job) && one.group === group.Name).length;
    const filter = filteredBy(node, job, group, copies, now);
    const dimension = filter === undefined ? exhausted(node, here, group) : undefined;
    if (filter !== undefined) count(failed, 'ConstraintFiltered', filter);
    else if (dimension !== undefined) count(failed, 'DimensionExhausted', dimension);
    else fitting.push({ node, copies, load: here.length });
  }
  const [best] = fitting.toSorted(
    (a, b) => a.copies - b.copies || a.load - b.load || (a.node.name < b.node.name ? -1 : 1),
  );
  return best === undefined ? { failed } : { node: best.node };
};

const count = (failed: Placement, field: 'ConstraintFiltered' | 'DimensionExhausted', key: string): void => {
  failed[field] = { ...failed[field], [key]: (failed[field]?.[key] ?? 0) + 1 };
  if (field === 'ConstraintFiltered') failed.NodesFiltered += 1;
  else failed.NodesExhausted += 1;
};

const filteredBy = (
  node: NodeRecord,
  job: JobSpec,
  group: GroupSpec,
  copies: number,
  now: number,
): string | undefined => {
  const consul = servicesOf(group).some((service) => (service.Provider ?? 'consul') === 'consul');
  if (consul && !seesConsul(node, now)) return consulConstraint;
  const distinct = [...(job.Constraints ?? []), ...(group.Constraints ?? [])].some(
    (one) => one.DistinctHosts === true || one.Operand === 'distinct_hosts',
  );
  return distinct && copies > 0 ? 'distinct_hosts' : undefined;
};

const exhausted = (node: NodeRecord, here: readonly AllocationRecord[], group: GroupSpec): string | undefined => {
  const wanted = resourcesOf(group);
  const used = (of: (one: AllocationRecord) => number) => here.reduce((sum, one) => sum + of(one), 0);
  const taken = staticPorts(group).find((port) => here.some((one) => one.port === port));
  if (taken !== undefined) return `network: reserved port collision ${taken}`;
  if (used((one) => one.cpuMhz) + wanted.cpuMhz > node.cpuMhz) return 'cpu';
  return used((one) => one.memoryMb) + wanted.memoryMb > node.memoryMb ? 'memory' : undefined;
};

/** Names of groups are unique in a job, indexes in a group; a static port is kept, a dynamic one derived. */
export const place = (
  state: ClusterState,
  job: JobSpec,
  group: GroupSpec,
  wanted: Pick<AllocationRecord, 'index' | 'version' | 'deploymentId' | 'canary' | 'reschedules'>,
  now: number,
): Placement | undefined => {
  const chosen = choose(state, job, group, now);
  if ('failed' in chosen) return chosen.failed;
  state.index += 1;
  const id = stableUuid(`allocation ${keyOfSpec(job)} ${group.Name} ${wanted.index} ${state.index} ${chosen.node.id}`);
  state.allocations.push({
    ...wanted,
    ...resourcesOf(group),
    id,
    jobId: keyOfSpec(job),
    group: group.Name,
    nodeId: chosen.node.id,
    machine: chosen.node.machine,
    port: staticPorts(group)[0] ?? 20_000 + (Number.parseInt(id.slice(0, 6), 16) % 12_000),
    createIndex: state.index,
    createdAt: now,
    desired: 'run',
    ended: null,
    endedAt: null,
    replaced: false,
    health: null,
  });
  return undefined;
};
