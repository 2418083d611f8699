import type { ObservedCluster } from '../domain/observation.ts';
import type { Resource } from '../domain/resource.ts';
import type { JobSecrets } from '../ports/application-secrets.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterOperations, Waiting } from '../ports/cluster-operations.ts';
import type { Machines, MachineTarget } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';
import { askInTurn, type Connect, type Connection } from './ask.ts';
import { missing, type ReachedCluster } from './ready.ts';
import { submitJob } from './submit.ts';
import { FatalProbeError, waitFor } from './wait.ts';

/** Bounds of the waits; a first boot takes about a minute. Those of jobs are in submit.ts. */
export const deadlines = { bootMs: 600_000, readyMs: 600_000 } as const;

interface Deps {
  readonly machines: Machines;
  /** Left out where no job has secrets. */
  readonly secrets?: JobSecrets;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * The cluster of one environment. `submit` and `stop` ask the servers in `waiting.servers`, or else those that
 * `awaitReady` or `observe` last named.
 */
export const createClusterOperations = (deps: Deps): ClusterOperations => {
  let known: readonly MachineTarget[] = [];
  const serversOf = (waiting: Waiting): readonly MachineTarget[] => waiting.servers ?? known;
  return {
    awaitBoot: (target, waiting) => awaitBoot(deps, target, waiting),
    awaitReady: async (cluster, waiting) => {
      known = waiting.servers ?? cluster.spec.servers.map(({ name, privateIp }) => targetOf(known, name, privateIp));
      await awaitReady(deps, cluster, known, waiting);
    },
    submit: (job, waiting) => submitJob(deps, job, serversOf(waiting), waiting),
    stop: (jobId, { signal, ...rest }) => {
      signal.throwIfAborted();
      return askInTurn(serversOf({ signal, ...rest }), (target) => connect(deps, target).scheduler.stop(jobId));
    },
    observe: async (targets) => {
      if (targets.length > 0) known = targets;
      return observe(deps, targets);
    },
  };
};

/** Keeps what else is known of a server that the cluster's spec names again, such as its public address. */
const targetOf = (known: readonly MachineTarget[], name: string, privateIp: string): MachineTarget =>
  known.find((target) => target.name === name && target.privateIp === privateIp) ?? { name, privateIp, publicIp: null };

const connect = (deps: Deps, target: MachineTarget): Connection => deps.connect(target, deps.machines);

const awaitBoot = (deps: Deps, target: MachineTarget, waiting: Waiting): Promise<void> =>
  waitFor<void>({
    ...deps,
    ...waiting,
    deadlineMs: deadlines.bootMs,
    describe: `cloud-init of ${target.name} to finish`,
    probe: async () => {
      const boot = await deps.machines.bootStatus(target);
      if (boot.stage === 'done') return { done: true, value: undefined };
      if (boot.stage === 'error')
        throw new FatalProbeError(`cloud-init of ${target.name} failed: ${boot.detail}`, {
          next: 'run again once its cause is removed; the server is rebuilt when its user data changed',
        });
      return { done: false, detail: boot.stage === 'unreachable' ? boot.because : boot.detail };
    },
  });

const awaitReady = (
  deps: Deps,
  cluster: Resource<'cluster'>,
  servers: readonly MachineTarget[],
  waiting: Waiting,
): Promise<void> => {
  let leads = false;
  return waitFor<void>({
    ...deps,
    ...waiting,
    deadlineMs: deadlines.readyMs,
    patienceMs: deadlines.readyMs,
    describe: `Consul and Nomad of ${cluster.address} to form`,
    get next() {
      return leads ? `reconcile ${targetOfCluster(cluster)}` : waysOut(cluster);
    },
    probe: async () => {
      const facts = await askInTurn(servers, (target) => membership(connect(deps, target)));
      leads = facts.consul.leader !== null && facts.nomad.leader !== null;
      const lacks = missing(cluster.spec, facts);
      return lacks.length === 0 ? { done: true, value: undefined } : { done: false, detail: lacks.join('; ') };
    },
  });
};

const targetOfCluster = ({ address }: Resource<'cluster'>): string =>
  address.slice(address.indexOf('/') + 1).replace(/^pr-(\d+)$/, 'pr $1');

/** Raft needs a majority of the servers it knew; with most of their disks gone it waits for them for ever. */
const waysOut = (cluster: Resource<'cluster'>): string => {
  const target = targetOfCluster(cluster);
  const all = cluster.spec.servers.map((server) => `--replace ${server.address}`).join(' ');
  return `reconcile ${target}; if its quorum is lost for good, begin anew with new disks: reconcile ${target} ${all}`;
};

/** Without a leader nodes can't be read (500 "No cluster leader"), so they are not asked for. */
const membership = async ({ scheduler, catalog }: Connection): Promise<Omit<ReachedCluster, 'reachable' | 'jobs'>> => {
  const [consulLeader, nomadLeader] = await Promise.all([catalog.leader(), scheduler.leader()]);
  const none = { names: [], version: null };
  const [consul, nomad, nodes] = await Promise.all([
    consulLeader === null ? none : catalog.voters(),
    nomadLeader === null ? none : scheduler.voters(),
    nomadLeader === null ? [] : scheduler.nodes(),
  ]);
  return {
    consul: { leader: consulLeader, voters: consul.names, version: consul.version },
    nomad: { leader: nomadLeader, voters: nomad.names, version: nomad.version },
    nodes,
  };
};

const observe = async (deps: Deps, targets: readonly MachineTarget[]): Promise<ObservedCluster> => {
  try {
    return await askInTurn(targets, async (target) => {
      const connection = connect(deps, target);
      const facts = await membership(connection);
      const jobs = facts.nomad.leader === null ? [] : await connection.scheduler.jobs();
      return { reachable: true, ...facts, jobs };
    });
  } catch (error) {
    return { reachable: false, because: error instanceof Error ? error.message : String(error) };
  }
};
