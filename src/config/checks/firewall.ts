import type { EnvironmentConfig } from '../merge.ts';
import { type CrossCheck, type Finding, inEnvironment } from './check.ts';

/** docs.hetzner.cloud, firewalls: ports only with tcp and udp; at most 50 rules, ours for HTTP and HTTPS included. */
export const firewall: CrossCheck = ({ environments }) => environments.flatMap(([, environment]) => rules(environment));

const rules = ({ type, firewall: list, ingress }: EnvironmentConfig): Finding[] => {
  const findings = list.flatMap((rule, index): Finding[] => {
    const needsPort = rule.protocol === 'tcp' || rule.protocol === 'udp';
    if (needsPort === (rule.port !== undefined)) return [];
    return [
      {
        path: inEnvironment(type, 'firewall', index, ...(needsPort ? [] : ['port'])),
        message: needsPort ? `a ${rule.protocol} rule needs a port` : `${rule.protocol} has no ports`,
        allowed: needsPort ? 'port: "22", or "1-65535" for all' : 'no port',
      },
    ];
  });
  const own = ingress === 'dns' ? 2 : 0;
  if (list.length + own > 50)
    findings.push({
      path: inEnvironment(type, 'firewall'),
      message: `${list.length} rules, and ${own} more for HTTP and HTTPS: a Hetzner firewall holds 50`,
    });
  return findings;
};
