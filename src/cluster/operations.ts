import type { ClusterOperations, Waiting } from '../ports/cluster-operations.ts';
import type { MachineTarget } from '../ports/machines.ts';
import { askInTurn, type Connection } from './ask.ts';
import { awaitBoot } from './boot.ts';
import type { ClusterDeps } from './deps.ts';
import { withEntry } from './entry.ts';
import { awaitReady } from './form.ts';
import { observeCluster } from './membership.ts';
import { ensureNamespace } from './namespace.ts';
import { recoverAccess } from './recover.ts';
import { submitJob } from './submit.ts';

/**
 * The cluster of one environment. `submit` and `stop` ask the servers in `waiting.servers`, or else those that
 * `awaitReady` or `observe` last named.
 */
export const createClusterOperations = (deps: ClusterDeps): ClusterOperations => {
  let known: readonly MachineTarget[] = [];
  const serversOf = ({ servers = known, leaving = [] }: Waiting): readonly MachineTarget[] => {
    const staying = servers.filter(({ name }) => !leaving.includes(name));
    return staying.length > 0 ? staying : servers;
  };
  const inTurn = (waiting: Waiting, work: (connection: Connection) => Promise<void>): Promise<void> => {
    waiting.signal.throwIfAborted();
    return askInTurn(serversOf(waiting), (target) => work(deps.connect(target, deps.machines)));
  };
  return {
    awaitBoot: async (target, waiting) => {
      known = [...known.filter(({ name }) => name !== target.name), target];
      await awaitBoot(deps, target, waiting);
    },
    awaitReady: async (cluster, waiting) => {
      const { servers, workers = [] } = cluster.spec;
      const targets = [...servers, ...workers].map(({ name, privateIp }) => targetOf(known, name, privateIp));
      known = waiting.servers ?? targets.slice(0, servers.length);
      await awaitReady(deps, cluster, known, waiting);
      await deps.certify?.(targets, waiting);
    },
    submit: (job, waiting, redeploy) => submitJob(deps, job, serversOf(waiting), waiting, redeploy),
    stop: (jobId, waiting) => inTurn(waiting, ({ scheduler }) => scheduler.stop(jobId)),
    ensureNamespace: (namespace, run, waiting) =>
      inTurn(waiting, (connection) => ensureNamespace(deps, connection, namespace, run)),
    removeNamespace: (name, waiting) => inTurn(waiting, ({ schedulerAccess }) => schedulerAccess.removeNamespace(name)),
    observe: async (targets, { recoverAccess: asked } = {}) => {
      if (targets.length > 0) known = targets;
      const seen = await observeCluster(deps, targets);
      return seen.reachable || seen.keysLost !== true ? seen : withEntry(deps, targets, seen, asked);
    },
    recoverAccess: (effect, waiting) => {
      known = [...effect.servers];
      return recoverAccess(deps, effect, waiting);
    },
  };
};

/** Keeps what else is known of a server that the cluster's spec names again, such as its public address. */
const targetOf = (known: readonly MachineTarget[], name: string, privateIp: string): MachineTarget =>
  known.find((target) => target.name === name && target.privateIp === privateIp) ?? { name, privateIp, publicIp: null };
