import { environmentFor } from '../../../src/config/environment.ts';
import { loadProject } from '../../../src/config/project.ts';
import { type ClusterKeys, userDataMarks } from '../../../src/domain/cluster-keys.ts';
import { type Environment, targetOfName } from '../../../src/domain/environment.ts';
import { Secret } from '../../../src/domain/secret.ts';
import type { Sealer } from '../../../src/ports/sealer.ts';
import type { Assets } from '../../../src/render/assets.ts';

/* The project that is simulated: small environments and templates of a few lines, as what they say is not at stake. */
const infra = `
project: aipacto
domain: example.com
dns: { zone: example.com }
versions: { nomad: 1.9.7, consul: 1.20.1, caddy: 2.10.2 }
defaults:
  locations: [nbg1, fsn1]
  servers: { types: [cx23, cpx22], image: debian-12, count: 1 }
  firewall: [{ direction: in, protocol: tcp, port: "22", ips: [0.0.0.0/0] }]
  jobs: [{ name: web, file: jobs/web.nomad.hcl, image: "example/web:v1", port: 8080, routes: [/], health: /health }]
environments:
  production: { ingress: load-balancer, tls: managed, network: { range: 10.0.0.0/16, subnet: 10.0.1.0/24 } }
  staging:
    { domain: staging.example.com, ingress: dns, tls: "off", network: { range: 10.1.0.0/16, subnet: 10.1.1.0/24 } }
  pr:
    domain: pr-{number}.pr.example.com
    ingress: dns
    tls: "off"
    network: { range: 10.2.0.0/16, subnet: 10.2.1.0/24 }
    max: 2
`;

export const project = loadProject({ text: infra, file: 'infra.yaml', env: {} });

export const assets: Assets = {
  cloudInit: {
    'cloud-init/server.yaml.hbs': `#cloud-config\n# {{node.name}} ${Object.values(userDataMarks).join(' ')}\n`,
  },
  templates: {},
  jobs: { 'jobs/web.nomad.hcl': 'job "web" {}\n' },
};

export const environmentNames = ['production', 'staging', 'pr-7', 'pr-8'] as const;
export type EnvironmentName = (typeof environmentNames)[number];

export const environments: Readonly<Record<EnvironmentName, Environment>> = Object.fromEntries(
  environmentNames.map((name) => [name, environmentFor(project, targetOfName(name) ?? { type: 'production' })]),
) as Record<EnvironmentName, Environment>;

/** In every secret, so that one that leaked is seen wherever it is. */
export const secretMark = 'S3CRET';

const keysOf = (environment: EnvironmentName): ClusterKeys => {
  const secret = (what: string): Secret => new Secret(`${secretMark}-${what}-of-${environment}`);
  const host = { first: { privateKey: secret('host'), publicKey: 'ssh-ed25519 host' } };
  // Never pinned: nobody logs in here, and a first key that is there is used again.
  const prefix = environments[environment].project;
  const servers = [1, 2, 3].map((n) => `${prefix}-${environment}-${n}`);
  return {
    ca: { certificate: 'a certificate', key: secret('ca') },
    gossip: { consul: secret('gossip-consul'), nomad: secret('gossip-nomad') },
    consul: {
      management: secret('management'),
      agent: secret('agent'),
      nomad: secret('nomad'),
      ingress: secret('ingress'),
      provisioner: secret('provisioner'),
    },
    nomad: { management: secret('nomad-management'), deployer: null },
    ssh: { privateKey: secret('ssh'), publicKey: 'ssh-ed25519 provisioner' },
    hosts: Object.fromEntries(servers.map((name) => [name, host])),
  };
};
/** Made beforehand: making keys takes other threads, and chance that no seed governs. */
export const keys = Object.fromEntries(environmentNames.map((name) => [name, keysOf(name)])) as Record<
  EnvironmentName,
  ClusterKeys
>;

/** No age here, only its promise: what is sealed does not show what it holds. */
export const sealer: Sealer = {
  recipients: ['age1simulated'],
  seal: async (text) => Buffer.from(text).toString('base64'),
  open: async (sealed) => Buffer.from(sealed, 'base64').toString('utf8'),
};
