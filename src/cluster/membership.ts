import type { ObservedCluster } from '../domain/observation.ts';
import type { MachineTarget } from '../ports/machines.ts';
import { askInTurn, type Connection } from './ask.ts';
import type { ClusterDeps } from './deps.ts';
import type { ReachedCluster } from './ready.ts';

/** Without a leader nodes can't be read (500 "No cluster leader"), so they are not asked for. */
export const membership = async ({
  scheduler,
  catalog,
}: Connection): Promise<Omit<ReachedCluster, 'reachable' | 'jobs' | 'namespaces'>> => {
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

/** Reads only. Servers that stand while nobody holds their keys are a case of its own: no waiting opens them. */
export const observeCluster = async (
  deps: ClusterDeps,
  targets: readonly MachineTarget[],
): Promise<ObservedCluster> => {
  const keys = deps.keyRing.current();
  if (targets.length > 0 && keys === null)
    return { reachable: false, because: 'the keys of its servers are not in the state', keysLost: true };
  if (targets.length > 0 && keys?.recovery !== undefined)
    return {
      reachable: false,
      because: `access to it is being recovered since ${keys.recovery.since}`,
      keysLost: true,
    };
  try {
    return await askInTurn(targets, async (target) => {
      const connection = deps.connect(target, deps.machines);
      const facts = await membership(connection);
      if (facts.nomad.leader === null) return { reachable: true, ...facts, jobs: [] };
      const [jobs, namespaces] = await Promise.all([
        connection.scheduler.jobs(),
        deps.previews === true || deps.mayHavePreviews === true ? connection.scheduler.namespaces() : undefined,
      ]);
      return { reachable: true, ...facts, jobs, ...(namespaces !== undefined && { namespaces }) };
    });
  } catch (error) {
    return { reachable: false, because: error instanceof Error ? error.message : String(error) };
  }
};
