import type { Address } from '../../src/domain/address.ts';
import { kindOf, localName } from '../../src/domain/address.ts';
import { type Change, type ChangeAction, type Plan, type Reason, type Step, summarize } from '../../src/domain/plan.ts';
import type { StateFile } from '../../src/domain/statefile.ts';
import type { CostReport, EnvironmentSummary, Outcome, Outputs, StatusLine } from '../../src/ports/session.ts';

/* Builders of what a workspace answers. */

export const now = Date.parse('2026-11-30T10:00:00Z');

export const change = (
  address: Address,
  action: ChangeAction,
  reasons: readonly Reason[] = [],
  more: Partial<Change> = {},
): Change => ({
  address,
  kind: kindOf(address),
  name: `aipacto-${localName(address)}`,
  action,
  reasons,
  monthlyCents: { before: 0, after: 0 },
  ...more,
});

export const step = (id: string, address: Address, estimateMs: number, dependsOn: readonly string[] = []): Step => ({
  id,
  address,
  effect: { port: 'state', op: 'forget' },
  dependsOn,
  estimateMs,
});

const missing: Reason = { field: 'existence', because: 'it does not exist yet' };

export const planOf = (changes: readonly Change[], steps: readonly Step[] = [], more: Partial<Plan> = {}): Plan => ({
  formatVersion: 1,
  project: 'aipacto',
  environment: 'production',
  environmentType: 'production',
  intent: 'converge',
  run: '20261130-100000-ab12',
  createdAt: new Date(now).toISOString(),
  basis: { configHash: 'c0', stateLineage: null, stateSerial: 0, observationHash: 'o0' },
  changes,
  steps,
  summary: summarize(changes),
  notices: [],
  monthlyCents: {
    before: changes.reduce((sum, { monthlyCents }) => sum + monthlyCents.before, 0),
    after: changes.reduce((sum, { monthlyCents }) => sum + monthlyCents.after, 0),
  },
  requests: { read: 12, write: 0 },
  budget: { limit: 3600, remaining: 3588, resetAt: '2026-11-30T11:00:00Z' },
  ...more,
});

const server = { before: 0, after: 459 };

export const firstPlan = (): Plan =>
  planOf(
    [
      change('cluster/production', 'create', [missing]),
      change('firewall/production', 'create', [missing]),
      change('job/server', 'create', [missing]),
      change('job/web', 'create', [missing]),
      change('load-balancer/production', 'create', [missing], { monthlyCents: { before: 0, after: 652 } }),
      change('network/production', 'create', [missing]),
      change('server/production-1', 'create', [missing], { monthlyCents: server }),
      change('server/production-2', 'create', [missing], { monthlyCents: server }),
      change('server/production-3', 'create', [missing], { monthlyCents: server }),
    ],
    [
      step('create network/production', 'network/production', 1_000),
      step('create firewall/production', 'firewall/production', 1_000),
      step('create server/production-1', 'server/production-1', 30_000, ['create network/production']),
      step('await-boot server/production-1', 'server/production-1', 90_000, ['create server/production-1']),
      step('submit job/web', 'job/web', 20_000, ['await-boot server/production-1']),
    ],
    {
      notices: [
        'cx23 is sold out in nbg1 and fsn1, so the servers would stand in hel1 (second rung: cpx22 not needed)',
      ],
    },
  );

export const mixedPlan = (): Plan =>
  planOf(
    [
      change(
        'network/production',
        'blocked',
        [{ field: 'name', because: 'a network of that name exists and is not ours' }],
        {
          next: 'reconcile production --adopt network/production',
        },
      ),
      change(
        'server/production-4',
        'delete',
        [{ field: 'count', from: '4', to: '3', because: 'infra.yaml wants 3 servers' }],
        {
          wipes: 'the disk of server/production-4 with everything on it',
          monthlyCents: { before: 459, after: 0 },
        },
      ),
      change(
        'server/production-2',
        'rebuild',
        [
          {
            field: 'user data',
            from: '9a1c33de81f0aa42',
            to: '01b7cc9e55d2f3e0',
            because: 'cloud-init/server.yaml.hbs changed',
          },
          {
            field: 'labels',
            from: 'environment=production',
            to: 'environment=production, team=platform',
            because: 'infra.yaml adds a label',
          },
        ],
        {
          wipes: 'the disk of server/production-2: Docker images, job data and logs',
          monthlyCents: { before: 459, after: 459 },
        },
      ),
      change('firewall/production', 'update', [
        { field: 'rules', from: 'in tcp 22', to: 'in tcp 22\nin tcp 443', because: 'infra.yaml adds HTTPS' },
      ]),
      change(
        'server/production-1',
        'update',
        [{ field: 'type', from: 'cx23', to: 'cpx22', because: 'cx23 is not in the ladder' }],
        {
          monthlyCents: { before: 459, after: 762 },
        },
      ),
      change('certificate/production', 'adopt', [
        { field: 'state', because: 'it has our labels and is not in the state' },
      ]),
      change('job/old', 'forget', [{ field: 'existence', because: 'it is gone' }]),
      change('zone/aipacto.com', 'keep'),
      change('rrset/aipacto.com/@/A', 'keep'),
    ],
    [step('set-rules firewall/production', 'firewall/production', 1_000)],
  );

export const emptyPlan = (): Plan =>
  planOf([
    change('network/production', 'keep'),
    change('server/production-1', 'keep', [], { monthlyCents: { before: 459, after: 459 } }),
  ]);

export const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  result: 'converged',
  run: '20261130-100000-ab12',
  succeeded: ['create network/production', 'create server/production-1'],
  failed: [],
  timings: [],
  skipped: [],
  inFlight: [],
  remaining: null,
  requests: {
    used: { read: 30, write: 9 },
    budget: { limit: 3600, remaining: 3561, resetAt: '2026-11-30T11:00:00Z' },
  },
  elapsedMs: 132_000,
  ...more,
});

export const outputs: Outputs = {
  load_balancer_ip: '203.0.113.10',
  nomad_ui_url: 'http://10.0.1.11:4646/ui',
  consul_ui_url: 'http://10.0.1.11:8500/ui',
  environment_url: 'https://aipacto.com',
  server_ips: {
    'aipacto-production-1': { public: '203.0.113.11', private: '10.0.1.11' },
    'aipacto-production-2': { public: null, private: '10.0.1.12' },
  },
};

export const statusLines: readonly StatusLine[] = [
  { layer: 'servers', name: 'aipacto-production-1', health: 'ok', detail: 'running, cx23 in nbg1, 203.0.113.11' },
  { layer: 'load-balancer', name: 'aipacto-production', health: 'ok', detail: '3 of 3 targets healthy' },
  { layer: 'dns', name: 'aipacto.com', health: 'unknown', detail: 'the zone could not be asked' },
  {
    layer: 'nomad',
    name: 'cluster/production',
    health: 'ok',
    detail: 'leader aipacto-production-1, 3 voters, 3 nodes ready',
  },
  {
    layer: 'jobs',
    name: 'web',
    health: 'bad',
    detail:
      '1 of 2 allocations healthy; the last event of task web: Driver Failure, image developeraipacto/aipacto-web:latest not found',
  },
];

export const summaries: readonly EnvironmentSummary[] = [
  {
    environment: 'production',
    type: 'production',
    servers: [1, 2, 3].map((n) => ({
      name: `aipacto-production-${n}`,
      status: n === 3 ? 'off' : 'running',
      type: 'cx23',
      ipv4: `203.0.113.${10 + n}`,
    })),
    createdAt: '2026-11-20T10:00:00Z',
    ageMs: 10 * 24 * 3_600_000,
    health: 'ok',
    monthlyCents: 2029,
    url: 'https://aipacto.com',
    lastChange: { at: '2026-11-29T08:15:00Z', command: 'reconcile production', outcome: 'converged' },
  },
  {
    environment: 'pr-7',
    type: 'pr',
    servers: [{ name: 'aipacto-pr-7-1', status: 'running', type: 'cx23', ipv4: '203.0.113.20' }],
    createdAt: '2026-11-30T08:00:00Z',
    ageMs: 2 * 3_600_000,
    health: 'bad',
    monthlyCents: 459,
    url: 'http://pr-7.pr.aipacto.com',
    lastChange: null,
  },
];

const serverLine = (name: string) => ({
  address: `server/${name}` as const,
  what: 'cx22 in nbg1, with IPv4',
  cents: 459,
});
export const costs: CostReport = {
  currency: 'EUR',
  vatRate: '21.00',
  environments: [
    {
      environment: 'production',
      servers: 3,
      lines: ['production-1', 'production-2', 'production-3'].map(serverLine),
      monthlyCents: 1377,
      annualCents: 16_524,
    },
    { environment: 'staging', servers: 1, lines: [serverLine('staging-1')], monthlyCents: 459, annualCents: 5_508 },
    { environment: 'pr (each)', servers: 1, lines: [serverLine('pr-1-1')], monthlyCents: 459, annualCents: 5_508 },
  ],
  totals: [
    { name: 'typical', madeOf: 'production + staging + 5 PRs', monthlyCents: 4131, annualCents: 49_572 },
    { name: 'maximum', madeOf: 'production + 15 PRs', monthlyCents: 8262, annualCents: 99_144 },
  ],
};

export const state: StateFile = {
  schemaVersion: 4,
  fencingToken: 1,
  lineage: '5f0c9a7e2b1d4c38',
  serial: 17,
  project: 'aipacto',
  environment: 'production',
  environmentType: 'production',
  updatedAt: '2026-11-29T08:15:00Z',
  resources: {
    'server/production-1': {
      kind: 'server',
      id: '4711',
      name: 'aipacto-production-1',
      createdAt: '2026-11-20T10:00:00Z',
      fingerprint: 'aa11bb22cc33dd44',
      outputs: { ipv4: '203.0.113.11' },
    },
    'network/production': {
      kind: 'network',
      id: '99',
      name: 'aipacto-production',
      createdAt: '2026-11-20T09:59:58Z',
      fingerprint: '0011223344556677',
      outputs: {},
    },
  },
  history: [
    {
      run: 'r2',
      serial: 17,
      at: '2026-11-29T08:15:00Z',
      command: 'reconcile production',
      outcome: 'converged',
      summary: { create: 0, update: 1, keep: 13 },
    },
  ],
};
