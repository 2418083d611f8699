import { expect, test } from 'vitest';
import { isEmpty } from '../../src/domain/plan.ts';
import { run } from './kit.ts';
import { emptyPlan, mixedPlan, state, statusLines } from './samples.ts';

test('check names each address that differs with what is wanted and what is there: exit 2', async () => {
  const ran = await run('check production --local', { answers: { plan: mixedPlan } });
  expect(ran.code).toBe(2);
  expect(ran.calls).toEqual(['opened: either']);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "production: 7 addresses differ from infra.yaml
      ! network/production (blocked)
          name: a network of that name exists and is not ours
          next: reconcile production --adopt network/production --local
      - server/production-4 (delete)
          count: infra.yaml wants 3 servers
            want  3
            have  4
          healing it WIPES the disk of server/production-4 with everything on it
      ↻ server/production-2 (rebuild)
          user data: cloud-init/server.yaml.hbs changed
            want  01b7cc9e55d2f3e0
            have  9a1c33de81f0aa42
          labels: infra.yaml adds a label
            want  environment=production, team=platform
            have  environment=production
          healing it WIPES the disk of server/production-2: Docker images, job
            data and logs
      ~ firewall/production (update)
          rules: infra.yaml adds HTTPS
            want  in tcp 22
                  in tcp 443
            have  in tcp 22
      ~ server/production-1 (update)
          type: cx23 is not in the ladder
            want  cpx22
            have  cx23
      > certificate/production (adopt)
          state: it has our labels and is not in the state
      . job/old (forget)
          existence: it is gone
    12 API requests (12 reading, 0 writing), 3588 of 3600 an hour left
    production: 1 blocked, 1 to delete, 1 to rebuild, 2 to update, 1 to adopt, 1 to
    forget, 2 unchanged
    next: reconcile production --local
    "
  `);
});

test('check without drift is exit 0', async () => {
  const ran = await run('check production');
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('production: no drift, 2 as wanted\n');
});

test('check --all checks every environment that exists; drift in one is exit 2', async () => {
  const plan = (_options: unknown, target: { type: string }) =>
    target.type === 'pr' ? { ...mixedPlan(), environment: 'pr-7', environmentType: 'pr' as const } : emptyPlan();
  const ran = await run('check --all --local', { answers: { plan } });
  expect(ran.code).toBe(2);
  expect(ran.stdout).toContain('production: no drift, 2 as wanted\n');
  expect(ran.stdout).toContain('pr-7: 7 addresses differ from infra.yaml\n');
  expect(ran.stdout).toMatch(/next: reconcile pr 7 --local\n$/);
  const json = JSON.parse((await run('check --json', { answers: { plan } })).stdout);
  expect([json.drift, json.environments.map((entry: { drift: boolean }) => entry.drift)]).toEqual([
    true,
    [false, true],
  ]);
});

test('list shows each environment with its last change and the servers that do not run', async () => {
  const ran = await run('list');
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "ENVIRONMENT  SERVERS   AGE  HEALTH  A MONTH  URL
    production   3 cx23   10 d  ok       €20.29  https://aipacto.com
      last change 2026-11-29 08:15 UTC: reconcile production, converged
      aipacto-production-3  cx23  off  203.0.113.13
    pr-7         1 cx23    2 h  bad       €4.59  http://pr-7.pr.aipacto.com
      no change on record

    2 environments, €24.88 a month
    "
  `);
});

test('list of nothing says how to make something', async () => {
  const ran = await run('list', { answers: { workspace: { list: async () => [] } } });
  expect(ran.stdout).toBe('no environments on emulated cloud (simulated)\nnext: reconcile production\n');
});

test('status groups by layer, aligned, and is exit 1 when something is bad', async () => {
  const ran = await run('status production');
  expect(ran.code).toBe(1);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "production on emulated cloud (simulated): 1 of 5 bad, 1 unknown

    Servers
      ✓ aipacto-production-1  running, cx23 in nbg1, 203.0.113.11

    Load balancer
      ✓ aipacto-production    3 of 3 targets healthy

    DNS
      ? aipacto.com           the zone could not be asked

    Nomad
      ✓ cluster/production    leader aipacto-production-1, 3 voters, 3 nodes ready

    Jobs
      ✗ web                   1 of 2 allocations healthy; the last event of task
                              web: Driver Failure, image
                              developeraipacto/aipacto-web:latest not found
    "
  `);
  const session = { status: async () => statusLines.filter(({ health }) => health === 'ok') };
  const good = await run('status production', { answers: { session } });
  expect([good.code, good.stdout.split('\n')[0]]).toEqual([0, 'production on emulated cloud (simulated): healthy']);
});

test('outputs prints names and values', async () => {
  const ran = await run('outputs production');
  expect(ran.stdout).toContain('load_balancer_ip                 203.0.113.10\n');
});

test("cost prints the seed's table and what each total is made of", async () => {
  const ran = await run('cost --verbose');
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "Prices of emulated cloud (simulated) in EUR, 21 % VAT included

    ENVIRONMENT  SERVERS  A MONTH   A YEAR
    production         3   €13.77  €165.24
      server/production-1  cx22 in nbg1, with IPv4      €4.59
      server/production-2  cx22 in nbg1, with IPv4      €4.59
      server/production-3  cx22 in nbg1, with IPv4      €4.59
    staging            1    €4.59   €55.08
      server/staging-1  cx22 in nbg1, with IPv4      €4.59
    pr (each)          1    €4.59   €55.08
      server/pr-1-1  cx22 in nbg1, with IPv4      €4.59

    typical                €41.31  €495.72
      = production + staging + 5 PRs
    maximum                €82.62  €991.44
      = production + 15 PRs
    "
  `);
});

test('state show prints what is remembered', async () => {
  const ran = await run('state show production');
  expect(ran.stdout).toMatchInlineSnapshot(`
    "State of production, project aipacto
    lies in state/files/production.json
    serial 17, schema 4, fencing token 1, written 2026-11-29 08:15 UTC
    lineage 5f0c9a7e2b1d4c38
    holds no secrets

    ADDRESS              ID    MADE
    network/production   99    2026-11-20 09:59 UTC
    server/production-1  4711  2026-11-20 10:00 UTC

    History (1 of 1 entry)
      2026-11-29 08:15 UTC  reconcile production: converged, 1 update (serial 17)
    "
  `);
  const none = await run('state show staging', { answers: { state: { show: async () => null } } });
  expect([none.code, none.stdout]).toEqual([0, 'there is no state of staging yet: nothing was ever made by it\n']);
});

test('state show prints known fields only: a secret in a state of a later version stays inside', async () => {
  const later = { ...state, secrets: { gossip: 'very-secret-gossip-key' } };
  const show = async () => ({ path: 'state/files/production.json', state: later, recipients: [], unfinished: null });
  for (const line of ['state show production', 'state show production --verbose', 'state show production --json'])
    expect((await run(line, { answers: { state: { show } } })).stdout).not.toContain('gossip');
});

test('a plan in JSON has environment, changes, summary and requests, and no user data', async () => {
  const ran = await run('plan production --json', { answers: { plan: mixedPlan } });
  expect(ran.code).toBe(2);
  const document = JSON.parse(ran.stdout);
  expect(document).toMatchObject({
    environment: 'production',
    cloud: 'emulated cloud (simulated)',
    summary: { create: 0, update: 2, rebuild: 1, replace: 0, delete: 1, adopt: 1, forget: 1, keep: 2, blocked: 1 },
    requests: { read: 12, write: 0 },
    monthlyCents: { before: 1377, after: 1221 },
  });
  expect(document.changes[4]).toEqual({
    address: 'server/production-1',
    action: 'update',
    reasons: [{ field: 'type', from: 'cx23', to: 'cpx22', because: 'cx23 is not in the ladder' }],
    monthlyCents: { before: 459, after: 762 },
  });
  expect(document.steps).toEqual([
    { id: 'set-rules firewall/production', address: 'firewall/production', dependsOn: [], estimateMs: 1000 },
  ]);
});

test('every verb prints exactly one JSON document on stdout', async () => {
  const lines = [
    'production',
    'plan production',
    'check production',
    'check',
    'destroy staging',
    'list',
    'status production',
  ];
  for (const line of [...lines, 'outputs production', 'state show production', 'cost']) {
    const ran = await run(`${line} --json`);
    expect(Object.keys(JSON.parse(ran.stdout)).length, line).toBeGreaterThan(1);
  }
});

test('a converge in JSON tells plan, outcome and outputs; a blocked one the plan and the error', async () => {
  const { mixedPlan: blocked, firstPlan: first } = await import('./samples.ts');
  const done = await run('production --yes --json', { answers: { plan: first } });
  expect(JSON.parse(done.stdout)).toMatchObject({
    environment: 'production',
    summary: { create: 9 },
    outcome: { result: 'converged', requests: { read: 30, write: 9 } },
    outputs: { load_balancer_ip: '203.0.113.10' },
  });
  const nothing = JSON.parse((await run('production --json')).stdout);
  expect([nothing.outcome, nothing.outputs.environment_url]).toEqual([null, 'https://aipacto.com']);
  const refused = await run('production --yes --json --local', { answers: { plan: blocked } });
  expect(refused.code).toBe(4);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    summary: { blocked: 1 },
    error: {
      exitCode: 4,
      message: '1 change blocked: network/production: a network of that name exists and is not ours',
      next: 'reconcile production --adopt network/production --local',
    },
  });
  expect(isEmpty(blocked())).toBe(false);
});
