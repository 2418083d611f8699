import { isUp, type Peer, type Raft, voters } from './raft.ts';
import { type Answer, isoNanos, json } from './replies.ts';

export interface AutopilotView {
  readonly now: number;
  readonly index: number;
  readonly version: string;
  /** Consul's members are called as their nodes, Nomad's `<node>.<region>`. */
  readonly nameOf: (peer: Peer) => string;
  readonly address: (peer: Peer) => string;
}

/** GET /v1/operator/autopilot/health of both systems: 200, or 429 with the same body where a peer is down. */
export const autopilotHealth = (raft: Raft, { now, index, version, nameOf, address }: AutopilotView): Answer => {
  const healthy = raft.peers.every(isUp);
  const voting = voters(raft, now);
  const body = {
    Healthy: healthy,
    FailureTolerance: Math.max(0, voting.filter(isUp).length - Math.floor(voting.length / 2) - 1),
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
  return json(body, healthy ? 200 : 429);
};
