import type { Environment, JobConfig } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import { routeParts } from '../domain/hosts.ts';
import type { JobVariables } from '../domain/resource.ts';
import { declaredIn } from './job-file.ts';

/*
 * What keeps previews on one server apart: names of their own in Consul, routes of their own host, and limits that hold.
 */

/** Nomad's namespaces are not Consul's: two services of one name would be one service with the instances of both. */
export const serviceOf = (environment: Environment, job: Pick<JobConfig, 'name'>): string | undefined =>
  environment.host === undefined ? undefined : `${job.name}-${environment.name}`;

/** Each route under the preview's own host; one that names a host has it already (`api.{domain}/`). */
export const routesOf = ({ host, domain }: Environment, { routes }: Pick<JobConfig, 'routes'>): readonly string[] =>
  host === undefined ? routes : routes.map((route) => (routeParts(route).host === '' ? `${domain}${route}` : route));

/** What a job file gets to know besides the usual; nothing where the servers are the environment's own. */
export const sharedVariables = (environment: Environment, job: Pick<JobConfig, 'name'>): JobVariables => {
  const service = serviceOf(environment, job);
  return service === undefined ? {} : { service, cpu_hard_limit: true };
};

const written = {
  service: `variable "service" { … }, and in the service block: name = var.service`,
  cpu_hard_limit: `variable "cpu_hard_limit" { type = bool }, and in the config of each task: cpu_hard_limit = var.cpu_hard_limit`,
} as const;

/** Throws Failure for a job file that could not be run beside another preview's. */
export const refuseUnshareable = (environment: Environment, file: string, hcl: string): void => {
  if (environment.host === undefined) return;
  const declared = declaredIn(hcl);
  const registers = /^\s*service\s*\{/m.test(hcl);
  const lacks = (['service', 'cpu_hard_limit'] as const).filter(
    (name) => !declared.has(name) && (name !== 'service' || registers),
  );
  if (lacks.length === 0) return;
  const names = lacks.map((name) => `"${name}"`).join(' and ');
  throw new Failure(
    `${file} declares no variable ${names}, without which it can't run beside other previews on ${environment.host}`,
    { next: `write in ${file}: ${lacks.map((name) => written[name]).join('; ')}` },
  );
};
