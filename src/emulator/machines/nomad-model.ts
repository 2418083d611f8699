import { z } from 'zod';
import { autopilotHealth } from './autopilot.ts';
import { parseJob } from './hcl/job.ts';
import { HclError } from './hcl/tokens.ts';
import { deregister, findJob, isUnchanged, register } from './nomad/registry.ts';
import { latest } from './nomad/schedule.ts';
import { settleJobs } from './nomad/settle.ts';
import { allocationView, deploymentView, evaluationView, jobStub, jobView, nodeStub, nodeView } from './nomad/views.ts';
import { isUp, type Peer } from './raft.ts';
import { type Answer, json, type ModelRoute, noLeader, plainText } from './replies.ts';
import { jobSpecSchema } from './spec.ts';
import type { ClusterState, JobRecord, MachinesState } from './state.ts';

export interface NomadDeps {
  readonly cluster: ClusterState;
  readonly faults: MachinesState['faults'];
  readonly now: number;
  readonly body: unknown;
}
type Handler = ModelRoute<NomadDeps>['answer'];
const version = '1.9.7';
const region = 'global';

const leaderOf = ({ cluster }: NomadDeps): Peer | undefined =>
  cluster.nomad.peers.find((peer) => peer.nodeId === cluster.nomad.leader);
/** Reads are consistent by default and writes go to the leader: neither works without one. */
const led =
  (answer: Handler): Handler =>
  (deps, params, query) =>
    leaderOf(deps) === undefined ? noLeader : answer(deps, params, query);
const withJob = (answer: (deps: NomadDeps, job: JobRecord, query: URLSearchParams) => Answer): Handler =>
  led((deps, params, query) => {
    const job = findJob(deps.cluster, params['id'] ?? '');
    return job === undefined ? plainText('job not found', 404) : answer(deps, job, query);
  });
const get = (path: string, answer: Handler): ModelRoute<NomadDeps> => ({ method: 'GET', path, answer });

export const nomadRoutes: readonly ModelRoute<NomadDeps>[] = [
  get('/v1/status/leader', (deps) => json(address(leaderOf(deps)))),
  get(
    '/v1/status/peers',
    led((deps) => json(deps.cluster.nomad.peers.map(address))),
  ),
  get('/v1/agent/members', (deps) =>
    json({ ServerName: '', ServerRegion: region, ServerDC: 'dc1', Members: deps.cluster.nomad.peers.map(member) }),
  ),
  get('/v1/agent/health', () => json({ client: { ok: true, message: 'ok' }, server: { ok: true, message: 'ok' } })),
  get(
    '/v1/operator/autopilot/health',
    led((deps) => autopilot(deps)),
  ),
  get(
    '/v1/operator/raft/configuration',
    led((deps) => json({ Index: 0, Servers: deps.cluster.nomad.peers.map((peer) => raftServer(deps, peer)) })),
  ),
  get(
    '/v1/nodes',
    led(({ cluster, now }) => json(cluster.nodes.map((node) => nodeStub(node, now)))),
  ),
  get(
    '/v1/node/:id',
    led(({ cluster, now }, { id }) => {
      const node = cluster.nodes.find((one) => one.id === id);
      return node === undefined ? plainText('node not found', 404) : json(nodeView(node, now));
    }),
  ),
  { method: 'POST', path: '/v1/node/:id/purge', answer: led((deps, { id }) => purgeNode(deps, id ?? '')) },
  { method: 'POST', path: '/v1/node/:id/eligibility', answer: led((deps, { id }) => setEligibility(deps, id ?? '')) },
  get(
    '/v1/jobs',
    led(({ cluster, faults, now }, _params, query) =>
      json(cluster.jobs.map((job) => jobStub(cluster, job, faults, now, query.get('meta') === 'true'))),
    ),
  ),
  { method: 'POST', path: '/v1/jobs', answer: led((deps) => registerJob(deps)) },
  { method: 'PUT', path: '/v1/jobs', answer: led((deps) => registerJob(deps)) },
  { method: 'POST', path: '/v1/jobs/parse', answer: (deps) => parse(deps) },
  { method: 'POST', path: '/v1/job/:id/plan', answer: led((deps, { id }) => plan(deps, id ?? '')) },
  get(
    '/v1/job/:id',
    withJob(({ cluster }, job) => json(jobView(cluster, job))),
  ),
  { method: 'DELETE', path: '/v1/job/:id', answer: led((deps, { id }, query) => stop(deps, id ?? '', query)) },
  get(
    '/v1/job/:id/evaluations',
    led(({ cluster }, { id }) => json(cluster.evaluations.filter((one) => one.jobId === id).map(evaluationView))),
  ),
  get(
    '/v1/job/:id/deployments',
    led(({ cluster }, { id }) =>
      json(
        cluster.deployments
          .filter((one) => one.jobId === id)
          .toReversed()
          .map((one) => deploymentView(cluster, one)),
      ),
    ),
  ),
  get(
    '/v1/job/:id/deployment',
    led(({ cluster }, { id }) => {
      const last = cluster.deployments.findLast((one) => one.jobId === id);
      return json(last === undefined ? null : deploymentView(cluster, last));
    }),
  ),
  get(
    '/v1/job/:id/allocations',
    led(({ cluster, faults, now }, { id }) =>
      json(
        cluster.allocations.filter((one) => one.jobId === id).map((one) => allocationView(cluster, one, faults, now)),
      ),
    ),
  ),
  get(
    '/v1/allocations',
    led(({ cluster, faults, now }) =>
      json(cluster.allocations.map((one) => allocationView(cluster, one, faults, now))),
    ),
  ),
  get(
    '/v1/allocation/:id',
    led(({ cluster, faults, now }, { id }) => {
      const found = cluster.allocations.find((one) => one.id === id);
      return found === undefined
        ? plainText('alloc not found', 404)
        : json(allocationView(cluster, found, faults, now));
    }),
  ),
  get(
    '/v1/evaluation/:id',
    led(({ cluster }, { id }) => {
      const found = cluster.evaluations.find((one) => one.id === id);
      return found === undefined ? plainText('eval not found', 404) : json(evaluationView(found));
    }),
  ),
  get(
    '/v1/deployment/:id',
    led(({ cluster }, { id }) => {
      const found = cluster.deployments.find((one) => one.id === id);
      return found === undefined ? plainText('deployment not found', 404) : json(deploymentView(cluster, found));
    }),
  ),
];

const address = (peer: Peer | undefined): string => (peer === undefined ? '' : `${peer.ip}:4647`);
const member = (peer: Peer) => ({
  Name: `${peer.name}.${region}`,
  Addr: peer.ip,
  Port: 4648,
  Status: isUp(peer) ? 'alive' : 'failed',
  Tags: { role: 'nomad', region, dc: 'dc1', id: peer.nodeId, build: version },
});
const autopilot = (deps: NomadDeps): Answer =>
  autopilotHealth(deps.cluster.nomad, {
    now: deps.now,
    index: deps.cluster.index,
    version,
    nameOf: ({ name }) => `${name}.${region}`,
    address,
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

const parseBody = z.object({
  JobHCL: z.string(),
  Variables: z.string().nullish(),
  Canonicalize: z.boolean().nullish(),
});
const parse = ({ body }: NomadDeps): Answer => {
  const request = parseBody.safeParse(body);
  if (!request.success || request.data.JobHCL === '') return plainText('Job spec is empty', 400);
  try {
    return json(parseJob(request.data.JobHCL, request.data.Variables ?? ''));
  } catch (error) {
    if (error instanceof HclError) return plainText(`Failed to parse job: ${error.message}`, 400);
    throw error;
  }
};

const jobBody = z.object({
  Job: z.looseObject({ ID: z.string() }),
  EnforceIndex: z.boolean().nullish(),
  JobModifyIndex: z.int().nullish(),
});
type JobRequest = z.infer<typeof jobBody>;

/** The job of a request, or the refusal of one that can't be a job. */
const jobOf = (body: unknown): { readonly request: JobRequest } | { readonly refused: Answer } => {
  const request = jobBody.safeParse(body);
  if (!request.success) return { refused: plainText('Job must be specified', 400) };
  const spec = jobSpecSchema.safeParse(request.data.Job);
  if (spec.success) return { request: request.data };
  const issue = spec.error.issues[0];
  return { refused: plainText(`1 error occurred:\n\t* ${issue?.path.join('.')}: ${issue?.message}`, 500) };
};

const registerJob = ({ cluster, faults, now, body }: NomadDeps): Answer => {
  const parsed = jobOf(body);
  if ('refused' in parsed) return parsed.refused;
  const { Job: spec, EnforceIndex: enforce, JobModifyIndex: index } = parsed.request;
  const present = findJob(cluster, spec.ID);
  const refusal = enforce === true ? indexConflict(present, index ?? 0) : undefined;
  if (refusal !== undefined) return plainText(refusal, 500);
  const evaluation = register(cluster, spec, 'job-register', now);
  settleJobs(cluster, faults, now);
  const modified = latest(findJob(cluster, spec.ID) ?? mustExist(spec.ID)).modifyIndex;
  return json({
    EvalID: evaluation.id,
    EvalCreateIndex: evaluation.createIndex,
    JobModifyIndex: modified,
    Warnings: '',
    Index: cluster.index,
  });
};
const mustExist = (id: string): never => {
  throw new Error(`job ${id} was registered and is not there`);
};

/** Texts of nomad/job_endpoint.go, the first seen on a real 1.9.7: they come with status 500. */
const indexConflict = (present: JobRecord | undefined, wanted: number): string | undefined => {
  const prefix = `Enforcing job modify index ${wanted}`;
  if (present === undefined) return wanted === 0 ? undefined : `${prefix}: job does not exist`;
  const actual = latest(present).modifyIndex;
  if (wanted === 0) return `${prefix}: job already exists`;
  return actual === wanted ? undefined : `${prefix}: job exists with conflicting job modify index: ${actual}`;
};

/** A dry run on a copy. */
const plan = ({ cluster, now, body }: NomadDeps, id: string): Answer => {
  const parsed = jobOf(body);
  if ('refused' in parsed) return parsed.refused;
  const { Job: spec } = parsed.request;
  if (spec.ID !== id) return plainText('Job ID does not match', 400);
  const present = findJob(cluster, id);
  const type = isUnchanged(present, spec) ? 'None' : present === undefined ? 'Added' : 'Edited';
  const evaluation = register(structuredClone(cluster), spec, 'job-register', now);
  return json({
    Annotations: null,
    FailedTGAllocs: evaluation.failed,
    JobModifyIndex: present === undefined ? 0 : latest(present).modifyIndex,
    CreatedEvals: null,
    Diff: { Type: type, ID: id, Fields: null, Objects: null, TaskGroups: null },
    Warnings: '',
  });
};

/** Stopping a job that is not there succeeds with an empty evaluation (seen on a real 1.9.7). */
const stop = ({ cluster, now }: NomadDeps, id: string, query: URLSearchParams): Answer => {
  const job = findJob(cluster, id);
  if (job === undefined) return json({ EvalID: '', EvalCreateIndex: 0, JobModifyIndex: 0, Index: 0 });
  const { id: evaluation, createIndex } = deregister(cluster, job, query.get('purge') === 'true', now);
  return json({
    EvalID: evaluation,
    EvalCreateIndex: createIndex,
    JobModifyIndex: cluster.index,
    Index: cluster.index,
  });
};
