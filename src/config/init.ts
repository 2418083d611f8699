import { isArm, locations, serverTypes } from './catalogue.ts';
import { loadProject } from './project.ts';

/** The few questions of `reconcile init`. */
export interface InitAnswers {
  readonly project: string;
  readonly domain: string;
  readonly location: string;
  readonly serverType: string;
  /** Name of a key in the Hetzner project; null: none. */
  readonly sshKey: string | null;
  readonly staging: boolean;
}

/** By size, so that a fallback is never smaller than what was asked for. */
const sizes = ['cx23', 'cpx22', 'cx33', 'cpx32', 'cx43', 'cpx42', 'cx53', 'cpx52', 'cpx62'];

const typeLadder = (first: string): string[] => {
  const line: readonly string[] = isArm(first) ? serverTypes.filter(isArm) : sizes;
  const at = line.indexOf(first);
  return at < 0 ? [first] : line.slice(at, at + 4);
};
const locationLadder = (first: string): string[] => [
  first,
  ...Object.keys(locations).filter((name) => name !== first && locations[name] === locations[first]),
];

/** The registrable part, where it can be told: two labels, three below endings like co.uk. */
const zoneOf = (domain: string): string => {
  const labels = domain.split('.');
  const [second = '', top = ''] = labels.slice(-2);
  return labels.slice(top.length === 2 && second.length <= 3 ? -3 : -2).join('.');
};

/**
 * A commented infra.yaml. Throws ConfigError when the answers do not make a valid one, so what is written always loads.
 */
export const initTemplate = (answers: InitAnswers): string => {
  const text = write(answers);
  loadProject({ text, file: 'infra.yaml', env: {} });
  return text;
};

const write = ({ project, domain, location, serverType, sshKey, staging }: InitAnswers): string => `\
# yaml-language-server: $schema=./infra.schema.json
# The one file you edit. \`reconcile plan production --local\` shows what it would make, in the emulated cloud.

project: ${quoted(project)} # label on every object; prefix of every name
domain: ${quoted(domain)} # of production; PRODUCTION_DOMAIN overrides it

# The memory between runs. \`--local\` needs none of this: it keeps its own in state/local.
state:
  backend: local
  directory: state/files
  # previews: { directory: state/previews, recipients: [age1…] } # apart from production: docs/previews-apart.md

# The Hetzner DNS zone that holds the domain: used when it exists, created when it doesn't.
# Without this section you manage DNS elsewhere, and production has no managed certificate.
dns:
  zone: ${quoted(zoneOf(domain))}

ssh_keys: [${sshKey === null ? '' : quoted(sshKey)}] # names of keys in your Hetzner project; SSH_KEY_NAME adds one

# What every environment takes unless it says otherwise.
defaults:
  locations: [${locationLadder(location).join(', ')}] # ladder: the first with stock
  servers:
    types: [${typeLadder(serverType).join(', ')}] # ladder: a later one is used only when the first is sold out, and the plan says so
    image: debian-12
  # Only the public side is filtered. Ports 80 and 443 are opened where the servers answer the public themselves.
  firewall:
    - { protocol: tcp, port: 22, ips: [0.0.0.0/0, "::/0"], description: SSH } # better: your own addresses only; runners get in with --allow-runner
    - { protocol: icmp, description: ping }
  # Nomad jobs. \`health\` must answer 200 before a deployment counts as done.
  jobs:
    - name: server
      file: jobs/server.nomad.hcl
      image: registry.example.com/${project}-server:latest # put your own image here
      port: 3000
      routes: [/api]
      health: /api/health
      # What the job finds in its environment. \`reconcile secrets set production DATABASE_URL\` asks for the value;
      # \`local\` stands in for it with --local, and what is generated is made at random by the first run.
      secrets:
        - { name: DATABASE_URL, local: "postgres://app@localhost/app" }
        - { name: JWT_SECRET, generate: true }
      # release: { command: [node, migrate.mjs] } # migrations: once per version, before it takes traffic
    - name: web
      file: jobs/web.nomad.hcl
      image: registry.example.com/${project}-web:latest # put your own image here
      port: 8080
      routes: [/]
      health: /health

environments:
  production:
    protected: false # true: delete protection, and destroy refuses
    ingress: load-balancer # dns: no load balancer, the records name the servers
    servers: { count: 3 } # 1, 3 or 5
    network: { range: 10.0.0.0/16, subnet: 10.0.1.0/24 }
    jobs:
      server: { count: 2 } # two or more deploy without a gap
      web: { count: 2 }
${
  staging
    ? `
  staging:
    domain: ${quoted(`staging.${domain}`)}
    servers: { count: 1 }
    network: { range: 10.1.0.0/16, subnet: 10.1.1.0/24 }
`
    : ''
}
  # One short-lived environment for each open pull request.
  pr:
    domain: ${quoted(`pr-{number}.pr.${domain}`)}
    servers: { count: 1 }
    network: { range: 10.2.0.0/16, subnet: 10.2.1.0/24 }
    # zone: ${quoted(`pr.${domain}`)} # a zone of their own, in a Hetzner project of their own
    max: 15 # how many at once; MAX_PR_ENVIRONMENTS overrides it
`;

/** Bare where YAML reads it as the same text, else quoted. */
const quoted = (text: string): string =>
  /^[a-z][a-z0-9.-]*$/.test(text) && !/^(null|true|false|yes|no|on|off|y|n)$/.test(text) ? text : JSON.stringify(text);
