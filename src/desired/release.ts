import type { SettledSecret } from '../domain/application-secrets.ts';
import type { JobConfig } from '../domain/environment.ts';
import { fingerprintOf } from '../domain/fingerprint.ts';
import type { ReleaseSpec } from '../domain/resource.ts';
import type { Wanted } from './context.ts';
import { declaredOnly, jobFile, versionOf } from './job-file.ts';
import { refuseUnshareable, sharedVariables } from './shared-servers.ts';

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
  refuseUnshareable(environment, release.file, hcl);
  const jobId = `${job.name}-release`;
  const variables = declaredOnly(
    {
      id: jobId,
      image: job.image,
      command: release.command,
      version: versionOf(job),
      domain: environment.domain,
      environment: environment.name,
      cpu: job.cpuMhz,
      memory: job.memoryMb,
      ...sharedVariables(environment, job),
    },
    hcl,
  );
  const { cpu: _cpu, memory: _memory, ...what } = variables;
  const revisions = secrets.map(({ name, revision }) => ({ name, revision }));
  const own = environment.host === undefined ? {} : { namespace: environment.name };
  return { jobId, ...own, hcl, variables, fingerprint: fingerprintOf({ hcl, what, revisions }, hash) };
};
