import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import type { Effect, RecoveredServer } from '../domain/plan.ts';
import type { Waiting } from '../ports/cluster-operations.ts';
import { askInTurn, type Connection } from './ask.ts';
import type { ClusterDeps, Recovery } from './deps.ts';

export type RecoverEffect = Extract<Effect, { op: 'recover-access' }>;

/** What the parts of a recovery work with. */
export interface Recovering {
  readonly deps: ClusterDeps;
  readonly recovery: Recovery;
  readonly cluster: RecoverEffect['resource'];
  readonly servers: readonly RecoveredServer[];
  readonly waiting: Waiting;
}

export const keysOf = ({ deps }: Recovering): ClusterKeys => {
  const keys = deps.keyRing.current();
  if (keys === null) throw new Failure('the keys of this cluster are not known');
  return keys;
};

/** Asked of any server: each speaks for the cluster. */
export const askAny = <T>(
  { deps, servers }: Recovering,
  question: (connection: Connection) => Promise<T>,
): Promise<T> => askInTurn(servers, (target) => question(deps.connect(target, deps.machines)));

/** Leaders are told as `10.0.1.11:8300`. */
export const isAt = ({ privateIp }: RecoveredServer, leader: string | null): boolean =>
  leader?.replace(/:\d+$/, '') === privateIp;

/** Servers that our own key does not open yet. Throws Failure where another host key is shown than ours. */
export const notAdmitted = async <Server extends Parameters<ClusterDeps['machines']['bootStatus']>[0]>(
  { machines }: Pick<ClusterDeps, 'machines'>,
  servers: readonly Server[],
): Promise<Server[]> => {
  const opened = await Promise.all(
    servers.map(async (server) => (await machines.bootStatus(server)).stage !== 'unreachable'),
  );
  return servers.filter((_, index) => opened[index] !== true);
};
