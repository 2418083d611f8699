import { Failure } from '../domain/errors.ts';
import { withTag } from '../domain/image-reference.ts';
import type { JobSpec } from '../domain/resource.ts';
import { describePlacements } from './describe.ts';
import { jobHealth, readJob } from './health.ts';
import { type NomadHttp, NomadRefusal } from './http.ts';
import { metaNames } from './meta.ts';
import { varFile } from './variables.ts';
import { jobSchema, type NomadJob, planSchema, registeredSchema, type StoredJob } from './wire.ts';

/**
 * Registers the job when it differs from what runs. EnforceIndex makes it a compare-and-swap on what the plan saw, so
 * that a change by another hand in between is refused rather than overwritten.
 */
export const submitJob = async (
  http: NomadHttp,
  spec: JobSpec,
  meta: { readonly fingerprint: string; readonly owner: string; readonly redeploy?: string },
): Promise<{ version: number; changed: boolean }> => {
  const present = await readJob(http, spec.jobId);
  const runs = present !== undefined && !present.Stop && present.Status !== 'dead';
  const again = meta.redeploy !== undefined && present?.Meta?.[metaNames.redeploy] !== meta.redeploy;
  const same = runs && !again && present.Meta?.[metaNames.fingerprint] === meta.fingerprint;
  // A failed deployment stays failed; running again means trying again, with a version of its own.
  const failed = same && (await jobHealth(http, spec.jobId, present.Version)).state === 'failed';
  if (same && !failed) return { version: present.Version, changed: false };
  const retry = failed ? retriesOf(present) + 1 : 0;
  await registerJob(http, spec, {
    [metaNames.fingerprint]: meta.fingerprint,
    [metaNames.owner]: meta.owner,
    ...imageIn(spec),
    ...(spec.release === undefined ? {} : { [metaNames.release]: spec.release.fingerprint }),
    ...(meta.redeploy === undefined ? {} : { [metaNames.redeploy]: meta.redeploy }),
    ...(retry === 0 ? {} : { [metaNames.retry]: String(retry) }),
  });
  const registered = await readJob(http, spec.jobId);
  if (registered === undefined) throw new Failure(`job ${spec.jobId} vanished right after it was registered`);
  return { version: registered.Version, changed: true };
};

/** Which build it is, for whoever has to find out from the job alone. */
const imageIn = ({ variables: { image, version } }: JobSpec): Record<string, string> =>
  typeof image === 'string' ? { [metaNames.image]: withTag(image, version) } : {};

export const retriesOf = (present: StoredJob): number => Number(present.Meta?.[metaNames.retry] ?? 0);

/** Parses, asks whether it fits, registers. Throws Failure with what is wrong before anything has changed. */
export const registerJob = async (
  http: NomadHttp,
  spec: Pick<JobSpec, 'jobId' | 'namespace' | 'hcl' | 'variables'>,
  meta: Readonly<Record<string, string>>,
): Promise<void> => {
  const job = await parse(http, spec, meta);
  const path = `/v1/job/${encodeURIComponent(spec.jobId)}`;
  const { body: plan } = await http.ask('POST', `${path}/plan`, planSchema, { body: { Job: job, Diff: true } });
  const unplaced = plan.FailedTGAllocs ?? {};
  if (Object.keys(unplaced).length > 0)
    throw new Failure(`job ${spec.jobId} does not fit: ${describePlacements(unplaced)}`, {
      done: [plan.JobModifyIndex > 0 ? 'the version before runs on' : 'nothing was registered'],
      next: 'lower cpu, memory or count of the job in infra.yaml, or add servers',
    });
  await register(http, spec.jobId, { Job: job, EnforceIndex: true, JobModifyIndex: plan.JobModifyIndex });
};

const parse = async (
  http: NomadHttp,
  spec: Pick<JobSpec, 'jobId' | 'namespace' | 'hcl' | 'variables'>,
  meta: Readonly<Record<string, string>>,
): Promise<NomadJob> => {
  const request = { JobHCL: spec.hcl, Variables: varFile(spec.variables), Canonicalize: true };
  const { body: job } = await explain(
    () => http.ask('POST', '/v1/jobs/parse', jobSchema, { body: request }),
    `the specification of job ${spec.jobId} was refused`,
  );
  if (job.ID !== spec.jobId)
    throw new Failure(`the specification of job ${spec.jobId} names its job "${job.ID}"`, {
      next: `write job "${spec.jobId}" { … } in its file, or rename the job in infra.yaml`,
    });
  const own = spec.namespace === undefined ? {} : { Namespace: spec.namespace };
  return { ...job, ...own, Meta: { ...job.Meta, ...meta } };
};

const register = async (http: NomadHttp, jobId: string, body: unknown): Promise<void> => {
  try {
    await http.ask('POST', '/v1/jobs', registeredSchema, { body });
  } catch (error) {
    if (error instanceof NomadRefusal && error.text.includes('Enforcing job modify index'))
      throw new Failure(`job ${jobId} was changed by someone else meanwhile (${error.text})`, {
        cause: error,
        done: ['the job was left as they wrote it'],
        next: 'run again: it plans from what is there now',
      });
    throw error;
  }
};

const explain = async <T>(attempt: () => Promise<T>, what: string): Promise<T> => {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof NomadRefusal && error.status === 400)
      throw new Failure(`${what}: ${error.text}`, { cause: error });
    throw error;
  }
};
