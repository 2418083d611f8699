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
  image: {
    flags: '--image <job=reference>',
    about: 'the image that this job runs from now on, e.g. web=acme/shop-web:1.4.2; may be repeated',
    repeatable: true,
  },
  failed: { flags: '--failed', about: 'only jobs whose newest image never became healthy' },
  recoverAccess: {
    flags: '--recover-access',
    about: 'every copy of the keys is gone: log in with the SSH key of a human, and make new ones',
  },
  sshIdentity: {
    flags: '--ssh-identity <file>',
    about: 'private key for --recover-access; default: RECONCILE_SSH_IDENTITY, else the SSH agent',
  },
  allowRunner: {
    flags: '--allow-runner <address>',
    about:
      'let this machine in at port 22 for this command; which address: the one named, RECONCILE_RUNNER_ADDRESS, or found out',
  },
  address: { flags: '--address <address>', about: 'the IP address that gets in; default: that of this machine' },
  expired: { flags: '--expired', about: 'only those of killed runs, and those whose time is over' },
  for: { flags: '--for <duration>', about: 'how long: 30m (default), at most 24h' },
  verbose: { flags: '-v, --verbose', about: 'show what is folded: unchanged addresses, steps, causes of errors' },
  color: { flags: '--no-color', about: 'print without colours (as with NO_COLOR)' },
  out: { flags: '-o, --out <file>', about: 'save the plan, to be carried out by: reconcile apply <file>' },
  wait: {
    flags: '--wait <duration>',
    about: 'while another run holds the lease wait for it, so long at most (60s, 10m, 1h30m), and plan then',
  },
  outFile: { flags: '-o, --out <file>', about: 'write it into this file, which only its owner may read' },
  serial: {
    flags: '--serial <number>',
    about: 'an earlier document; which there are: reconcile state history <target>',
  },
  to: { flags: '--to <backend>', about: 'where the states are to lie: s3 or local' },
  previews: { flags: '--previews', about: 'the place that infra.yaml has for previews alone: state.previews' },
  all: { flags: '--all', about: 'check every environment that exists' },
  comment: {
    flags: '--comment <number>',
    about: 'also show the plan in a comment at this pull request, one that is kept up to date; needs GITHUB_TOKEN',
  },
  issue: {
    flags: '--issue',
    about: 'also tell drift in an issue at the code host: one, kept up to date, closed when there is none',
  },
  approved: {
    flags: '--approved <changes>',
    about: 'rebuild, replace and delete nothing but this: none, or what the plan said under approval in a pipeline',
  },
  event: { flags: '--event <name>', about: 'what happened, as GitHub calls it; default: GITHUB_EVENT_NAME' },
  payload: { flags: '--payload <file>', about: 'the event as JSON; default: GITHUB_EVENT_PATH' },
  sha: { flags: '--sha <commit>', about: 'the commit that the images of --image were built from' },
  dryRun: { flags: '--dry-run', about: 'only say what would be done' },
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
const planning = ['image', 'only', 'replace', 'adopt', 'recoverAccess', 'sshIdentity'] as const;

export interface VerbSpec {
  /** Shown after the verb: `<target>`, `<file>`; empty: nothing follows. */
  readonly takes: '' | '<target>' | '[target]' | '<file>' | '<target> <name>' | '<target> <file>';
  readonly about: string;
  readonly options: readonly OptionName[];
  readonly examples: readonly (readonly [command: string, about: string])[];
  readonly exits?: string;
}

const converges =
  'Exit codes: 0 converged or nothing to do; 1 failed; 3 someone else holds the lease; 4 blocked; 64 usage.';
const looks = 'Exit codes: 0 nothing to do; 1 failed; 2 changes pending; 64 usage.';

const keepsLease = 'Exit codes: 0 done or nothing to do; 1 failed; 3 someone else holds the lease; 64 usage.';

export const verbs = {
  reconcile: {
    takes: '<target>',
    about: 'Converge a target: plan, confirm, apply, verify.',
    options: ['yes', 'wait', 'approved', 'allowRunner', ...planning, ...common],
    examples: [
      ['reconcile production', 'show the plan, ask, carry it out'],
      ['reconcile production --local --yes', 'the same in the emulated cloud, without a question'],
      ['reconcile pr 7', 'the environment of pull request 7'],
      ['reconcile production --image web=acme/shop-web:1.4.2', 'another build of a job; it stays until the next'],
      ['reconcile production --only server/production-2', 'nothing but this server and what it needs'],
      ['reconcile production --recover-access', 'back in with a key of ssh_keys, when state and copies are gone'],
      ['reconcile production --yes --wait 10m', 'in a pipeline: after the run that is at work'],
      ['reconcile production --yes --approved none', 'refused when something would be rebuilt, replaced or deleted'],
      ['reconcile production --yes --allow-runner', 'where port 22 is closed: this machine gets in for this run'],
    ],
    exits: converges,
  },
  plan: {
    takes: '<target>',
    about: 'Show what would change; change nothing.',
    options: ['out', 'comment', 'allowRunner', ...planning, ...common],
    examples: [
      ['reconcile plan production', 'what would be done, why, and what it costs'],
      ['reconcile plan production --out plan.json', 'keep it for: reconcile apply plan.json'],
      ['reconcile plan staging --local --json', 'for scripts'],
      ['reconcile plan production --comment 7', 'and show it at pull request 7'],
    ],
    exits: looks,
  },
  apply: {
    takes: '<file>',
    about: 'Carry out exactly a saved plan; refused if configuration, state or cloud moved since.',
    options: ['yes', 'wait', 'allowRunner', ...common],
    examples: [['reconcile apply plan.json --yes', 'after: reconcile plan production --out plan.json']],
    exits: converges,
  },
  rollback: {
    takes: '<target>',
    about: 'Converge a target with the images that its jobs ran healthily before.',
    options: ['failed', 'yes', 'wait', 'allowRunner', ...common],
    examples: [
      ['reconcile rollback production', 'shows the plan, asks, takes back what was deployed last'],
      ['reconcile rollback production --failed --yes', 'in a pipeline, after a deploy that failed'],
    ],
    exits: converges,
  },
  check: {
    takes: '[target]',
    about: 'Drift check: name what differs from infra.yaml; write nothing anywhere.',
    options: ['all', 'issue', 'only', 'allowRunner', ...common],
    examples: [
      ['reconcile check production', 'one environment'],
      ['reconcile check --all --json', 'every environment that exists, for a nightly run'],
      ['reconcile check production --issue', 'and open, update or close the issue about it'],
    ],
    exits: 'Exit codes: 0 no drift; 1 failed; 2 drift; 64 usage.',
  },
  destroy: {
    takes: '<target>',
    about: 'Remove an environment: everything of ours in it, nothing else.',
    options: ['yes', 'wait', 'allowRunner', ...common],
    examples: [
      ['reconcile destroy pr 7', 'show what goes, ask, remove it'],
      ['reconcile destroy staging --local --yes', 'in the emulated cloud, without a question'],
    ],
    exits: converges,
  },
  event: {
    takes: '',
    about:
      'Look at the pull request that an event of GitHub is about: make, update, keep or destroy its preview, and say so there.',
    options: ['event', 'payload', 'image', 'sha', 'allowRunner', ...common],
    examples: [
      ['reconcile event', 'in a workflow: GITHUB_EVENT_NAME and GITHUB_EVENT_PATH say what happened'],
      ['reconcile event --event pull_request --payload FILE', 'by hand, with an event that was kept'],
      ['reconcile event --image web=REFERENCE --sha COMMIT', 'after a build: these images belong to that commit'],
    ],
    exits: 'Exit codes: 0 done, nothing to do, or waiting for somebody; 1 failed; 3 another run is at it; 64 usage.',
  },
  sweep: {
    takes: '',
    about:
      'Look at all pull requests and all previews without an event: destroy what should not exist, stop what is idle, serve who waits.',
    options: ['dryRun', 'allowRunner', ...common],
    examples: [
      ['reconcile sweep --dry-run', 'what would go, what stays, and why'],
      ['reconcile sweep', 'every quarter of an hour, for events that got lost'],
    ],
    exits: 'Exit codes: 0 done or nothing to do; 1 failed; 3 another run is at it; 64 usage.',
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
    options: ['allowRunner', ...common],
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
    examples: [
      ['reconcile state show production', 'addresses, ids, the last changes'],
      ['reconcile state show pr', 'what all previews share: their places'],
    ],
  },
  'state history': {
    takes: '<target>',
    about: 'Which runs there were, and which earlier documents can be had.',
    options: [...common],
    examples: [['reconcile state history production', 'runs, and the serials of earlier documents']],
  },
  'state pull': {
    takes: '<target>',
    about: 'The document as it is stored. Sealed secrets stay sealed; in plain text they only go into a file.',
    options: ['outFile', 'serial', ...common],
    examples: [
      ['reconcile state pull production', 'on the screen, secrets redacted'],
      ['reconcile state pull production --serial 12 --out FILE', 'an earlier one, into a file of your own'],
    ],
  },
  'state push': {
    takes: '<target> <file>',
    about: 'Put a document in the place of the stored one, which is kept; refused when something would be lost.',
    options: ['yes', 'wait', ...common],
    examples: [['reconcile state push production FILE', 'shows what changes, asks, writes']],
    exits: keepsLease,
  },
  'state rebuild': {
    takes: '<target>',
    about:
      'Make a state again that was lost or damaged: from what exists, and keys and secrets from what was kept. Changes nothing in the cloud.',
    options: ['yes', 'wait', ...common],
    examples: [['reconcile state rebuild production', 'shows what is adopted and where the keys come from, asks']],
    exits: keepsLease,
  },
  'state unlock': {
    takes: '<target>',
    about: 'Who holds the lease; and end it in their stead, for someone who is sure that the run is dead.',
    options: ['yes', ...common],
    examples: [['reconcile state unlock production', 'shows the holder, asks']],
  },
  'state init': {
    takes: '',
    about: 'Make the bucket of infra.yaml, with versions, and try out what it honours; safe to repeat.',
    options: ['previews', ...common],
    examples: [['reconcile state init', 'after writing state.s3 into infra.yaml']],
  },
  'state migrate': {
    takes: '',
    about: 'Move all states of the project to the other place that infra.yaml names; may be stopped, and goes on then.',
    options: ['to', 'previews', 'yes', ...common],
    examples: [
      ['reconcile state migrate --to s3', 'from state.directory to state.s3; backend is changed afterwards'],
      ['reconcile state migrate --to local', 'and back'],
    ],
    exits: keepsLease,
  },
  'state keygen': {
    takes: '',
    about: 'Make an age key: the secrets in the state are sealed for its recipient.',
    // `--config` changes nothing here; commands we recommend carry it.
    options: ['outFile', 'config', 'json', 'color'],
    examples: [['reconcile state keygen --out ~/.config/age/shop.txt', 'and how to name it in infra.yaml']],
  },
  'state reencrypt': {
    takes: '<target>',
    about: 'Seal the secrets anew, for the recipients that infra.yaml names now.',
    options: ['wait', ...common],
    examples: [['reconcile state reencrypt production', 'after state.recipients has changed']],
    exits: keepsLease,
  },
  doctor: {
    takes: '',
    about: 'Check configuration, token, store, clock, keys, leases and unfinished runs before they bite.',
    options: [...common],
    examples: [['reconcile doctor', 'one line for each, with what to do about it']],
    exits: 'Exit codes: 0 nothing is bad; 1 something is; 64 usage.',
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
  'access open': {
    takes: '<target>',
    about: 'Let one address in at port 22 of a target for a while, beside what infra.yaml says; no drift.',
    options: ['address', 'for', ...common],
    examples: [
      ['reconcile access open production', 'this machine, for 30 minutes'],
      ['reconcile access open production --address 203.0.113.7 --for 2h', 'another one'],
    ],
  },
  'access close': {
    takes: '<target>',
    about: 'End it before its time.',
    options: ['address', 'expired', ...common],
    examples: [
      ['reconcile access close production', 'for everybody but a run that is at work'],
      ['reconcile access close production --expired', 'only what a killed run left, and what is over; on a schedule'],
    ],
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
  'rollback',
  'check',
  'destroy',
  'event',
  'sweep',
  'list',
  'status',
  'outputs',
  'state',
  'secrets',
  'access',
  'cost',
  'doctor',
  'init',
  'help',
];
