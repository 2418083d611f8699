import { type Answer, findRoute, type ModelRoute, noLeader, plainText } from '../replies.ts';
import type { ClusterState, MachinesState } from '../state.ts';
import { type Identity, identify, isManagement, mayInNamespace, mayOn, maySomewhere } from './identity.ts';
import { defaultNamespace } from './keys.ts';

export interface NomadDeps {
  readonly cluster: ClusterState;
  readonly faults: MachinesState['faults'];
  readonly now: number;
  readonly body: unknown;
  readonly who: Identity;
  readonly secret: string | null;
  /** Of the query; `*` stands for all. */
  readonly namespace: string;
}
export type Handler = ModelRoute<NomadDeps>['answer'];

/** The right that a call takes: `open` none, `own` is looked at by the call itself, a lone word a capability in the namespace. */
export type Right =
  | 'open'
  | 'own'
  | 'management'
  | `${'node' | 'agent' | 'operator'}:${'read' | 'write'}`
  | 'read-logs'
  | `${'list' | 'read' | 'submit' | 'parse'}-job${'' | 's'}`;
export interface NomadRoute extends ModelRoute<NomadDeps> {
  readonly right: Right;
  /** Answers without a leader too: reads are consistent by default and writes go to the leader. */
  readonly leaderless?: boolean;
}

export interface NomadRequest {
  readonly method: string;
  readonly url: URL;
  readonly secret: string | null;
  /** The asked agent's configuration enables access control. */
  readonly enforced: boolean;
}

export const permissionDenied = plainText('Permission denied', 403);
const aclDisabled = plainText('ACL support disabled', 400);

/** undefined: there is no such route. */
export const answerNomad = (
  routes: readonly NomadRoute[],
  deps: Omit<NomadDeps, 'who' | 'secret' | 'namespace'>,
  { method, url, secret, enforced }: NomadRequest,
): Answer | undefined => {
  const found = findRoute(routes, method, url.pathname) as { route: NomadRoute; params: Params } | undefined;
  if (found === undefined) return undefined;
  const { route, params } = found;
  if (!enforced && route.path.startsWith('/v1/acl/')) return aclDisabled;
  if (route.leaderless !== true && deps.cluster.nomad.leader === null) return noLeader;
  const who = identify(deps.cluster.nomadAcl, secret, enforced);
  // Except where it asks for itself, a secret that no token has is refused whatever the call.
  const stranger = enforced && secret !== null && secret !== '' && who.token === null;
  if (stranger && route.right !== 'open' && route.path !== selfPath) return permissionDenied;
  const namespace = url.searchParams.get('namespace') ?? defaultNamespace;
  if (!permits(route.right, who, namespace)) return permissionDenied;
  return route.answer({ ...deps, who, secret, namespace }, params, url.searchParams);
};
const selfPath = '/v1/acl/token/self';
type Params = Readonly<Record<string, string>>;

const permits = (right: Right, who: Identity, namespace: string): boolean => {
  if (right === 'open' || right === 'own') return true;
  if (right === 'management') return isManagement(who);
  const [what = '', access] = right.split(':');
  if (access !== undefined) return mayOn(who, what, access);
  // Of all of them each shows what may be seen of it.
  return namespace === '*' ? maySomewhere(who, what) : mayInNamespace(who, what, namespace);
};
