import { type Answer, findRoute, type ModelRoute, noLeader } from '../replies.ts';
import type { ClusterState, MachinesState } from '../state.ts';
import { aclDisabled, denied, type Identity, identify, may, unknownToken } from './identity.ts';

export interface ConsulDeps {
  readonly cluster: ClusterState;
  readonly faults: MachinesState['faults'];
  readonly datacenter: string;
  readonly now: number;
  /** Name of the agent that is asked. */
  readonly agent: string;
  readonly body: unknown;
  readonly who: Identity;
  readonly secret: string | null;
}

export interface ConsulRoute extends ModelRoute<ConsulDeps> {
  /** `open`: no token is looked at. `filtered`: any token that exists, which sees what it may. Else the right it takes. */
  readonly access: 'open' | 'filtered' | `${'acl' | 'operator'}:${'read' | 'write'}`;
  /** Answers without a leader too. */
  readonly leaderless?: boolean;
}

export interface ConsulRequest {
  readonly method: string;
  readonly url: URL;
  readonly secret: string | null;
  /** The asked agent's configuration enables access control. */
  readonly enforced: boolean;
}

/** undefined: there is no such route. */
export const answerConsul = (
  routes: readonly ConsulRoute[],
  deps: Omit<ConsulDeps, 'who' | 'secret'>,
  { method, url, secret, enforced }: ConsulRequest,
): Answer | undefined => {
  const found = findRoute(routes, method, url.pathname) as { route: ConsulRoute; params: Params } | undefined;
  if (found === undefined) return undefined;
  const { route, params } = found;
  const { cluster } = deps;
  if (!enforced && route.path.startsWith('/v1/acl/')) return aclDisabled;
  if (route.leaderless !== true && cluster.consul.leader === null) return noLeader;
  const who = identify(cluster.consulAcl, route.access === 'open' ? null : secret, enforced);
  if (who === undefined) return unknownToken(cluster.consulAcl);
  const refused = refusal(route.access, who);
  return refused ?? route.answer({ ...deps, who, secret }, params, url.searchParams);
};
type Params = Readonly<Record<string, string>>;

const refusal = (access: ConsulRoute['access'], who: Identity): Answer | undefined => {
  if (access === 'open' || access === 'filtered') return undefined;
  const [resource = '', right] = access.split(':');
  const wanted = { resource, access: right === 'write' ? 'write' : 'read' } as const;
  return may(who, wanted) ? undefined : denied(who, wanted);
};
