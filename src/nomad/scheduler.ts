import { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import type { ObservedJob, ObservedNode } from '../domain/observation.ts';
import type { JobScheduler } from '../ports/job-scheduler.ts';
import { isHealthy, jobHealth, readJob, wantedCount } from './health.ts';
import { createNomadHttp, type NomadAccess, type NomadHttp, NomadRefusal } from './http.ts';
import { jobLogs } from './logs.ts';
import { metaNames } from './meta.ts';
import { listNamespaces } from './namespaces.ts';
import { releaseHealth, startRelease } from './release.ts';
import { submitJob } from './submit.ts';
import { putVariables, readVariables, removeVariables } from './variables-store.ts';
import {
  allocationsSchema,
  autopilotHealthSchema,
  jobStubsSchema,
  leaderSchema,
  nodeSchema,
  nodeStubsSchema,
} from './wire.ts';

/**
 * Nomad behind one of its servers, with the deployer's token. Reads are Nomad's default, consistent ones: a stale read
 * would answer without a leader.
 */
export const createNomad = (access: NomadAccess): JobScheduler => {
  const http = createNomadHttp(access);
  return {
    leader: () => leader(http),
    voters: () => voters(http),
    nodes: () => nodes(http),
    jobs: () => jobs(http),
    namespaces: () => listNamespaces(http),
    submit: (job, meta) => submitJob(http, job, meta),
    health: (jobId, version) => jobHealth(http, jobId, version),
    logs: (jobId, lines) => jobLogs(http, jobId, lines),
    startRelease: (release, of) => startRelease(http, release, of),
    releaseHealth: (jobId, version) => releaseHealth(http, jobId, version),
    stop: (jobId) => stopWhole(http, jobId),
    putVariables: (path, items) => putVariables(http, path, items),
    readVariables: (path) => readVariables(http, path),
  };
};

/**
 * A server that knows no leader looks for one for 5 s and then says 500 "No cluster leader" (recorded from a real 1.9.7;
 * Consul says 200 with an empty text at once).
 */
const leader = async (http: NomadHttp): Promise<string | null> => {
  try {
    return (await http.ask('GET', '/v1/status/leader', leaderSchema)).body || null;
  } catch (error) {
    if (error instanceof NomadRefusal && error.text.includes('No cluster leader')) return null;
    throw error;
  }
};

/** 429 carries the same body as 200 and means "not healthy", not "slow down" (nomad/api-docs/operator/autopilot). */
const voters = async (http: NomadHttp): Promise<{ names: readonly string[]; version: string | null }> => {
  try {
    const { body } = await http.ask('GET', '/v1/operator/autopilot/health', autopilotHealthSchema, { alsoFine: [429] });
    const healthy = (body.Servers ?? []).filter((server) => server.Voter && server.Healthy);
    const versions = new Set(healthy.map((server) => server.Version));
    return {
      names: healthy.map((server) => withoutRegion(server.Name)).toSorted(),
      version: versions.size === 1 ? (healthy[0]?.Version ?? null) : null,
    };
  } catch (error) {
    if (error instanceof NomadRefusal && error.text.includes('No cluster leader')) return { names: [], version: null };
    throw error;
  }
};

/** Serf members are `<name>.<region>`, and a region holds no dot. */
const withoutRegion = (member: string): string => member.replace(/\.[^.]*$/, '');

/**
 * Newest first: a wiped server comes back as a new node under its old name, and the old one stays listed until it is
 * purged. The list carries no attributes (its `os` field gives the name of the system only, nomad/structs
 * NodeStubFields), so each node that is ready is read once more for `consul.version`; the others can't see Consul.
 */
const nodes = async (http: NomadHttp): Promise<readonly ObservedNode[]> => {
  const { body } = await http.ask('GET', '/v1/nodes', nodeStubsSchema);
  const newestFirst = body.toSorted((a, b) => b.CreateIndex - a.CreateIndex);
  return Promise.all(
    newestFirst.map(async (stub) => ({
      id: stub.ID,
      name: stub.Name,
      status: stub.Status,
      eligible: stub.SchedulingEligibility === 'eligible',
      seesConsul: stub.Status === 'ready' && (await seesConsul(http, stub.ID)),
    })),
  );
};

/** Jobs with Consul services are constrained to nodes with this attribute; without it they wait some 15 s longer. */
const seesConsul = async (http: NomadHttp, id: string): Promise<boolean> => {
  const { body } = await http.ask('GET', `/v1/node/${id}`, nodeSchema);
  return (body.Attributes?.['consul.version'] ?? '') !== '';
};

/** Ours are read in full; a job without our meta is somebody else's and its summary is enough. */
const jobs = async (http: NomadHttp): Promise<readonly ObservedJob[]> => {
  const { body } = await http.ask('GET', '/v1/jobs?meta=true', jobStubsSchema);
  return Promise.all(
    body.filter(isWhole).map(async (stub) => {
      const fingerprint = stub.Meta?.[metaNames.fingerprint] ?? null;
      const summary = Object.values(stub.JobSummary?.Summary ?? {});
      const running = summary.reduce((sum, group) => sum + group.Running, 0);
      const pending = summary.reduce((sum, group) => sum + group.Queued + group.Starting, 0);
      const counts =
        fingerprint === null
          ? { version: 0, wanted: running + pending, healthy: running }
          : await ownCounts(http, stub.ID);
      return {
        jobId: stub.ID,
        fingerprint,
        owner: stub.Meta?.[metaNames.owner] ?? null,
        ...(stub.Meta?.[metaNames.image] === undefined ? {} : { image: stub.Meta[metaNames.image] }),
        modifyIndex: stub.JobModifyIndex,
        status: stub.Status,
        ...counts,
      };
    }),
  );
};

/** A release is a part of its job, not one of infra.yaml. */
const isWhole = ({ Meta: meta }: { readonly Meta?: Readonly<Record<string, string>> | null | undefined }): boolean =>
  meta?.[metaNames.releaseOf] === undefined;

const ownCounts = async (
  http: NomadHttp,
  jobId: string,
): Promise<{ version: number; wanted: number; healthy: number }> => {
  const job = await readJob(http, jobId);
  if (job === undefined || job.Stop) return { version: job?.Version ?? 0, wanted: 0, healthy: 0 };
  const { Version: version } = job;
  const path = `/v1/job/${encodeURIComponent(jobId)}/allocations`;
  const { body } = await http.ask('GET', path, allocationsSchema);
  const running = body.filter((one) => one.ClientStatus === 'running' && one.DesiredStatus === 'run');
  if (job.Type !== 'system') return { version, wanted: wantedCount(job), healthy: running.filter(isHealthy).length };
  const { body: all } = await http.ask('GET', '/v1/nodes', nodeStubsSchema);
  const eligible = all.filter((node) => node.Status === 'ready' && node.SchedulingEligibility === 'eligible');
  return { version, wanted: eligible.length, healthy: running.length };
};

/** With the job go its release and its secrets. */
const stopWhole = async (http: NomadHttp, jobId: string): Promise<void> => {
  await stop(http, jobId);
  await removeVariables(http, `nomad/jobs/${jobId}`);
  const release = `${jobId}-release`;
  if ((await readJob(http, release))?.Meta?.[metaNames.releaseOf] !== jobId) return;
  await stop(http, release);
  await removeVariables(http, `nomad/jobs/${release}`);
};

const stop = async (http: NomadHttp, jobId: string): Promise<void> => {
  try {
    await http.ask('DELETE', `/v1/job/${encodeURIComponent(jobId)}?purge=true`, z.unknown());
  } catch (error) {
    if (error instanceof NomadRefusal && error.status === 404) return;
    throw new Failure(`job ${jobId} was not stopped`, { cause: error, done: ['the job runs as before'] });
  }
};
