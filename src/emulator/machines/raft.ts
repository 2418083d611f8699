import { timings } from './timings.ts';

/** A server agent that is up: Consul's or Nomad's. */
export interface Agent {
  readonly machine: string;
  /** Always the same for one disk of one server; a rebuilt server has another. */
  readonly nodeId: string;
  readonly name: string;
  readonly ip: string;
  readonly upSince: number;
  readonly expect: number;
  readonly joins: readonly string[];
  /** Key of its gossip; those with another one don't understand each other. null: not encrypted. */
  readonly gossip: string | null;
}
export interface Peer {
  readonly nodeId: string;
  readonly name: string;
  readonly ip: string;
  readonly voterAt: number;
  downSince: number | null;
}
export interface Raft {
  peers: Peer[];
  /** nodeId of the leader. */
  leader: string | null;
  leaderSince: number;
  electingUntil: number | null;
}
export interface RaftMoment {
  /** Agents that are up, those of this network only. */
  readonly agents: readonly Agent[];
  /** Node ids of all disks that exist, up or not. */
  readonly disks: ReadonlySet<string>;
  readonly now: number;
  readonly system: 'consul' | 'nomad';
}

/** Brings the peer set and the leader up to the moment. Returns true when a wholly new cluster begins. */
export const settleRaft = (raft: Raft, moment: RaftMoment): boolean => {
  // Every disk that knew this cluster is gone, and with them what it knew.
  const forgotten = raft.peers.length > 0 && raft.peers.every((peer) => !moment.disks.has(peer.nodeId));
  if (forgotten) Object.assign(raft, { peers: [], leader: null, electingUntil: null });
  if (raft.peers.length === 0) form(raft, moment);
  const up = new Set(moment.agents.map((agent) => agent.nodeId));
  for (const peer of raft.peers) peer.downSince = up.has(peer.nodeId) ? null : (peer.downSince ?? moment.now);
  elect(raft, moment);
  if (raft.leader !== null) {
    prune(raft, moment);
    join(raft, moment);
  }
  return forgotten;
};

export const voters = (raft: Raft, now: number): readonly Peer[] => raft.peers.filter((peer) => peer.voterAt <= now);
export const isUp = (peer: Peer): boolean => peer.downSince === null;

/** bootstrap_expect servers that know of each other and have no peers yet elect one of them. */
const form = (raft: Raft, { agents, now }: RaftMoment): void => {
  const expect = Math.max(0, ...agents.map((agent) => agent.expect));
  const together = agents.filter((agent) => connected(agent, agents)).toSorted((a, b) => a.upSince - b.upSince);
  const last = together[expect - 1];
  if (last === undefined) return;
  const at = last.upSince + (expect > 1 ? timings.join : 0) + timings.firstElection;
  if (now < at) return;
  raft.peers = together
    .filter((agent) => agent.upSince <= at)
    .map(({ nodeId, name, ip }) => ({ nodeId, name, ip, voterAt: at, downSince: null }));
  raft.leader = raft.peers[0]?.nodeId ?? null;
  raft.leaderSince = at;
};

/** Gossip goes both ways: it is enough that one of two names the other. */
const connected = (agent: Agent, others: readonly Agent[]): boolean => {
  const rest = others.filter((other) => other.ip !== agent.ip);
  if (rest.length === 0) return agent.expect === 1;
  return rest.some(
    (other) => other.gossip === agent.gossip && (agent.joins.includes(other.ip) || other.joins.includes(agent.ip)),
  );
};

const elect = (raft: Raft, { now }: RaftMoment): void => {
  const all = voters(raft, now);
  const alive = all.filter(isUp);
  if (alive.length * 2 <= all.length) {
    raft.leader = null;
    raft.electingUntil = null;
    return;
  }
  if (alive.some((peer) => peer.nodeId === raft.leader)) return;
  raft.leader = null;
  raft.electingUntil ??= now + timings.reelection;
  if (now < raft.electingUntil) return;
  raft.leader = alive[0]?.nodeId ?? null;
  raft.leaderSince = raft.electingUntil;
  raft.electingUntil = null;
};

/** Autopilot removes failed servers, at most (voters - 1) / 2 of them (raft-autopilot, PruneDeadServers). */
const prune = (raft: Raft, { now }: RaftMoment): void => {
  const most = Math.floor((voters(raft, now).length - 1) / 2);
  const dead = raft.peers
    .filter((peer) => peer.downSince !== null && now - peer.downSince >= timings.prune)
    .slice(0, most);
  raft.peers = raft.peers.filter((peer) => !dead.includes(peer));
};

/** A server without peers is added as a non-voter and becomes a voter when it has been stable. */
const join = (raft: Raft, { agents, now, system }: RaftMoment): void => {
  const isPeer = (agent: Agent): boolean => raft.peers.some((peer) => peer.nodeId === agent.nodeId);
  const members = agents.filter(isPeer);
  for (const agent of agents) {
    if (isPeer(agent) || !connected(agent, members)) continue;
    const old = raft.peers.find((peer) => peer.ip === agent.ip);
    const away = old?.downSince == null ? Number.POSITIVE_INFINITY : agent.upSince - old.downSince;
    const ready = Math.max(agent.upSince, raft.leaderSince) + timings.join;
    const at = system === 'nomad' && away < timings.serfFailure ? nextReconcile(raft.leaderSince, ready) : ready;
    if (now < at) continue;
    const { nodeId, name, ip } = agent;
    raft.peers = raft.peers.filter((peer) => peer !== old);
    raft.peers.push({ nodeId, name, ip, voterAt: at + timings.stabilisation, downSince: null });
  }
};

/** A member that came back before Serf missed it raises no event: the leader's periodic reconcile finds it. */
const nextReconcile = (since: number, from: number): number =>
  since + Math.ceil((from - since) / timings.nomadReconcile) * timings.nomadReconcile;
