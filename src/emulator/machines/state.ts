import type { WorldState } from '../world.ts';
import { type ConsulAcl, emptyConsulAcl } from './consul/acl-state.ts';
import type { Delivery } from './delivery.ts';
import type { PlacedFault } from './faults.ts';
import { emptyNomadAcl, type NamespaceRecord, type NomadAcl, type VariableRecord } from './nomad/acl-state.ts';
import type { Raft } from './raft.ts';
import type { RootDisk } from './root.ts';

type Json = Record<string, unknown>;

/** A Nomad client as its servers know it. */
export interface NodeRecord {
  readonly id: string;
  readonly machine: string;
  readonly name: string;
  readonly ip: string;
  readonly cpuMhz: number;
  readonly memoryMb: number;
  readonly createIndex: number;
  /** From when its attributes show `consul.version`; null: it sees no Consul yet. */
  consulAt: number | null;
  downSince: number | null;
  eligible: boolean;
}
export interface JobVersion {
  readonly version: number;
  readonly spec: Json;
  readonly modifyIndex: number;
  readonly submittedAt: number;
  stable: boolean;
}
export interface JobRecord {
  readonly id: string;
  readonly createIndex: number;
  /** Oldest first; the last one counts. */
  versions: JobVersion[];
  stopped: boolean;
}
export interface Placement {
  NodesEvaluated: number;
  NodesFiltered: number;
  NodesExhausted: number;
  ConstraintFiltered: Record<string, number> | null;
  DimensionExhausted: Record<string, number> | null;
}
export interface EvaluationRecord {
  readonly id: string;
  readonly jobId: string;
  readonly type: string;
  readonly triggeredBy: string;
  readonly jobModifyIndex: number;
  readonly createIndex: number;
  readonly createdAt: number;
  status: 'blocked' | 'complete' | 'canceled';
  failed: Record<string, Placement> | null;
}
export interface DeploymentRecord {
  readonly id: string;
  readonly jobId: string;
  readonly jobVersion: number;
  readonly jobCreateIndex: number;
  readonly createIndex: number;
  readonly createdAt: number;
  status: 'running' | 'successful' | 'failed' | 'cancelled';
  description: string;
  progressBy: number;
  readonly groups: Record<string, { readonly canaries: number; promoted: boolean }>;
}
export interface AllocationRecord {
  readonly id: string;
  readonly jobId: string;
  readonly group: string;
  readonly index: number;
  readonly nodeId: string;
  readonly machine: string;
  readonly port: number;
  readonly cpuMhz: number;
  readonly memoryMb: number;
  readonly createIndex: number;
  readonly createdAt: number;
  /** How often this place was rescheduled before. */
  readonly reschedules: number;
  version: number;
  deploymentId: string | null;
  canary: boolean;
  desired: 'run' | 'stop';
  /** Terminal states; null while it is pending or running. */
  ended: 'complete' | 'failed' | 'lost' | null;
  endedAt: number | null;
  replaced: boolean;
  health: boolean | null;
}
export interface ClusterState {
  consul: Raft;
  nomad: Raft;
  nodes: NodeRecord[];
  jobs: JobRecord[];
  evaluations: EvaluationRecord[];
  deployments: DeploymentRecord[];
  allocations: AllocationRecord[];
  /** Raft index of Nomad: grows with each write. */
  index: number;
  settledAt: number;
  consulAcl: ConsulAcl;
  nomadAcl: NomadAcl;
  variables: VariableRecord[];
  /** Without `default`; absent in worlds from before there were any. */
  namespaces?: NamespaceRecord[];
  /** Since when Nomad's agent runs, by machine; it goes on whatever becomes of its Consul token. */
  nomadSince: Record<string, number>;
}
/** What the models keep in the world: one cluster per private network, what was delivered by server id, and the faults. */
export interface MachinesState {
  clusters: Record<string, ClusterState>;
  deliveries: Record<string, Delivery>;
  /** What root wrote, by server id. */
  roots: Record<string, RootDisk>;
  faults: PlacedFault[];
}

const emptyRaft = (): Raft => ({ peers: [], leader: null, leaderSince: 0, electingUntil: null });
export const emptyCluster = (now: number): ClusterState => ({
  consul: emptyRaft(),
  nomad: emptyRaft(),
  nodes: [],
  jobs: [],
  evaluations: [],
  deployments: [],
  allocations: [],
  index: 10,
  settledAt: now,
  consulAcl: emptyConsulAcl(now),
  nomadAcl: emptyNomadAcl(),
  variables: [],
  namespaces: [],
  nomadSince: {},
});

/** Read anew each time: a restored world brings other objects. */
export const machinesState = (state: WorldState): MachinesState => {
  const kept = state.machines as Partial<MachinesState>;
  kept.clusters ??= {};
  kept.deliveries ??= {};
  kept.roots ??= {};
  kept.faults ??= [];
  return kept as MachinesState;
};
