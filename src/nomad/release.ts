import { Failure } from '../domain/errors.ts';
import type { ReleaseSpec } from '../domain/resource.ts';
import type { JobHealth } from '../ports/job-scheduler.ts';
import { failed, placementTrouble, readJob, whatFailed } from './health.ts';
import type { NomadHttp } from './http.ts';
import { metaNames } from './meta.ts';
import { registerJob, retriesOf } from './submit.ts';
import { type Allocation, allocationsSchema } from './wire.ts';

/**
 * Once per version: not when the job that runs was registered after this very release, nor when it is still known to
 * have succeeded. One that is under way is waited for; one that failed is tried again, as a version of its own.
 */
export const startRelease = async (
  http: NomadHttp,
  release: ReleaseSpec,
  of: { readonly jobId: string; readonly owner: string },
): Promise<number | null> => {
  const job = await readJob(http, of.jobId);
  if (job !== undefined && !job.Stop && job.Meta?.[metaNames.release] === release.fingerprint) return null;
  const present = await readJob(http, release.jobId);
  if (present !== undefined && present.Meta?.[metaNames.releaseOf] !== of.jobId)
    throw new Failure(
      `the release of job ${of.jobId} would be called ${release.jobId}, and a job of this name exists`,
      {
        done: [`${release.jobId} was left as it is`],
        next: `give job ${of.jobId} or ${release.jobId} another name`,
      },
    );
  const same = present !== undefined && present.Meta?.[metaNames.fingerprint] === release.fingerprint && !present.Stop;
  const health = same ? await releaseHealth(http, release.jobId, present.Version) : undefined;
  if (health?.state === 'healthy') return null;
  if (same && health?.state === 'waiting') return present.Version;
  const retry = same ? retriesOf(present) + 1 : 0;
  await registerJob(http, release, {
    [metaNames.fingerprint]: release.fingerprint,
    [metaNames.releaseOf]: of.jobId,
    ...(retry === 0 ? {} : { [metaNames.retry]: String(retry) }),
  });
  const registered = await readJob(http, release.jobId);
  if (registered === undefined) throw new Failure(`job ${release.jobId} vanished right after it was registered`);
  return registered.Version;
};

export const releaseHealth = async (http: NomadHttp, jobId: string, version: number): Promise<JobHealth> => {
  const path = `/v1/job/${encodeURIComponent(jobId)}`;
  const { body } = await http.ask('GET', `${path}/allocations`, allocationsSchema);
  const ours = body.filter((one) => one.JobVersion === version);
  if (ours.some((one) => one.ClientStatus === 'complete')) return { state: 'healthy', detail: 'it ended well' };
  if (ours.some((one) => one.ClientStatus === 'failed'))
    return failed((await whatFailed(http, ours)) ?? 'it failed, and Nomad does not say why');
  const trouble = ours.length === 0 ? await placementTrouble(http, path) : undefined;
  return trouble ?? { state: 'waiting', detail: stageOf(ours) };
};

const stageOf = (allocations: readonly Allocation[]): string => {
  const running = allocations.find((one) => one.ClientStatus === 'running');
  return running === undefined ? 'it is being started' : `it runs on ${running.NodeName ?? 'a node'}`;
};
