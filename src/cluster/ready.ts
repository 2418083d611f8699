import type { ObservedCluster } from '../domain/observation.ts';
import type { ClusterSpec } from '../domain/resource.ts';

export type ReachedCluster = Extract<ObservedCluster, { reachable: true }>;
type Facts = Pick<ReachedCluster, 'consul' | 'nomad' | 'nodes'>;

/**
 * What a cluster still lacks, one phrase each; empty means formed. Voters are counted by name: Nomad's autopilot calls
 * itself healthy with two servers of three while the third is still on its way back.
 */
export const missing = (spec: Pick<ClusterSpec, 'servers' | 'workers'>, facts: Facts): readonly string[] => {
  const wanted = spec.servers.map((server) => server.name);
  const workers = (spec.workers ?? []).map((worker) => worker.name);
  return [
    ...missingServers('Consul', wanted, facts.consul),
    ...missingServers('Nomad', wanted, facts.nomad),
    ...[...wanted, ...workers].flatMap((name) => missingNode(name, facts)),
  ];
};

const missingServers = (system: string, wanted: readonly string[], facts: Facts['consul']): string[] => {
  if (facts.leader === null) return [`${system} has no leader`];
  const absent = wanted.filter((name) => !facts.voters.includes(name));
  return absent.length === 0
    ? []
    : [`${system} lacks the healthy voter${absent.length > 1 ? 's' : ''} ${absent.join(', ')}`];
};

/**
 * Nodes that a wiped server left behind under its name; nodes come newest first. Until they are forgotten Nomad takes
 * what ran on them for alive: for the time of a missed heartbeat, and for five minutes when its leader went with them
 * (nomad/docs, failover_heartbeat_ttl).
 */
export const ghostsOf = (nodes: Facts['nodes']): readonly string[] => {
  const present = new Map(nodes.toReversed().map(({ name, id }) => [name, id]));
  const ready = new Set(nodes.filter(({ status }) => status === 'ready').map(({ id }) => id));
  return nodes
    .filter(({ name, id }) => present.get(name) !== id && ready.has(present.get(name) ?? ''))
    .map(({ id }) => id);
};

/** A wiped server's old node stays listed under the same name; nodes come newest first, so the first is the present. */
const missingNode = (name: string, { nodes }: Facts): string[] => {
  const node = nodes.find((one) => one.name === name);
  if (node === undefined) return [`node ${name} is not registered`];
  if (node.status !== 'ready') return [`node ${name} is ${node.status}`];
  if (!node.eligible) return [`node ${name} is not eligible`];
  return node.seesConsul ? [] : [`node ${name} does not see Consul yet`];
};
