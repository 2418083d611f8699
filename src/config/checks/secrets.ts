import type { JobConfig } from '../../domain/environment.ts';
import { type CrossCheck, type Finding, inEnvironment } from './check.ts';
import { duplicates } from './servers.ts';

/** A secret has one way to come by its value, and jobs that share one agree on which. */
export const secrets: CrossCheck = ({ environments }) =>
  environments.flatMap(([type, { jobs }]) => {
    const place = (job: JobConfig, index: number) => inEnvironment(type, 'jobs', job.name, 'secrets', index);
    const findings: Finding[] = [];
    const generated = new Map<string, { readonly job: string; readonly generate: boolean }>();
    for (const job of jobs) {
      for (const name of duplicates(job.secrets.map((one) => one.name)))
        findings.push({
          path: place(
            job,
            job.secrets.findLastIndex((one) => one.name === name),
          ),
          message: `the secret ${name} is named twice`,
        });
      for (const [index, { name, generate = false, optional, local }] of job.secrets.entries()) {
        if (generate && (optional === true || local !== undefined))
          findings.push({
            path: place(job, index),
            message: `${name} is generated, so it is never missing`,
            allowed: 'generate: true alone; or optional and local without it',
          });
        const before = generated.get(name);
        if (before !== undefined && before.generate !== generate)
          findings.push({
            path: place(job, index),
            message: `${name} is ${generate ? '' : 'not '}generated here, but ${before.generate ? '' : 'not '}in job ${before.job}`,
            allowed: `the same in both: all jobs of an environment read one value of ${name}`,
          });
        else generated.set(name, { job: job.name, generate });
      }
    }
    return findings;
  });
