import { isUp, type Peer, type Raft, voters } from './raft.ts';
import { type Answer, isoNanos, json, plainText } from './replies.ts';

export interface AutopilotView {
  readonly now: number;
  readonly index: number;
  readonly version: string;
  /** Consul's members are called as their nodes, Nomad's `<node>.<region>`. */
  readonly nameOf: (peer: Peer) => string;
  readonly address: (peer: Peer) => string;
  /** Nomad's answer names leader and voters once more. */
  readonly summary?: boolean;
}

/** GET /v1/operator/autopilot/health of both systems: 200, or 429 with the same body, called a text, where a peer is down. */
export const autopilotHealth = (
  raft: Raft,
  { now, index, version, nameOf, address, summary = false }: AutopilotView,
): Answer => {
  const healthy = raft.peers.every(isUp);
  const voting = voters(raft, now);
  const body = {
    Healthy: healthy,
    FailureTolerance: Math.max(0, voting.filter(isUp).length - Math.floor(voting.length / 2) - 1),
    ...(summary ? { Leader: raft.leader, Voters: voting.map(({ nodeId }) => nodeId) } : {}),
    Servers: raft.peers.map((peer) => ({
      ID: peer.nodeId,
      Name: nameOf(peer),
      Address: address(peer),
      SerfStatus: isUp(peer) ? 'alive' : 'failed',
      Version: version,
      Leader: peer.nodeId === raft.leader,
      LastContact: isUp(peer) ? '10ms' : '1m0s',
      LastTerm: 2,
      LastIndex: index,
      Healthy: isUp(peer),
      Voter: peer.voterAt <= now,
      StableSince: isoNanos(peer.downSince ?? peer.voterAt),
    })),
  };
  return healthy ? json(body) : plainText(JSON.stringify(body), 429);
};
