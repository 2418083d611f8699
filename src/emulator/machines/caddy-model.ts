import { identify, may } from './consul/identity.ts';
import { type ServiceInstance, serviceInstances } from './consul-model.ts';
import { defaultNamespace, idOf, namespaceOf } from './nomad/keys.ts';
import { type Answer, json, plainText } from './replies.ts';
import type { ClusterState, MachinesState } from './state.ts';

interface Ingress {
  readonly cluster: ClusterState | undefined;
  readonly faults: MachinesState['faults'];
  readonly now: number;
  /** What it asks Consul with; null: Consul asks nobody for a token. */
  readonly token: string | null;
}
interface Visit {
  readonly host: string;
  readonly path: string;
}

/**
 * Caddy as templates/Caddyfile.hbs and ingress-routes.py.hbs configure it: `/healthz` for the server itself, then
 * services tagged `ingress` by the routes in their meta (`/`, `/api`, `api.example.com/`), a host before none, the
 * longest path first, healthy instances only.
 */
export const ingressAnswer = (ingress: Ingress, visit: Visit): Answer => {
  if (visit.path === '/healthz') return plainText('ok', 200);
  const routes = visibleInstances(ingress)
    .filter((one) => one.tags.includes('ingress'))
    .flatMap((instance) =>
      (instance.meta['routes'] ?? '').split(',').map((route) => ({ route: route.trim(), instance })),
    )
    .filter(({ route }) => route !== '' && matches(route, visit))
    .toSorted(
      (a, b) => Number(a.route.startsWith('/')) - Number(b.route.startsWith('/')) || b.route.length - a.route.length,
    );
  const [best] = routes;
  if (best === undefined) return plainText('no service answers this path yet', 503);
  const healthy = routes.filter(({ route, instance }) => route === best.route && instance.passing);
  const chosen = healthy.toSorted((a, b) => b.instance.jobVersion - a.instance.jobVersion)[0];
  if (chosen === undefined) return plainText('no healthy instance', 503);
  const { instance } = chosen;
  return json({
    status: 'ok',
    job: idOf(instance.allocation.jobId),
    ...(namespaceOf(instance.allocation.jobId) === defaultNamespace
      ? {}
      : { namespace: namespaceOf(instance.allocation.jobId) }),
    version: instance.jobMeta['version'] ?? null,
    jobVersion: instance.jobVersion,
    node: instance.node,
    allocation: instance.allocation.id,
  });
};

const visibleInstances = ({ cluster, faults, now, token }: Ingress): readonly ServiceInstance[] => {
  if (cluster === undefined) return [];
  const who = identify(cluster.consulAcl, token, token !== null);
  if (who === undefined) return [];
  return serviceInstances({ cluster, faults, now }).filter(
    ({ name, node }) =>
      may(who, { resource: 'service', access: 'read', name }) &&
      may(who, { resource: 'node', access: 'read', name: node }),
  );
};

const matches = (route: string, { host, path }: Visit): boolean => {
  const slash = route.indexOf('/');
  const [wantedHost, prefix] = slash < 0 ? [route, '/'] : [route.slice(0, slash), route.slice(slash)];
  if (wantedHost !== '' && wantedHost !== host) return false;
  return prefix === '/' || path === prefix || path.startsWith(`${prefix.replace(/\/$/, '')}/`);
};
