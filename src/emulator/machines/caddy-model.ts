import { serviceInstances } from './consul-model.ts';
import { type Answer, json, plainText } from './replies.ts';
import type { ClusterState, MachinesState } from './state.ts';

interface Ingress {
  readonly cluster: ClusterState | undefined;
  readonly faults: MachinesState['faults'];
  readonly now: number;
}

/**
 * Caddy as templates/Caddyfile.hbs and routes.ctmpl.hbs configure it: `/healthz` for the server itself, then services
 * tagged `ingress` by the paths in their meta `routes`, the longest first, healthy instances only.
 */
export const ingressAnswer = ({ cluster, faults, now }: Ingress, path: string): Answer => {
  if (path === '/healthz') return plainText('ok', 200);
  const instances = cluster === undefined ? [] : serviceInstances({ cluster, faults, now });
  const routes = instances
    .filter((one) => one.tags.includes('ingress'))
    .flatMap((instance) =>
      (instance.meta['routes'] ?? '').split(',').map((route) => ({ route: route.trim(), instance })),
    )
    .filter(({ route }) => route !== '' && matches(route, path))
    .toSorted((a, b) => b.route.length - a.route.length);
  const [best] = routes;
  if (best === undefined) return plainText('no service answers this path yet', 503);
  const healthy = routes.filter(({ route, instance }) => route === best.route && instance.passing);
  const chosen = healthy.toSorted((a, b) => b.instance.jobVersion - a.instance.jobVersion)[0];
  if (chosen === undefined) return plainText('no healthy instance', 503);
  const { instance } = chosen;
  return json({
    status: 'ok',
    job: instance.allocation.jobId,
    version: instance.jobMeta['version'] ?? null,
    jobVersion: instance.jobVersion,
    node: instance.node,
    allocation: instance.allocation.id,
  });
};

const matches = (route: string, path: string): boolean =>
  route === '/' || path === route || path.startsWith(`${route.replace(/\/$/, '')}/`);
