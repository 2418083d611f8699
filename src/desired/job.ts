import { addressOf } from '../domain/address.ts';
import { settleSecret } from '../domain/application-secrets.ts';
import type { Environment, JobConfig } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import { hostsOf, routeParts } from '../domain/hosts.ts';
import type { JobSpec, JobVariables, Resource } from '../domain/resource.ts';
import { resource, soleAddress, type Wanted } from './context.ts';
import { declaredIn, declaredOnly, jobFile, versionOf } from './job-file.ts';
import { releaseOf } from './release.ts';
import { refuseUnshareable, routesOf, serviceOf, sharedVariables } from './shared-servers.ts';

export const jobs = (wanted: Wanted): Resource<'job'>[] =>
  wanted.environment.jobs.map((job) => resourceOf(wanted, job));

const resourceOf = (wanted: Wanted, job: JobConfig): Resource<'job'> => {
  const { environment, applications, emulated } = wanted;
  const hcl = jobFile(wanted, job.file, job.name);
  if (!new RegExp(`^job\\s+"${job.name}"`, 'm').test(hcl))
    throw new Failure(`${job.file} holds no job "${job.name}"`, {
      next: `call the job of infra.yaml as the file does: ${/^job\s+"([^"]*)"/m.exec(hcl)?.[1] ?? 'it has none'}`,
    });
  refuseUnshareable(environment, job.file, hcl);
  const secrets = job.secrets.map((one) => settleSecret(one, applications, emulated));
  const release = releaseOf(wanted, job, secrets);
  const answers = answersOf(environment, job);
  const { host, name: namespace } = environment;
  const service = serviceOf(environment, job);
  const plain = {
    jobId: job.name,
    ...(host !== undefined && { namespace }),
    ...(service !== undefined && { service }),
    hcl,
    variables: variables(environment, job, hcl),
    count: job.count,
    healthPath: job.healthPath,
  };
  return resource(wanted, {
    kind: 'job',
    address: addressOf('job', job.name),
    name: job.name,
    spec: {
      ...plain,
      secrets,
      ...(release !== undefined && { release }),
      ...(answers !== undefined && { answers }),
    },
    dependsOn: [soleAddress(host === undefined ? 'cluster' : 'namespace', environment)],
    // Where a secret came from and how the job is asked make no other job of it; a new value does.
    fingerprintOver: {
      ...plain,
      ...(secrets.length > 0 && { secrets: secrets.map(({ name, revision }) => ({ name, revision })) }),
      ...(release !== undefined && { release: release.fingerprint }),
    },
  });
};

const variables = (environment: Environment, job: JobConfig, hcl: string): JobVariables => {
  const declared = declaredIn(hcl);
  const unknown = Object.keys(job.variables).filter((name) => !declared.has(name));
  if (unknown.length > 0)
    throw new Failure(`${job.file} declares no variable "${unknown.join('", "')}"`, {
      next: `it declares ${[...declared].join(', ')}; add a variable block or correct the variables of job ${job.name}`,
    });
  const given = {
    image: job.image,
    version: versionOf(job),
    domain: environment.domain,
    environment: environment.name,
    count: job.count,
    port: job.port,
    routes: routesOf(environment, job).join(','),
    health: job.healthPath,
    cpu: job.cpuMhz,
    memory: job.memoryMb,
    ...sharedVariables(environment, job),
  };
  return { ...declaredOnly(given, hcl), ...job.variables };
};

/** Only through a route of its own would the ingress take us to this job, and not to a neighbour. */
const answersOf = (environment: Environment, job: JobConfig): JobSpec['answers'] => {
  const path = job.healthPath;
  const host = hostsOf(environment).find((one) => ownerOf(environment, one, path) === job.name);
  return host === undefined ? undefined : { domain: host, path, version: versionOf(job) };
};

/** The ingress's own order: a route with a host before one without, a longer path before a shorter one. */
const ownerOf = ({ jobs }: Environment, host: string, path: string): string | undefined =>
  jobs
    .flatMap(({ name, routes }) => routes.map((route) => ({ name, ...routeParts(route) })))
    .filter((one) => one.host === '' || one.host === host)
    .filter((one) => one.path === '/' || path === one.path || path.startsWith(`${one.path}/`))
    .toSorted((a, b) => Number(a.host === '') - Number(b.host === '') || b.path.length - a.path.length)[0]?.name;
