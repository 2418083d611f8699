import type { World } from '../world.ts';
import { type Boot, bootAt } from './cloud-init.ts';
import { settleJobs } from './nomad/settle.ts';
import { type Agent, settleRaft } from './raft.ts';
import { type MachineRow, machineRows, stableUuid } from './rows.ts';
import { type ClusterState, emptyCluster, type MachinesState, machinesState } from './state.ts';
import { timings } from './timings.ts';
import { type AgentConfig, type MachineConfig, readUserData } from './user-data.ts';

/** A server with what its user data says and where its boot stands. */
export interface Machine {
  readonly row: MachineRow;
  readonly config: MachineConfig;
  readonly boot: Boot;
  /** Key of its cluster: the private network its agents bind to. */
  readonly cluster: string | null;
}
export interface Settled {
  readonly machines: readonly Machine[];
  readonly state: MachinesState;
}

/** User data is parsed once per server and text: a boot is polled often. */
export const createReader = (): ((row: MachineRow) => MachineConfig) => {
  const read = new Map<string, { readonly userData: string | null; readonly config: MachineConfig }>();
  return (row) => {
    const known = read.get(row.name);
    if (known !== undefined && known.userData === row.userData) return known.config;
    const config = readUserData(row.userData, row.name);
    read.set(row.name, { userData: row.userData, config });
    return config;
  };
};

/** Brings every machine and cluster up to `now`. */
export const settleMachines = (world: World, read: (row: MachineRow) => MachineConfig, now: number): Settled => {
  const state = machinesState(world.state);
  const machines = machineRows(world).map((row): Machine => {
    const config = read(row);
    return { row, config, boot: bootAt(row, config, state.faults, now), cluster: clusterOf(row, config) };
  });
  const keys = new Set(machines.flatMap(({ cluster }) => (cluster === null ? [] : [cluster])));
  // Nothing is left of a cluster whose servers are all gone.
  for (const key of Object.keys(state.clusters)) if (!keys.has(key)) delete state.clusters[key];
  for (const key of keys) {
    const members = machines.filter((machine) => machine.cluster === key);
    if (state.clusters[key] === undefined && members.every((member) => member.boot.servicesSince === null)) continue;
    state.clusters[key] ??= emptyCluster(now);
    settleCluster(state.clusters[key], members, state, now);
  }
  return { machines, state };
};

const clusterOf = (row: MachineRow, config: MachineConfig): string | null => {
  const agent = config.nomad ?? config.consul;
  if (agent === null) return null;
  const bound = row.networks.find((network) => network.ip === agent.bindIp) ?? row.networks[0];
  return bound === undefined ? null : `network-${bound.network}`;
};

const diskOf = (row: MachineRow, system: 'consul' | 'nomad'): string =>
  stableUuid(`${system} server ${row.id} disk ${row.diskId}`);

const agentsOf = (machines: readonly Machine[], system: 'consul' | 'nomad'): Agent[] =>
  machines.flatMap(({ row, config, boot }) => {
    const agent: AgentConfig | null = config[system];
    if (agent === null || boot.servicesSince === null) return [];
    return [
      {
        machine: row.name,
        nodeId: diskOf(row, system),
        name: agent.name,
        ip: agent.bindIp,
        upSince: boot.servicesSince,
        expect: agent.bootstrapExpect,
        joins: agent.retryJoin,
      },
    ];
  });

const settleCluster = (cluster: ClusterState, members: readonly Machine[], state: MachinesState, now: number): void => {
  const moment = (system: 'consul' | 'nomad') => ({
    agents: agentsOf(members, system),
    disks: new Set(members.map(({ row }) => diskOf(row, system))),
    now,
    system,
  });
  settleRaft(cluster.consul, moment('consul'));
  const nomad = moment('nomad');
  if (settleRaft(cluster.nomad, nomad)) {
    const { consul, nomad: raft } = cluster;
    Object.assign(cluster, emptyCluster(now), { consul, nomad: raft });
  }
  settleNodes(cluster, members, nomad.agents, now);
  // Without a leader nothing is scheduled, and no time passes for the scheduler.
  if (cluster.nomad.leader !== null) settleJobs(cluster, state.faults, now);
};

/** MHz of one emulated core, and what the agents' configuration keeps back for the system. */
const coreMhz = 2_400;
const reserved = { cpuMhz: 300, memoryMb: 768 };

const settleNodes = (
  cluster: ClusterState,
  members: readonly Machine[],
  agents: readonly Agent[],
  now: number,
): void => {
  const up = new Set(agents.map((agent) => clientId(agent)));
  for (const node of cluster.nodes) {
    node.downSince = up.has(node.id) ? null : (node.downSince ?? now);
    if (node.downSince === null && node.consulAt === null) node.consulAt = consulAt(cluster, now);
  }
  if (cluster.nomad.leader === null) return;
  cluster.nodes = cluster.nodes.filter((node) => node.downSince === null || now - node.downSince < timings.nodeGc);
  for (const agent of agents) {
    const at = Math.max(agent.upSince, cluster.nomad.leaderSince) + timings.clientRegister;
    const machine = members.find(({ row }) => row.name === agent.machine);
    if (machine === undefined || now < at || cluster.nodes.some((node) => node.id === clientId(agent))) continue;
    cluster.index += 1;
    cluster.nodes.push({
      id: clientId(agent),
      machine: agent.machine,
      name: agent.name,
      ip: agent.ip,
      cpuMhz: machine.row.cores * coreMhz - reserved.cpuMhz,
      memoryMb: machine.row.memoryGb * 1024 - reserved.memoryMb,
      createIndex: cluster.index,
      consulAt: consulAt(cluster, at),
      downSince: null,
      eligible: true,
    });
  }
};
const clientId = (agent: Agent): string => stableUuid(`client of ${agent.nodeId}`);
const consulAt = (cluster: ClusterState, from: number): number | null =>
  cluster.consul.leader === null ? null : Math.max(from, cluster.consul.leaderSince) + timings.consulFingerprint;
