import { addressOf } from '../../domain/address.ts';
import { environmentName } from '../../domain/environment.ts';
import { addressToLabel } from '../../domain/labels.ts';
import { suggest } from '../suggest.ts';
import { type Checked, type CrossCheck, type Finding, inEnvironment } from './check.ts';
import { duplicates } from './servers.ts';

/** Longer pull request numbers than this do not exist. */
const pullRequestExample = 9_999_999;

/** docs.hetzner.cloud: server names are host names (RFC 1123, at most 63 a part); label values have at most 63. */
export const names: CrossCheck = (checked) => {
  const { infra, environments } = checked;
  const findings: Finding[] = [];
  for (const [type, { servers, workers, domain, zone: ownZone }] of environments) {
    const environment = environmentName(type === 'pr' ? { type, pullRequest: pullRequestExample } : { type });
    const last = workers === undefined ? `${servers.count}` : `worker-${workers.count}`;
    const longest = `${infra.project}-${environment}-${last}`;
    if (longest.length > 63)
      findings.push({
        path: ['project'],
        message: `servers would be called ${longest}: ${longest.length} characters`,
        found: infra.project,
        allowed: `at most ${63 - (longest.length - infra.project.length)} characters, so that host names keep to 63`,
      });
    const zone = ownZone ?? infra.dns?.zone;
    if (zone === undefined) continue;
    const name = domain.replace('{number}', String(pullRequestExample));
    const host = name === zone ? '@' : name.slice(0, -zone.length - 1);
    const label = addressToLabel(addressOf('rrset', `${zone}/${host}/AAAA`));
    if (label.length > 63)
      findings.push({
        path: type === 'production' ? ['domain'] : inEnvironment(type, 'domain'),
        about: [['domain'], ['dns']],
        message: `the label of its DNS record would have ${label.length} characters: ${label}`,
        found: domain,
        allowed: 'a shorter domain: Hetzner allows 63 characters in a label',
      });
  }
  return [...findings, ...repeated(infra), ...unknownJobs(checked)];
};

const repeated = (infra: Checked['infra']): Finding[] => {
  const jobs = infra.defaults?.jobs ?? [];
  return [
    ...duplicates(infra.ssh_keys ?? []).map((name) => ({
      path: ['ssh_keys', (infra.ssh_keys ?? []).lastIndexOf(name)],
      message: `the key ${name} is named twice`,
    })),
    ...duplicates(jobs.map((job) => job.name)).map((name) => ({
      path: ['defaults', 'jobs', jobs.findLastIndex((job) => job.name === name), 'name'],
      message: `two jobs are called ${name}`,
    })),
  ];
};

const unknownJobs = ({ infra, jobNames: known }: Checked): Finding[] =>
  (['production', 'staging', 'pr'] as const).flatMap((type) =>
    Object.keys(infra.environments[type]?.jobs ?? {})
      .filter((name) => !known.includes(name))
      .map((name): Finding => {
        const near = suggest(name, known);
        return {
          path: inEnvironment(type, 'jobs', name),
          key: true,
          message: 'defaults.jobs has no job of this name',
          found: name,
          allowed: known.join(', ') || 'nothing: there are no jobs',
          ...(near !== undefined && { suggestion: near }),
        };
      }),
  );
