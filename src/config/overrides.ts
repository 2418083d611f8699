import type { ConfigProblem } from '../domain/errors.ts';
import * as rule from './leaves.ts';
import type { Infra } from './schema.ts';

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/*
 * PRODUCTION_DOMAIN, MAX_PR_ENVIRONMENTS and SSH_KEY_NAME override the file, as in the set-up before this one. An empty
 * variable counts as absent: that is what an unset variable of a CI system looks like.
 */
export const overrides = (infra: Infra, env: EnvironmentVariables): { infra: Infra; problems: ConfigProblem[] } => {
  const problems: ConfigProblem[] = [];
  const read = (name: string, check: rule.Check): string | undefined => {
    const text = env[name]?.trim() ?? '';
    if (text === '') return undefined;
    const fault = check(text);
    if (fault === undefined) return text;
    problems.push(problemOf(name, text, fault));
    return undefined;
  };
  const domain = read('PRODUCTION_DOMAIN', rule.domain);
  const max = read('MAX_PR_ENVIRONMENTS', numberUpTo(500));
  const key = read('SSH_KEY_NAME', rule.sshKeyName);
  const moved = domain === undefined ? infra : moveDomain(infra, domain);
  const keys = infra.ssh_keys ?? [];
  return {
    problems,
    infra: {
      ...moved,
      ...(key !== undefined && !keys.includes(key) && { ssh_keys: [...keys, key] }),
      ...(max !== undefined && {
        environments: {
          ...moved.environments,
          ...(moved.environments.pr !== undefined && { pr: { ...moved.environments.pr, max: Number(max) } }),
        },
      }),
    },
  };
};

const problemOf = (name: string, text: string, fault: rule.Fault): ConfigProblem => ({
  file: `environment variable ${name}`,
  line: 0,
  column: 0,
  path: '',
  found: JSON.stringify(text),
  message: fault.message,
  ...(fault.allowed !== undefined && { allowed: fault.allowed }),
  ...(fault.suggestion !== undefined && { suggestion: fault.suggestion }),
});

const numberUpTo =
  (max: number): rule.Check =>
  (text) =>
    /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= max
      ? undefined
      : { message: 'no number of pull request environments', allowed: `1 to ${max}` };

/**
 * Domains of the file that end in its old domain follow: `staging.aipacto.com` becomes `staging.example.org`. The zone
 * follows only when it was the old domain itself and does not hold the new one.
 */
const moveDomain = (infra: Infra, domain: string): Infra => {
  const old = infra.domain;
  const move = (name: string): string =>
    name === old ? domain : name.endsWith(`.${old}`) ? `${name.slice(0, -old.length)}${domain}` : name;
  const { staging, pr } = infra.environments;
  const keepsZone = infra.dns?.zone !== old || domain === old || domain.endsWith(`.${old}`);
  return {
    ...infra,
    domain,
    ...(infra.dns !== undefined && { dns: { ...infra.dns, zone: keepsZone ? infra.dns.zone : domain } }),
    environments: {
      ...infra.environments,
      ...(staging?.domain !== undefined && { staging: { ...staging, domain: move(staging.domain) } }),
      ...(pr !== undefined && {
        pr: {
          ...pr,
          ...(pr.domain !== undefined && { domain: move(pr.domain) }),
          ...(pr.zone !== undefined && { zone: move(pr.zone) }),
        },
      }),
    },
  };
};
