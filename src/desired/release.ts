import type { SettledSecret } from '../domain/application-secrets.ts';
import type { JobConfig } from '../domain/environment.ts';
import { fingerprintOf } from '../domain/fingerprint.ts';
import type { ReleaseSpec } from '../domain/resource.ts';
import type { Wanted } from './context.ts';
import { declaredOnly, imageVersion, jobFile } from './job-file.ts';

/** The batch job that runs once per version of `job`, in its image and with its secrets. */
export const releaseOf = (
  wanted: Wanted,
  job: JobConfig,
  secrets: readonly SettledSecret[],
): ReleaseSpec | undefined => {
  const { release } = job;
  if (release === undefined) return undefined;
  const { environment, hash } = wanted;
  const hcl = jobFile(wanted, release.file, `${job.name}, its release,`);
  const jobId = `${job.name}-release`;
  const variables = declaredOnly(
    {
      id: jobId,
      image: job.image,
      command: release.command,
      version: imageVersion(job.image),
      domain: environment.domain,
      environment: environment.name,
      cpu: job.cpuMhz,
      memory: job.memoryMb,
    },
    hcl,
  );
  const { cpu: _cpu, memory: _memory, ...what } = variables;
  const revisions = secrets.map(({ name, revision }) => ({ name, revision }));
  return { jobId, hcl, variables, fingerprint: fingerprintOf({ hcl, what, revisions }, hash) };
};
