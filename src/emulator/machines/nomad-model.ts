import { z } from 'zod';
import { autopilotHealth } from './autopilot.ts';
import { aclRoutes } from './nomad/acl.ts';
import { mayInNamespace } from './nomad/identity.ts';
import { parse, plan, registerJob, stop } from './nomad/jobs.ts';
import { keyOf, namespaceOf } from './nomad/keys.ts';
import { taskLog } from './nomad/logs.ts';
import { namespaceRoutes } from './nomad/namespaces.ts';
import { findJob } from './nomad/registry.ts';
import type { Handler, NomadDeps, NomadRoute, Right } from './nomad/route.ts';
import { variableRoutes } from './nomad/variables.ts';
import {
  allocationStub,
  allocationView,
  deploymentView,
  evaluationView,
  jobStub,
  jobView,
  nodeStub,
  nodeView,
} from './nomad/views.ts';
import { isUp, type Peer } from './raft.ts';
import { type Answer, json, plainText } from './replies.ts';
import type { AllocationRecord, JobRecord } from './state.ts';

const version = '1.9.7';
const region = 'global';

const leaderOf = ({ cluster }: NomadDeps): Peer | undefined =>
  cluster.nomad.peers.find((peer) => peer.nodeId === cluster.nomad.leader);
const withJob =
  (answer: (deps: NomadDeps, job: JobRecord, query: URLSearchParams) => Answer): Handler =>
  (deps, params, query) => {
    const job = findJob(deps.cluster, keyOf(deps.namespace, params['id'] ?? ''));
    return job === undefined ? plainText('job not found', 404) : answer(deps, job, query);
  };
/** One of a list by its id, shown or missed by name. */
const one =
  <T>(
    name: string,
    find: (deps: NomadDeps, id: string) => T | undefined,
    view: (deps: NomadDeps, found: T) => unknown,
  ) =>
  (deps: NomadDeps, { id = '' }: Readonly<Record<string, string>>): Answer => {
    const found = find(deps, id);
    return found === undefined ? plainText(`${name} not found`, 404) : json(view(deps, found));
  };
interface OfJob {
  readonly jobId: string;
}
const ofJob = <T extends OfJob>({ namespace }: NomadDeps, all: readonly T[], id = ''): T[] =>
  all.filter(({ jobId }) => jobId === keyOf(namespace, id));
/** In the one that was asked for; of all of them, where the token has the right. */
const inNamespace = ({ namespace, who }: NomadDeps, key: string, right: string): boolean =>
  namespace === '*' ? mayInNamespace(who, right, namespaceOf(key)) : namespaceOf(key) === namespace;
/** What has an id of its own is found whatever namespace was asked for. */
const reads = ({ who }: NomadDeps, { jobId }: OfJob): boolean => mayInNamespace(who, 'read-job', namespaceOf(jobId));
const stubIn =
  ({ cluster, faults, now }: NomadDeps) =>
  (one: AllocationRecord) =>
    allocationStub(cluster, one, faults, now);
const get = (path: string, right: Right, answer: Handler, leaderless = false): NomadRoute => ({
  method: 'GET',
  path,
  right,
  answer,
  leaderless,
});
const post = (path: string, right: Right, answer: Handler): NomadRoute => ({ method: 'POST', path, right, answer });

const agentRoutes: readonly NomadRoute[] = [
  get('/v1/status/leader', 'open', (deps) => json(address(leaderOf(deps)))),
  get('/v1/status/peers', 'open', (deps) => json(deps.cluster.nomad.peers.map(address))),
  get('/.well-known/jwks.json', 'open', () => json({ keys: [signingKey] })),
  get('/v1/agent/members', 'node:read', (deps) => json(members(deps)), true),
  get(
    '/v1/agent/health',
    'open',
    () => json({ client: { ok: true, message: 'ok' }, server: { ok: true, message: 'ok' } }),
    true,
  ),
  get('/v1/operator/autopilot/health', 'operator:read', (deps) => autopilot(deps)),
  get('/v1/operator/raft/configuration', 'management', (deps) =>
    json({ Index: 0, Servers: deps.cluster.nomad.peers.map((peer) => raftServer(deps, peer)) }),
  ),
  get('/v1/nodes', 'node:read', ({ cluster, now }) => json(cluster.nodes.map((node) => nodeStub(node, now)))),
  get(
    '/v1/node/:id',
    'node:read',
    one(
      'node',
      ({ cluster }, id) => cluster.nodes.find((node) => node.id === id),
      ({ now }, node) => nodeView(node, now),
    ),
  ),
  post('/v1/node/:id/purge', 'node:write', (deps, { id }) => purgeNode(deps, id ?? '')),
  post('/v1/node/:id/eligibility', 'node:write', (deps, { id }) => setEligibility(deps, id ?? '')),
];

const jobRoutes: readonly NomadRoute[] = [
  get('/v1/jobs', 'list-jobs', (deps, _params, query) => {
    const { cluster, faults, now } = deps;
    const seen = cluster.jobs.filter(({ id }) => inNamespace(deps, id, 'list-jobs'));
    return json(seen.map((job) => jobStub(cluster, job, faults, now, query.get('meta') === 'true')));
  }),
  post('/v1/jobs', 'own', (deps) => registerJob(deps)),
  { method: 'PUT', path: '/v1/jobs', right: 'own', answer: (deps) => registerJob(deps) },
  { ...post('/v1/jobs/parse', 'parse-job', (deps) => parse(deps)), leaderless: true },
  post('/v1/job/:id/plan', 'submit-job', (deps, { id }) => plan(deps, id ?? '')),
  get(
    '/v1/job/:id',
    'read-job',
    withJob(({ cluster }, job) => json(jobView(cluster, job))),
  ),
  {
    method: 'DELETE',
    path: '/v1/job/:id',
    right: 'submit-job',
    answer: (deps, { id }, query) => stop(deps, id ?? '', query),
  },
  get('/v1/job/:id/evaluations', 'read-job', (deps, { id }) =>
    json(ofJob(deps, deps.cluster.evaluations, id).map(evaluationView)),
  ),
  get('/v1/evaluations', 'read-job', (deps) =>
    json(deps.cluster.evaluations.filter(({ jobId }) => inNamespace(deps, jobId, 'read-job')).map(evaluationView)),
  ),
  get('/v1/deployments', 'read-job', (deps) =>
    json(
      deps.cluster.deployments
        .filter(({ jobId }) => inNamespace(deps, jobId, 'read-job'))
        .map((deployment) => deploymentView(deps.cluster, deployment)),
    ),
  ),
  get('/v1/job/:id/deployments', 'read-job', (deps, { id }) =>
    json(
      ofJob(deps, deps.cluster.deployments, id)
        .toReversed()
        .map((deployment) => deploymentView(deps.cluster, deployment)),
    ),
  ),
  get(
    '/v1/job/:id/summary',
    'read-job',
    withJob(({ cluster, faults, now }, job) => json(jobStub(cluster, job, faults, now, false).JobSummary)),
  ),
  {
    method: 'GET',
    path: '/v1/client/fs/logs/:id',
    right: 'read-logs',
    answer: (deps, { id }, query) => taskLog(deps, id ?? '', query),
  },
  get('/v1/job/:id/deployment', 'read-job', (deps, { id }) => {
    const last = ofJob(deps, deps.cluster.deployments, id).at(-1);
    return json(last === undefined ? null : deploymentView(deps.cluster, last));
  }),
  get('/v1/job/:id/allocations', 'read-job', (deps, { id }) =>
    json(ofJob(deps, deps.cluster.allocations, id).map(stubIn(deps))),
  ),
  get('/v1/allocations', 'read-job', (deps) =>
    json(deps.cluster.allocations.filter(({ jobId }) => inNamespace(deps, jobId, 'read-job')).map(stubIn(deps))),
  ),
  get('/v1/node/:id/allocations', 'node:read', (deps, { id }) =>
    json(
      deps.cluster.allocations
        .filter(({ nodeId, jobId }) => nodeId === id && mayInNamespace(deps.who, 'read-job', namespaceOf(jobId)))
        .map((one) => allocationView(deps.cluster, one, deps.faults, deps.now)),
    ),
  ),
  get(
    '/v1/allocation/:id',
    'own',
    one(
      'alloc',
      (deps, id) => deps.cluster.allocations.find((allocation) => allocation.id === id && reads(deps, allocation)),
      ({ cluster, faults, now }, allocation) => allocationView(cluster, allocation, faults, now),
    ),
  ),
  get(
    '/v1/evaluation/:id',
    'own',
    one(
      'eval',
      (deps, id) => deps.cluster.evaluations.find((evaluation) => evaluation.id === id && reads(deps, evaluation)),
      (_deps, evaluation) => evaluationView(evaluation),
    ),
  ),
  get(
    '/v1/deployment/:id',
    'own',
    one(
      'deployment',
      (deps, id) => deps.cluster.deployments.find((deployment) => deployment.id === id && reads(deps, deployment)),
      ({ cluster }, deployment) => deploymentView(cluster, deployment),
    ),
  ),
];

export const nomadRoutes: readonly NomadRoute[] = [
  ...agentRoutes,
  ...jobRoutes,
  ...aclRoutes,
  ...namespaceRoutes,
  ...variableRoutes,
];

/** Public half of what Nomad signs its workloads' identities with; nobody checks a signature here. */
const signingKey = {
  use: 'sig',
  kty: 'RSA',
  kid: '41b3815a-7a01-578e-c4e3-03d5766daf5f',
  alg: 'RS256',
  n: 'AQAB',
  e: 'AQAB',
};
const address = (peer: Peer | undefined): string => (peer === undefined ? '' : `${peer.ip}:4647`);
const member = (peer: Peer) => ({
  Name: `${peer.name}.${region}`,
  Addr: peer.ip,
  Port: 4648,
  Status: isUp(peer) ? 'alive' : 'failed',
  Tags: { role: 'nomad', region, dc: 'dc1', id: peer.nodeId, build: version },
});
const members = ({ cluster }: NomadDeps) => ({
  ServerName: cluster.nomad.peers[0]?.name ?? '',
  ServerRegion: region,
  ServerDC: 'dc1',
  Members: cluster.nomad.peers.map(member),
});
const autopilot = (deps: NomadDeps): Answer =>
  autopilotHealth(deps.cluster.nomad, {
    now: deps.now,
    index: deps.cluster.index,
    version,
    nameOf: ({ name }) => `${name}.${region}`,
    address,
    summary: true,
  });
const raftServer = (deps: NomadDeps, peer: Peer) => ({
  ID: peer.nodeId,
  Node: `${peer.name}.${region}`,
  Address: address(peer),
  Leader: peer.nodeId === deps.cluster.nomad.leader,
  Voter: peer.voterAt <= deps.now,
  RaftProtocol: '3',
});

const purgeNode = ({ cluster }: NomadDeps, id: string): Answer => {
  if (!cluster.nodes.some((node) => node.id === id)) return plainText('node not found', 404);
  cluster.nodes = cluster.nodes.filter((node) => node.id !== id);
  return json({ EvalIDs: [], NodeModifyIndex: cluster.index });
};
const setEligibility = ({ cluster, body }: NomadDeps, id: string): Answer => {
  const node = cluster.nodes.find((one) => one.id === id);
  if (node === undefined) return plainText('node not found', 404);
  const wanted = z.object({ Eligibility: z.enum(['eligible', 'ineligible']) }).safeParse(body);
  if (!wanted.success) return plainText('Must specify valid Eligibility', 400);
  node.eligible = wanted.data.Eligibility === 'eligible';
  return json({ EvalIDs: [], NodeModifyIndex: cluster.index });
};
