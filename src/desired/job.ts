import { addressOf } from '../domain/address.ts';
import type { Environment, JobConfig } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import { resource, soleAddress, type Wanted } from './context.ts';

export const jobs = (wanted: Wanted): Resource<'job'>[] =>
  wanted.environment.jobs.map((job) => resourceOf(wanted, job));

const resourceOf = (wanted: Wanted, job: JobConfig): Resource<'job'> => {
  const { environment, assets } = wanted;
  const hcl = assets.jobs[job.file];
  if (hcl === undefined)
    throw new Failure(`the file ${job.file} of job ${job.name} is not there`, {
      next: `write it, or name one of ${Object.keys(assets.jobs).join(', ')} in infra.yaml`,
    });
  if (!new RegExp(`^job\\s+"${job.name}"`, 'm').test(hcl))
    throw new Failure(`${job.file} holds no job "${job.name}"`, {
      next: `call the job of infra.yaml as the file does: ${/^job\s+"([^"]*)"/m.exec(hcl)?.[1] ?? 'it has none'}`,
    });
  return resource(wanted, {
    kind: 'job',
    address: addressOf('job', job.name),
    name: job.name,
    spec: {
      jobId: job.name,
      hcl,
      variables: variables(environment, job, hcl),
      count: job.count,
      healthPath: job.healthPath,
    },
    dependsOn: [soleAddress('cluster', environment)],
  });
};

/** What infra.yaml says, as far as the file declares a variable for it: Nomad refuses values it has no variable for. */
const variables = (
  environment: Environment,
  job: JobConfig,
  hcl: string,
): Record<string, string | number | boolean> => {
  const declared = new Set([...hcl.matchAll(/^variable\s+"([^"]+)"/gm)].map((match) => match[1] ?? ''));
  const unknown = Object.keys(job.variables).filter((name) => !declared.has(name));
  if (unknown.length > 0)
    throw new Failure(`${job.file} declares no variable "${unknown.join('", "')}"`, {
      next: `it declares ${[...declared].join(', ')}; add a variable block or correct the variables of job ${job.name}`,
    });
  const given = {
    image: job.image,
    version: imageVersion(job.image),
    domain: environment.domain,
    environment: environment.name,
    count: job.count,
    port: job.port,
    routes: job.routes.join(','),
    health: job.healthPath,
    cpu: job.cpuMhz,
    memory: job.memoryMb,
  };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([name]) => declared.has(name))),
    ...job.variables,
  };
};

/** Tag or digest: `1.4.2` of `team/app:1.4.2`; `latest` when the image has neither. */
const imageVersion = (image: string): string => {
  const digest = image.split('@')[1];
  if (digest !== undefined) return digest.replace('sha256:', '').slice(0, 12);
  return /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
};
