import { z } from 'zod';
import { parseJob } from '../hcl/job.ts';
import { HclError } from '../hcl/tokens.ts';
import { type Answer, json, plainText } from '../replies.ts';
import { jobSpecSchema } from '../spec.ts';
import type { JobRecord } from '../state.ts';
import { mayInNamespace } from './identity.ts';
import { defaultNamespace, keyOf } from './keys.ts';
import { hasNamespace } from './namespaces.ts';
import { deregister, findJob, isUnchanged, register } from './registry.ts';
import { type NomadDeps, permissionDenied } from './route.ts';
import { latest } from './schedule.ts';
import { settleJobs } from './settle.ts';

const parseBody = z.object({
  JobHCL: z.string(),
  Variables: z.string().nullish(),
  Canonicalize: z.boolean().nullish(),
});
export const parse = ({ body }: NomadDeps): Answer => {
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
  Job: z.looseObject({ ID: z.string(), Namespace: z.string().optional() }),
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
  const why =
    issue?.path[0] === 'TaskGroups' ? 'Missing job task groups' : `${issue?.path.join('.')}: ${issue?.message}`;
  return { refused: plainText(`1 error occurred:\n\t* ${why}\n\n`, 500) };
};

/** What is no job is refused before it is looked at who sent it (seen on a real 1.9.7). */
export const registerJob = ({ cluster, faults, now, body, who }: NomadDeps): Answer => {
  const parsed = jobOf(body);
  if ('refused' in parsed) return parsed.refused;
  const { Job: spec, EnforceIndex: enforce, JobModifyIndex: index } = parsed.request;
  const { Namespace: namespace = defaultNamespace } = spec;
  if (!mayInNamespace(who, 'submit-job', namespace)) return permissionDenied;
  if (!hasNamespace(cluster, namespace))
    return plainText(
      `1 error occurred:\n\t* job ${JSON.stringify(spec.ID)} is in nonexistent namespace "${namespace}"\n\n`,
      500,
    );
  const key = keyOf(namespace, spec.ID);
  const present = findJob(cluster, key);
  const refusal = enforce === true ? indexConflict(present, index ?? 0) : undefined;
  if (refusal !== undefined) return plainText(refusal, 500);
  const evaluation = register(cluster, spec, 'job-register', now);
  settleJobs(cluster, faults, now);
  const modified = latest(findJob(cluster, key) ?? mustExist(key)).modifyIndex;
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
export const plan = ({ cluster, now, body }: NomadDeps, id: string): Answer => {
  const parsed = jobOf(body);
  if ('refused' in parsed) return parsed.refused;
  const { Job: spec } = parsed.request;
  if (spec.ID !== id) return plainText('Job ID does not match', 400);
  const present = findJob(cluster, keyOf(spec.Namespace ?? defaultNamespace, id));
  const type = isUnchanged(present, spec) ? 'None' : present === undefined ? 'Added' : 'Edited';
  const evaluation = register(structuredClone(cluster), spec, 'job-register', now);
  return json({
    Annotations: { DesiredTGUpdates: null, PreemptedAllocs: null },
    FailedTGAllocs: evaluation.failed,
    JobModifyIndex: present === undefined ? 0 : latest(present).modifyIndex,
    CreatedEvals: null,
    Diff: { Type: type, ID: id, Fields: null, Objects: null, TaskGroups: null },
    Warnings: '',
  });
};

/** Stopping a job that is not there succeeds with an empty evaluation (seen on a real 1.9.7). */
export const stop = ({ cluster, now, namespace }: NomadDeps, id: string, query: URLSearchParams): Answer => {
  const job = findJob(cluster, keyOf(namespace, id));
  if (job === undefined) return json({ EvalID: '', EvalCreateIndex: 0, JobModifyIndex: 0, Index: 0 });
  const { id: evaluation, createIndex } = deregister(cluster, job, query.get('purge') === 'true', now);
  return json({
    EvalID: evaluation,
    EvalCreateIndex: createIndex,
    JobModifyIndex: cluster.index,
    Index: cluster.index,
  });
};
