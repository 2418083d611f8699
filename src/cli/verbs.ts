/** What a user may type, as data: the parser, the help and the suggestions all read this table. */
export interface OptionSpec {
  readonly flags: string;
  readonly about: string;
  readonly repeatable?: true;
}

export const optionSpecs = {
  yes: { flags: '-y, --yes', about: 'ask no question; needed where there is no terminal to ask on' },
  json: { flags: '--json', about: 'print one JSON document on stdout' },
  local: {
    flags: '--local <kind>',
    about:
      'use the emulated Hetzner Cloud that ships with the project: docker boots servers, simulated does not; without a kind, docker where it can be had',
  },
  config: { flags: '-c, --config <file>', about: 'read this file instead of infra.yaml' },
  only: { flags: '--only <address>', about: 'only this address and what it needs; may be repeated', repeatable: true },
  replace: { flags: '--replace <address>', about: 'delete and make this one anew; may be repeated', repeatable: true },
  adopt: {
    flags: '--adopt <address>',
    about: 'take over the foreign thing of that name; may be repeated',
    repeatable: true,
  },
  recoverAccess: {
    flags: '--recover-access',
    about: 'every copy of the keys is gone: log in with the SSH key of a human, and make new ones',
  },
  sshIdentity: {
    flags: '--ssh-identity <file>',
    about: 'private key for --recover-access; default: RECONCILE_SSH_IDENTITY, else the SSH agent',
  },
  verbose: { flags: '-v, --verbose', about: 'show what is folded: unchanged addresses, steps, causes of errors' },
  color: { flags: '--no-color', about: 'print without colours (as with NO_COLOR)' },
  out: { flags: '-o, --out <file>', about: 'save the plan, to be carried out by: reconcile apply <file>' },
  wait: {
    flags: '--wait <duration>',
    about: 'while another run holds the lease wait for it, so long at most (60s, 10m, 1h30m), and plan then',
  },
  all: { flags: '--all', about: 'check every environment that exists' },
  project: { flags: '--project <name>', about: 'name of the project: label and prefix of everything' },
  domain: { flags: '--domain <domain>', about: 'domain of production, e.g. example.com' },
  location: { flags: '--location <name>', about: 'first choice of location, e.g. nbg1' },
  serverType: { flags: '--server-type <name>', about: 'first choice of server type, e.g. cx23' },
  sshKey: { flags: '--ssh-key <name>', about: 'name of an SSH key in your Hetzner project' },
  staging: { flags: '--staging', about: 'define a staging environment too' },
  noStaging: { flags: '--no-staging', about: 'define no staging environment' },
} as const satisfies Record<string, OptionSpec>;
export type OptionName = keyof typeof optionSpecs;

const common = ['json', 'local', 'config', 'verbose', 'color'] as const;
const planning = ['only', 'replace', 'adopt', 'recoverAccess', 'sshIdentity'] as const;

export interface VerbSpec {
  /** Shown after the verb: `<target>`, `<file>`; empty: nothing follows. */
  readonly takes: '' | '<target>' | '[target]' | '<file>' | '<target> <name>';
  readonly about: string;
  readonly options: readonly OptionName[];
  readonly examples: readonly (readonly [command: string, about: string])[];
  readonly exits?: string;
}

const converges =
  'Exit codes: 0 converged or nothing to do; 1 failed; 3 someone else holds the lease; 4 blocked; 64 usage.';
const looks = 'Exit codes: 0 nothing to do; 1 failed; 2 changes pending; 64 usage.';

export const verbs = {
  reconcile: {
    takes: '<target>',
    about: 'Converge a target: plan, confirm, apply, verify.',
    options: ['yes', 'wait', ...planning, ...common],
    examples: [
      ['reconcile production', 'show the plan, ask, carry it out'],
      ['reconcile production --local --yes', 'the same in the emulated cloud, without a question'],
      ['reconcile pr 7', 'the environment of pull request 7'],
      ['reconcile production --only server/production-2', 'nothing but this server and what it needs'],
      ['reconcile production --recover-access', 'back in with a key of ssh_keys, when state and copies are gone'],
      ['reconcile production --yes --wait 10m', 'in a pipeline: after the run that is at work'],
    ],
    exits: converges,
  },
  plan: {
    takes: '<target>',
    about: 'Show what would change; change nothing.',
    options: ['out', ...planning, ...common],
    examples: [
      ['reconcile plan production', 'what would be done, why, and what it costs'],
      ['reconcile plan production --out plan.json', 'keep it for: reconcile apply plan.json'],
      ['reconcile plan staging --local --json', 'for scripts'],
    ],
    exits: looks,
  },
  apply: {
    takes: '<file>',
    about: 'Carry out exactly a saved plan; refused if configuration, state or cloud moved since.',
    options: ['yes', 'wait', ...common],
    examples: [['reconcile apply plan.json --yes', 'after: reconcile plan production --out plan.json']],
    exits: converges,
  },
  check: {
    takes: '[target]',
    about: 'Drift check: name what differs from infra.yaml; write nothing anywhere.',
    options: ['all', 'only', ...common],
    examples: [
      ['reconcile check production', 'one environment'],
      ['reconcile check --all --json', 'every environment that exists, for a nightly run'],
    ],
    exits: 'Exit codes: 0 no drift; 1 failed; 2 drift; 64 usage.',
  },
  destroy: {
    takes: '<target>',
    about: 'Remove an environment: everything of ours in it, nothing else.',
    options: ['yes', 'wait', ...common],
    examples: [
      ['reconcile destroy pr 7', 'show what goes, ask, remove it'],
      ['reconcile destroy staging --local --yes', 'in the emulated cloud, without a question'],
    ],
    exits: converges,
  },
  list: {
    takes: '',
    about: 'All environments: servers, age, health, cost, URL, last change.',
    options: [...common],
    examples: [['reconcile list --local', 'what exists in the emulated cloud']],
  },
  status: {
    takes: '<target>',
    about: "Health of every layer, down to each job's health.",
    options: [...common],
    examples: [['reconcile status production', 'servers, load balancer, DNS, Consul, Nomad, jobs']],
    exits: 'Exit codes: 0 nothing is bad; 1 something is bad, or it failed; 64 usage.',
  },
  outputs: {
    takes: '<target>',
    about: 'Addresses to use: load_balancer_ip, nomad_ui_url, consul_ui_url, environment_url, server IPs.',
    options: [...common],
    examples: [['reconcile outputs production --json', '{ "load_balancer_ip": … } for scripts']],
  },
  'state show': {
    takes: '<target>',
    about: 'What the last runs remember: addresses, ids, history. Secrets are never shown.',
    options: [...common],
    examples: [['reconcile state show production', 'addresses, ids, the last changes']],
  },
  cost: {
    takes: '[target]',
    about: 'Live prices: per environment, typical and maximum totals, and what each is made of.',
    options: [...common],
    examples: [
      ['reconcile cost', 'the whole project'],
      ['reconcile cost staging --verbose', 'one environment, each line'],
    ],
  },
  'secrets list': {
    takes: '<target>',
    about: 'Names of the secrets that jobs read, whether and since when each has a value; never the values.',
    options: [...common],
    examples: [
      ['reconcile secrets list production', 'what is set, and what is missing'],
      ['reconcile secrets list pr', 'the set that all previews share'],
    ],
  },
  'secrets set': {
    takes: '<target> <name>',
    about:
      'Set a secret that jobs read; its value is asked for, or read from stdin, and takes effect with the next run.',
    options: ['wait', ...common],
    examples: [
      ['reconcile secrets set production DATABASE_URL', 'asks, and shows nothing'],
      ['reconcile secrets set production DATABASE_URL < FILE', 'from a file, or a pipe'],
      ['reconcile secrets set pr DATABASE_URL', 'for all previews; pr 7 for one of them'],
    ],
  },
  'secrets unset': {
    takes: '<target> <name>',
    about: 'Forget a secret; one that infra.yaml wants generated gets a new value.',
    options: ['wait', ...common],
    examples: [['reconcile secrets unset staging SENTRY_DSN', 'jobs are deployed without it by the next run']],
  },
  init: {
    takes: '',
    about: 'Write a commented infra.yaml from a few questions; an existing one is left alone.',
    options: [
      'project',
      'domain',
      'location',
      'serverType',
      'sshKey',
      'staging',
      'noStaging',
      'yes',
      'config',
      'json',
      'color',
    ],
    examples: [
      ['reconcile init', 'asks'],
      ['reconcile init --project shop --domain shop.example --yes', 'asks nothing'],
    ],
  },
} as const satisfies Record<string, VerbSpec>;
export type Verb = keyof typeof verbs;

export const verbNames = Object.keys(verbs) as Verb[];
/** First words a user may type. */
export const firstWords = [
  'plan',
  'apply',
  'check',
  'destroy',
  'list',
  'status',
  'outputs',
  'state',
  'secrets',
  'cost',
  'init',
  'help',
];
