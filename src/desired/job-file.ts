import type { JobConfig } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import type { JobVariables } from '../domain/resource.ts';
import type { Wanted } from './context.ts';

/** The text of a job file, with the way out when it is not there. */
export const jobFile = ({ assets }: Wanted, file: string, job: string): string => {
  const hcl = assets.jobs[file];
  if (hcl === undefined)
    throw new Failure(`the file ${file} of job ${job} is not there`, {
      next: `write it, or name one of ${Object.keys(assets.jobs).join(', ')} in infra.yaml`,
    });
  return hcl;
};

export const declaredIn = (hcl: string): ReadonlySet<string> =>
  new Set([...hcl.matchAll(/^variable\s+"([^"]+)"/gm)].map((match) => match[1] ?? ''));

/** What infra.yaml says, as far as the file declares a variable for it: Nomad refuses values it has no variable for. */
export const declaredOnly = (given: JobVariables, hcl: string): JobVariables => {
  const declared = declaredIn(hcl);
  return Object.fromEntries(Object.entries(given).filter(([name]) => declared.has(name)));
};

/** The tag that a digest was asked for by, else tag or digest: `1.4.2` of `team/app:1.4.2`; `latest` where there is neither. */
export const versionOf = ({ version, image }: Pick<JobConfig, 'version' | 'image'>): string =>
  version ?? imageVersion(image);

const imageVersion = (image: string): string => {
  const digest = image.split('@')[1];
  if (digest !== undefined) return digest.replace('sha256:', '').slice(0, 12);
  return /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
};
