import type { Environment } from '../domain/environment.ts';
import type { AnyObservedItem, Observation } from '../domain/observation.ts';
import type { StatusLine } from '../ports/session.ts';
import { loadBalancersOf, serversOf } from './outputs.ts';

/** Health of every layer, from the outside in. */
export const statusOf = (
  environment: Environment,
  observation: Observation,
  ours: readonly AnyObservedItem[],
): readonly StatusLine[] => [
  // A preview on shared servers has jobs alone; the rest is told of its host.
  ...(environment.host === undefined
    ? [...serverLines(environment, ours), ...loadBalancerLines(environment, ours), ...dnsLines(environment, ours)]
    : []),
  ...clusterLines(environment, observation, ours),
];

const serverLines = (environment: Environment, ours: readonly AnyObservedItem[]): StatusLine[] => {
  const servers = serversOf(ours);
  const lines = servers.map((server): StatusLine => {
    const { status, type, location, ipv4 } = server.facts;
    const health = status === 'running' ? 'ok' : status === 'unknown' ? 'unknown' : 'bad';
    return {
      layer: 'servers',
      name: server.name,
      health,
      detail: `${status}, ${type} in ${location}, ${ipv4 ?? 'no public IPv4'}`,
    };
  });
  const wanted = environment.servers.count + (environment.workers?.count ?? 0);
  const missing = wanted - servers.length;
  if (missing > 0)
    lines.push({
      layer: 'servers',
      name: environment.name,
      health: 'absent',
      detail: `${missing} of ${wanted} servers missing`,
    });
  return lines;
};

const loadBalancerLines = (environment: Environment, ours: readonly AnyObservedItem[]): StatusLine[] => {
  if (environment.ingress !== 'load-balancer') return [];
  const balancers = loadBalancersOf(ours);
  if (balancers.length === 0)
    return [{ layer: 'load-balancer', name: environment.name, health: 'absent', detail: 'not created' }];
  return balancers.map((balancer) => {
    const healthy = balancer.facts.targetHealth.filter((target) => target.status === 'healthy').length;
    const all = balancer.facts.targetHealth.length;
    const health = healthy === all && all > 0 ? 'ok' : healthy === 0 ? 'bad' : 'unknown';
    return {
      layer: 'load-balancer',
      name: balancer.name,
      health,
      detail: `${healthy} of ${all} targets healthy, ${balancer.facts.ipv4 ?? 'no IPv4'}`,
    };
  });
};

const dnsLines = (environment: Environment, ours: readonly AnyObservedItem[]): StatusLine[] => {
  if (environment.zone === undefined) return [];
  const records = ours.filter((item) => item.kind === 'rrset');
  if (records.length === 0)
    return [
      { layer: 'dns', name: environment.domain, health: 'absent', detail: `no record in zone ${environment.zone}` },
    ];
  return records.map((item) =>
    item.kind === 'rrset'
      ? {
          layer: 'dns',
          name: `${item.facts.name} ${item.facts.type}`,
          health: 'ok',
          detail: item.facts.records.join(', '),
        }
      : { layer: 'dns', name: item.name, health: 'unknown', detail: '' },
  );
};

const clusterLines = (
  environment: Environment,
  observation: Observation,
  ours: readonly AnyObservedItem[],
): StatusLine[] => {
  const { cluster } = observation;
  if (cluster === null) return [{ layer: 'consul', name: 'cluster', health: 'absent', detail: 'no server to form it' }];
  if (!cluster.reachable) return [{ layer: 'consul', name: 'cluster', health: 'bad', detail: cluster.because }];
  const wanted = environment.servers.count;
  const quorum = (layer: 'consul' | 'nomad'): StatusLine => {
    const { leader, voters, version } = cluster[layer];
    const health = leader !== null && voters.length >= wanted ? 'ok' : 'bad';
    return {
      layer,
      name: 'quorum',
      health,
      detail: `leader ${leader ?? 'none'}, ${voters.length} of ${wanted} voters, version ${version ?? 'unknown'}`,
    };
  };
  const names = serversOf(ours).map(({ name }) => name);
  // Nomad remembers a node for a day after its server is gone (node_gc_threshold); that is no illness.
  const isGone = ({ name, status }: (typeof cluster.nodes)[number]): boolean =>
    status === 'down' && environment.host === undefined && !names.includes(name);
  const nodes = cluster.nodes.map((node): StatusLine => {
    if (isGone(node)) return { layer: 'nomad', name: node.name, health: 'absent', detail: 'its server is gone' };
    return {
      layer: 'nomad',
      name: node.name,
      health: node.status === 'ready' && node.eligible && node.seesConsul ? 'ok' : 'bad',
      detail: `${node.status}, ${node.eligible ? 'eligible' : 'not eligible'}${node.seesConsul ? '' : ', does not see Consul'}`,
    };
  });
  const jobs = environment.jobs.map((wantedJob): StatusLine => {
    const job = cluster.jobs.find((candidate) => candidate.jobId === wantedJob.name);
    if (job === undefined) return { layer: 'jobs', name: wantedJob.name, health: 'absent', detail: 'not registered' };
    const health = job.status === 'running' && job.healthy >= job.wanted ? 'ok' : 'bad';
    return {
      layer: 'jobs',
      name: job.jobId,
      health,
      detail: `${job.status}, ${job.healthy} of ${job.wanted} healthy, version ${job.version}`,
    };
  });
  return [quorum('consul'), quorum('nomad'), ...nodes, ...jobs];
};
