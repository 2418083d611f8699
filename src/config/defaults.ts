import type { EnvironmentType, FirewallRule } from '../domain/environment.ts';

/** What an environment is when infra.yaml says nothing about it: the set-up that this tool replaces. */
const open = ['0.0.0.0/0', '::/0'];
export const builtIn = {
  versions: { nomad: '1.9.7', consul: '1.20.1', caddy: '2.10.2' },
  dnsTtlSeconds: 300,
  pullRequestsMax: 15,
  loadBalancerType: 'lb11',
  locations: ['nbg1', 'fsn1', 'hel1'],
  types: ['cx23', 'cpx22', 'cx33', 'cpx32'],
  image: 'debian-12',
  firewall: [
    { direction: 'in', protocol: 'tcp', port: '22', ips: open, description: 'SSH' },
    { direction: 'in', protocol: 'icmp', ips: open, description: 'ping' },
  ] satisfies FirewallRule[],
  preview: { ttl: '3d', atCap: 'wait', mode: 'server', images: 'commit' },
  pool: { on: 'pool', perServer: 6, serversMax: 3, cpuMhz: 1000, memoryMb: 768 },
  job: { count: 1, health: '/health', cpu: 200, memory: 256, releaseFile: 'jobs/release.nomad.hcl' },
} as const;

interface TypeDefaults {
  readonly count: number;
  readonly ingress: 'load-balancer' | 'dns';
  readonly range: string;
  readonly subnet: string;
  readonly domain: (projectDomain: string) => string;
}
export const byType: Readonly<Record<EnvironmentType, TypeDefaults>> = {
  production: {
    count: 3,
    ingress: 'load-balancer',
    range: '10.0.0.0/16',
    subnet: '10.0.1.0/24',
    domain: (domain) => domain,
  },
  staging: {
    count: 1,
    ingress: 'dns',
    range: '10.1.0.0/16',
    subnet: '10.1.1.0/24',
    domain: (domain) => `staging.${domain}`,
  },
  pr: {
    count: 1,
    ingress: 'dns',
    range: '10.2.0.0/16',
    subnet: '10.2.1.0/24',
    domain: (domain) => `pr-{number}.pr.${domain}`,
  },
  pool: {
    count: 1,
    ingress: 'dns',
    range: '10.3.0.0/16',
    subnet: '10.3.1.0/24',
    domain: (domain) => `pool.pr.${domain}`,
  },
};
