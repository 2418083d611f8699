import { type CrossCheck, type Finding, inEnvironment } from './check.ts';

/** docs.hetzner.cloud, firewalls: at most 50 rules, ours for HTTP and HTTPS included. */
export const firewall: CrossCheck = ({ environments }) =>
  environments.flatMap(([type, { firewall: rules, ingress }]): Finding[] => {
    const own = ingress === 'dns' ? 2 : 0;
    if (rules.length + own <= 50) return [];
    const message = `${rules.length} rules, and ${own} more for HTTP and HTTPS: a Hetzner firewall holds 50`;
    return [{ path: inEnvironment(type, 'firewall'), message }];
  });
