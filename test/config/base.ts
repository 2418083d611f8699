import { formatProblems } from '../../src/config/format.ts';
import { loadProject, type ProjectConfig } from '../../src/config/project.ts';
import { ConfigError } from '../../src/domain/errors.ts';

/** A small valid file; tests change one thing in it. */
export const base = `project: shop
domain: shop.example
dns:
  zone: shop.example
ssh_keys: [alice]
versions:
  nomad: 1.9.7
defaults:
  locations: [nbg1, fsn1]
  servers:
    types: [cx23, cpx22]
  firewall:
    - { protocol: tcp, port: 22, ips: [0.0.0.0/0] }
  jobs:
    - { name: web, file: jobs/web.nomad.hcl, image: shop/web:1, port: 8080, routes: [/] }
    - { name: api, file: jobs/server.nomad.hcl, image: shop/api:1, port: 3000, routes: [/api] }
environments:
  production:
    servers: { count: 3 }
    network: { range: 10.0.0.0/16, subnet: 10.0.1.0/24 }
  staging:
    network: { range: 10.1.0.0/16, subnet: 10.1.1.0/24 }
  pr:
    network: { range: 10.2.0.0/16, subnet: 10.2.1.0/24 }
`;

/** Replaces text that must be there. */
export const change = (from: string, to: string, text = base): string => {
  if (!text.includes(from)) throw new Error(`the base file does not hold: ${from}`);
  return text.replace(from, to);
};

export const load = (text: string, env: Record<string, string | undefined> = {}): ProjectConfig =>
  loadProject({ text, file: 'infra.yaml', env });

/** The problems as a user reads them; `none` when the file is fine. */
export const told = (text: string, env: Record<string, string | undefined> = {}): string => {
  try {
    load(text, env);
    return 'none';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return formatProblems(error.problems);
  }
};
