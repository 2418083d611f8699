import { autopilotHealth } from './autopilot.ts';
import { denied, may } from './consul/identity.ts';
import { policyRoutes } from './consul/policies.ts';
import type { ConsulDeps, ConsulRoute } from './consul/route.ts';
import type { Permission } from './consul/rules.ts';
import { tokenRoutes } from './consul/tokens.ts';
import { workloadRoutes } from './consul/workloads.ts';
import { isPassing } from './nomad/allocations.ts';
import { groupOf } from './nomad/schedule.ts';
import { isUp, type Peer } from './raft.ts';
import { type Answer, empty, json } from './replies.ts';
import { servicesOf } from './spec.ts';
import type { AllocationRecord } from './state.ts';

const version = '1.20.1';

/** An instance of a service as Consul knows it: what Nomad registered for a running allocation. */
export interface ServiceInstance {
  readonly allocation: AllocationRecord;
  readonly name: string;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly node: string;
  readonly ip: string;
  readonly passing: boolean;
  readonly jobVersion: number;
  readonly jobMeta: Readonly<Record<string, string>>;
}

export const serviceInstances = ({
  cluster,
  faults,
  now,
}: Pick<ConsulDeps, 'cluster' | 'faults' | 'now'>): readonly ServiceInstance[] =>
  cluster.allocations.flatMap((allocation) => {
    const job = cluster.jobs.find((one) => one.id === allocation.jobId);
    const jobVersion = job?.versions.find((one) => one.version === allocation.version);
    const group = jobVersion === undefined ? undefined : groupOf(jobVersion, allocation.group);
    const node = cluster.nodes.find((one) => one.id === allocation.nodeId);
    if (group === undefined || node === undefined || node.downSince !== null) return [];
    if (allocation.ended !== null || allocation.desired !== 'run') return [];
    const jobMeta = (jobVersion?.spec['Meta'] ?? {}) as Record<string, string>;
    return servicesOf(group)
      .filter((service) => (service.Provider ?? 'consul') === 'consul')
      .map((service) => ({
        allocation,
        name: service.Name,
        tags: service.Tags ?? [],
        meta: service.Meta ?? {},
        node: node.name,
        ip: node.ip,
        passing: isPassing(allocation, group, faults, now),
        jobVersion: allocation.version,
        jobMeta,
      }));
  });

const leaderOf = ({ cluster }: ConsulDeps): Peer | undefined =>
  cluster.consul.peers.find((peer) => peer.nodeId === cluster.consul.leader);
/** Lists show what a token may see; an empty one proves nothing (seen on a real 1.20). */
const nodeSeen = ({ who }: ConsulDeps, name: string): boolean => may(who, { resource: 'node', access: 'read', name });
const seesNode =
  (deps: ConsulDeps) =>
  ({ name }: Peer): boolean =>
    nodeSeen(deps, name);
const seesService = ({ who }: ConsulDeps, name: string): boolean =>
  may(who, { resource: 'service', access: 'read', name });

export const consulRoutes: readonly ConsulRoute[] = [
  {
    method: 'GET',
    path: '/v1/status/leader',
    access: 'open',
    leaderless: true,
    answer: (deps) => json(address(leaderOf(deps))),
  },
  {
    method: 'GET',
    path: '/v1/status/peers',
    access: 'open',
    leaderless: true,
    answer: (deps) => json(deps.cluster.consul.peers.map(address)),
  },
  {
    method: 'GET',
    path: '/v1/agent/members',
    access: 'filtered',
    leaderless: true,
    answer: (deps) => json(deps.cluster.consul.peers.filter(seesNode(deps)).map((peer) => member(deps, peer))),
  },
  { method: 'GET', path: '/v1/operator/autopilot/health', access: 'operator:read', answer: (deps) => autopilot(deps) },
  {
    method: 'GET',
    path: '/v1/operator/raft/configuration',
    access: 'operator:read',
    answer: (deps) => json({ Servers: deps.cluster.consul.peers.map((peer) => raftServer(deps, peer)), Index: 0 }),
  },
  { method: 'GET', path: '/v1/catalog/services', access: 'filtered', answer: (deps) => json(catalogue(deps)) },
  {
    method: 'GET',
    path: '/v1/catalog/nodes',
    access: 'filtered',
    answer: (deps) =>
      json(deps.cluster.consul.peers.filter(seesNode(deps)).map((peer) => node(deps, peer.name, peer.ip))),
  },
  {
    method: 'GET',
    path: '/v1/health/service/:name',
    access: 'filtered',
    answer: (deps, params, query) => health(deps, params['name'] ?? '', query),
  },
  { method: 'GET', path: '/v1/agent/self', access: 'filtered', leaderless: true, answer: (deps) => self(deps) },
  {
    method: 'GET',
    path: '/v1/catalog/service/:name',
    access: 'filtered',
    answer: (deps, params) => json(visible(deps, params['name'] ?? '').map((one) => catalogued(deps, one))),
  },
  {
    method: 'GET',
    path: '/v1/kv/:key*',
    access: 'filtered',
    answer: (deps, params) =>
      unlessDenied(deps, { resource: 'key', access: 'read', name: params['key'] ?? '' }, () => empty(404)),
  },
  {
    method: 'PUT',
    path: '/v1/agent/service/register',
    access: 'filtered',
    answer: (deps) =>
      unlessDenied(deps, { resource: 'service', access: 'write', name: registeredName(deps.body) }, () => empty(200)),
  },
  ...tokenRoutes,
  ...policyRoutes,
  ...workloadRoutes,
];

const unlessDenied = ({ who }: ConsulDeps, wanted: Permission, answer: () => Answer): Answer =>
  may(who, wanted) ? answer() : denied(who, wanted);
const registeredName = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'Name' in body ? String(body.Name) : '';
const self = (deps: ConsulDeps): Answer =>
  unlessDenied(deps, { resource: 'agent', access: 'read', name: deps.agent }, () =>
    json({ Config: { Datacenter: deps.datacenter, NodeName: deps.agent, Server: true, Version: version } }),
  );

const address = (peer: Peer | undefined): string => (peer === undefined ? '' : `${peer.ip}:8300`);

const member = ({ datacenter }: ConsulDeps, peer: Peer) => ({
  Name: peer.name,
  Addr: peer.ip,
  Port: 8301,
  // Serf: 1 alive, 4 failed.
  Status: isUp(peer) ? 1 : 4,
  Tags: { role: 'consul', dc: datacenter, id: peer.nodeId, port: '8300', build: `${version}:00000000` },
});

const autopilot = (deps: ConsulDeps): Answer =>
  autopilotHealth(deps.cluster.consul, {
    now: deps.now,
    index: deps.cluster.index,
    version,
    nameOf: ({ name }) => name,
    address,
  });

const raftServer = (deps: ConsulDeps, peer: Peer) => ({
  ID: peer.nodeId,
  Node: peer.name,
  Address: address(peer),
  Leader: peer.nodeId === deps.cluster.consul.leader,
  Voter: peer.voterAt <= deps.now,
  ProtocolVersion: '3',
  LastIndex: deps.cluster.index,
});

const catalogue = (deps: ConsulDeps): Record<string, readonly string[]> => {
  const services: Record<string, readonly string[]> = {
    consul: [],
    nomad: ['http', 'rpc', 'serf'],
    'nomad-client': ['http'],
  };
  for (const instance of serviceInstances(deps))
    services[instance.name] = [...new Set([...(services[instance.name] ?? []), ...instance.tags])];
  return Object.fromEntries(Object.entries(services).filter(([name]) => seesService(deps, name)));
};

const node = ({ datacenter, cluster }: ConsulDeps, name: string, ip: string) => ({
  ID: cluster.consul.peers.find((peer) => peer.name === name)?.nodeId ?? '',
  Node: name,
  Address: ip,
  Datacenter: datacenter,
});

const visible = (deps: ConsulDeps, name: string): readonly ServiceInstance[] =>
  serviceInstances(deps).filter((one) => one.name === name && seesService(deps, name) && nodeSeen(deps, one.node));

const serviceId = (one: ServiceInstance): string =>
  `_nomad-task-${one.allocation.id}-group-${one.allocation.group}-${one.name}-http`;

const catalogued = (deps: ConsulDeps, one: ServiceInstance) => ({
  ...node(deps, one.node, one.ip),
  ServiceID: serviceId(one),
  ServiceName: one.name,
  ServiceTags: one.tags,
  ServiceMeta: one.meta,
  ServiceAddress: one.ip,
  ServicePort: one.allocation.port,
});

const health = (deps: ConsulDeps, name: string, query: URLSearchParams): Answer => {
  const passingOnly = query.has('passing') && query.get('passing') !== 'false';
  return json(
    visible(deps, name)
      .filter((one) => one.passing || !passingOnly)
      .map((one) => ({
        Node: node(deps, one.node, one.ip),
        Service: {
          ID: serviceId(one),
          Service: one.name,
          Tags: one.tags,
          Meta: one.meta,
          Address: one.ip,
          Port: one.allocation.port,
        },
        Checks: [
          {
            Node: one.node,
            CheckID: `service:${one.name}`,
            Name: `service: "${one.name}" check`,
            Status: one.passing ? 'passing' : 'critical',
            ServiceName: one.name,
          },
        ],
      })),
  );
};
