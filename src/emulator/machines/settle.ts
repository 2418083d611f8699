import type { World } from '../world.ts';
import type { AgentConfig } from './agent-config.ts';
import { type Boot, bootAt } from './cloud-init.ts';
import { emptyConsulAcl } from './consul/acl-state.ts';
import { type Delivery, deliveryOf, forgetDeliveries } from './delivery.ts';
import { settleJobs } from './nomad/settle.ts';
import { type Agent, settleRaft } from './raft.ts';
import { type MachineRow, machineRows, stableUuid } from './rows.ts';
import { type ClusterState, emptyCluster, type MachinesState, machinesState } from './state.ts';
import { timings } from './timings.ts';
import { type MachineConfig, readUserData } from './user-data.ts';

/** A server with what its user data says and where its boot stands. */
export interface Machine {
  readonly row: MachineRow;
  readonly config: MachineConfig;
  readonly delivery: Delivery | undefined;
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
  const rows = machineRows(world);
  forgetDeliveries(state, rows);
  const machines = rows.map((row): Machine => {
    const config = read(row);
    const delivery = deliveryOf(state, row);
    const boot = bootAt({ row, config, delivery, faults: state.faults, now });
    return { row, config, delivery, boot, cluster: clusterOf(row, config) };
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

/** The system's agents that are up, servers and workers. */
const agentsOf = (machines: readonly Machine[], system: 'consul' | 'nomad', cluster: ClusterState): RunningAgent[] =>
  machines.flatMap(({ row, config, delivery, boot }) => {
    const agent: AgentConfig | null = config[system];
    const upSince = system === 'consul' ? boot.servicesSince : (cluster.nomadSince[row.name] ?? null);
    if (agent === null || upSince === null) return [];
    return [
      {
        machine: row.name,
        nodeId: diskOf(row, system),
        name: agent.name,
        ip: agent.bindIp,
        upSince,
        server: agent.server,
        expect: agent.bootstrapExpect,
        joins: agent.retryJoin,
        gossip: delivery?.[system === 'consul' ? 'consulGossip' : 'nomadGossip'] ?? null,
      },
    ];
  });
type RunningAgent = Agent & { readonly server: boolean };

const settleCluster = (cluster: ClusterState, members: readonly Machine[], state: MachinesState, now: number): void => {
  const moment = (system: 'consul' | 'nomad') => {
    const agents = agentsOf(members, system, cluster);
    const disks = new Set(members.map(({ row }) => diskOf(row, system)));
    return { all: agents, agents: agents.filter((agent) => agent.server), disks, now, system };
  };
  if (settleRaft(cluster.consul, moment('consul'))) cluster.consulAcl = emptyConsulAcl(now);
  startNomad(cluster, members, now);
  const nomad = moment('nomad');
  if (settleRaft(cluster.nomad, nomad)) {
    const { consul, nomad: raft, consulAcl, nomadSince } = cluster;
    Object.assign(cluster, emptyCluster(now), { consul, nomad: raft, consulAcl, nomadSince });
  }
  settleNodes(cluster, members, nomad.all, now);
  // Without a leader nothing is scheduled, and no time passes for the scheduler.
  if (cluster.nomad.leader !== null) settleJobs(cluster, state.faults, now);
};

/**
 * Nomad's unit waits until Consul knows its token: a client that starts before sees no Consul for some 15 s more. Once
 * it runs it goes on, whatever becomes of the token.
 */
const startNomad = (cluster: ClusterState, members: readonly Machine[], now: number): void => {
  const known = cluster.nomadSince;
  cluster.nomadSince = {};
  for (const machine of members) {
    const services = machine.boot.servicesSince;
    if (machine.config.nomad === null || services === null) continue;
    const before = known[machine.row.name];
    const since = before !== undefined && before >= services ? before : nomadStart(cluster, machine, services);
    if (since !== undefined && since <= now) cluster.nomadSince[machine.row.name] = since;
  }
};

const nomadStart = (cluster: ClusterState, { config, delivery }: Machine, services: number): number | undefined => {
  if (!config.awaitsKeys || config.consul === null) return services;
  if (config.nomad?.needs.some((path) => !delivery?.paths.includes(path))) return undefined;
  if (!config.consul.acl) return services;
  const token = cluster.consulAcl.tokens.find((one) => one.SecretID === delivery?.nomadConsulToken);
  if (token === undefined || cluster.consul.leader === null) return undefined;
  return Math.max(services, cluster.consul.leaderSince, Date.parse(token.CreateTime)) + timings.nomadStart;
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
