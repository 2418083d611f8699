import { DeadlineError } from '../../../src/domain/errors.ts';
import type { ObservedCluster, ObservedJob } from '../../../src/domain/observation.ts';
import type { ClusterOperations, Waiting } from '../../../src/ports/cluster-operations.ts';
import type { Thing, Things } from './things.ts';
import type { Process } from './time.ts';

/** Consul and Nomad of one environment: who has joined with which disk, and which jobs run. */
export interface Cluster {
  readonly members: Map<string, number>;
  readonly jobs: Map<string, ObservedJob>;
}
export const createCluster = (): Cluster => ({ members: new Map(), jobs: new Map() });

export interface ClusterWay {
  readonly things: Things;
  readonly cluster: Cluster;
  readonly process: Process;
  readonly owner: string;
  readonly now: () => number;
  readonly bootFails: (server: string) => boolean;
  readonly gated: <T>(send: () => Promise<T>) => Promise<T>;
  readonly arrives: (what: string) => void;
}

const bootMs = 30_000;
const everyMs = 5_000;
const boundMs = 10 * 60_000;

/** The cluster's port as a model: servers are up half a minute after they start; whoever is awaited has joined. */
export const clusterThrough = (way: ClusterWay): ClusterOperations => {
  const { things, cluster, process, owner, now, bootFails, gated, arrives } = way;
  const isUp = (server: Thing | undefined): server is Thing =>
    server !== undefined && server.facts.status === 'running' && now() >= server.upSince + bootMs;
  const until = async (what: string, ready: () => boolean, { signal }: Waiting): Promise<void> => {
    const end = process.clock.now() + boundMs;
    while (!ready()) {
      if (process.clock.now() > end) throw new DeadlineError(`${what} was not done after 10 min`);
      await process.clock.sleep(everyMs, signal);
    }
  };
  /** Through the gate, as every file and request to a machine. */
  const change = (what: string, work: () => void): Promise<void> =>
    gated(async () => {
      arrives(what);
      work();
    });
  /** Members that stand, by name; without more than half of them nobody leads. */
  const standing = (): { readonly up: readonly Thing[]; readonly all: readonly Thing[] } => {
    const all = [...cluster.members].flatMap(([id, disk]) => {
      const server = things.all.get(`server/${id}`);
      return server !== undefined && server.disk === disk ? [server] : [];
    });
    return { all, up: all.filter(isUp) };
  };
  const look = (): ObservedCluster => {
    const { all, up } = standing();
    if (up.length * 2 <= cluster.members.size) return { reachable: false, because: 'no server leads' };
    const system = { leader: up[0]?.name ?? null, voters: all.map(({ name }) => name), version: null };
    const nodes = all.map((server) => ({
      id: server.id,
      name: server.name,
      status: isUp(server) ? ('ready' as const) : ('down' as const),
      eligible: true,
      seesConsul: true,
    }));
    return { reachable: true, consul: system, nomad: system, nodes, jobs: [...cluster.jobs.values()] };
  };
  return {
    awaitBoot: async ({ name }, waiting) => {
      if (bootFails(name)) throw new DeadlineError(`${name} did not boot within 10 min`);
      await until(`boot of ${name}`, () => isUp(things.find('server', name)), waiting);
    },
    awaitReady: async ({ spec }, waiting) => {
      const servers = () => spec.servers.map(({ name }) => things.find('server', name));
      await until('the cluster', () => servers().every(isUp), waiting);
      await change('form the cluster', () => {
        // Nobody of it is left: another cluster begins, with no jobs.
        if (standing().all.length === 0) cluster.jobs.clear();
        cluster.members.clear();
        for (const server of servers()) if (server !== undefined) cluster.members.set(server.id, server.disk);
      });
    },
    submit: async ({ name, fingerprint, spec: { jobId, count } }, waiting) => {
      await until(`job ${name}`, () => look().reachable, waiting);
      await change(`submit ${name}`, () =>
        cluster.jobs.set(jobId, {
          ...{ jobId, fingerprint, owner, version: 1, modifyIndex: 1, status: 'running' },
          ...{ wanted: count, healthy: count },
        }),
      );
      await process.clock.sleep(everyMs, waiting.signal);
    },
    stop: (jobId) => change(`stop ${jobId}`, () => void cluster.jobs.delete(jobId)),
    ensureNamespace: async () => undefined,
    removeNamespace: async () => undefined,
    observe: async () => look(),
    recoverAccess: async () => {
      throw new TypeError('nobody loses all keys here');
    },
  };
};
