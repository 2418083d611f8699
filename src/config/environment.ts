import { type Environment, environmentName, type Target } from '../domain/environment.ts';
import { ConfigError, UsageError } from '../domain/errors.ts';
import type { EnvironmentConfig } from './merge.ts';
import type { ProjectConfig } from './project.ts';

/** GitHub's numbers are far below; more digits would break the length of names that the configuration was checked for. */
const pullRequestMax = 9_999_999;

/** The wanted target, complete. Throws ConfigError when infra.yaml does not have it, UsageError on a bad number. */
export const environmentFor = (project: ProjectConfig, target: Target): Environment => {
  const found = project.environments[target.type];
  if (found === undefined) throw missing(project, target);
  const number = target.pullRequest;
  if (
    target.type === 'pr' &&
    (number === undefined || !Number.isInteger(number) || number < 1 || number > pullRequestMax)
  )
    throw new UsageError(`no pull request number: ${number ?? 'nothing'}`, { next: 'reconcile pr 123' });
  const domain = found.domain.replace('{number}', String(number ?? ''));
  return {
    project: project.project,
    name: environmentName(target),
    ...withoutPreview(found),
    ...(found.preview !== undefined && {
      preview: { ...found.preview, max: project.limits.pullRequestsMax },
    }),
    ...(target.type === 'pr' && number !== undefined && { pullRequest: number }),
    domain,
    jobs: found.jobs.map((job) => ({ ...job, routes: job.routes.map((route) => route.replace('{domain}', domain)) })),
    ...((found.zone ?? project.zone) !== undefined && { zone: found.zone ?? project.zone }),
    ...(project.acme !== undefined && { acme: project.acme }),
    sshKeys: project.sshKeys,
    limits: project.limits,
    versions: project.versions,
    ...(project.artifacts !== undefined && { artifacts: project.artifacts }),
    ...(project.tailscale !== undefined && { tailscale: project.tailscale }),
    dnsTtlSeconds: project.dnsTtlSeconds,
    sources: project.sources,
  };
};

const withoutPreview = ({ preview: _preview, zone: _zone, ...rest }: EnvironmentConfig) => rest;

const missing = (project: ProjectConfig, { type }: Target): ConfigError => {
  const place = project.sources['environments'] ?? { file: project.file, line: 1, column: 1 };
  return new ConfigError(
    [
      {
        ...place,
        path: `environments.${type}`,
        message: `there is no environment ${type}`,
        found: Object.keys(project.environments).join(', '),
      },
    ],
    {
      next:
        type !== 'pool'
          ? `add "${type}: {}" under environments in ${project.file}`
          : project.environments.pr?.host === 'staging'
            ? `write on: pool under environments.pr.pool in ${project.file}: previews run on staging's servers now`
            : `write mode: pool under environments.pr in ${project.file}: then previews share servers`,
    },
  );
};
