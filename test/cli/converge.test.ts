import { expect, test } from 'vitest';
import { CloudError, LeaseHeldError, StalePlanError } from '../../src/domain/errors.ts';
import { run } from './kit.ts';
import { change, emptyPlan, firstPlan, mixedPlan, outcome, planOf, step } from './samples.ts';

test('a first converge prints the plan, asks, applies, and ends with the outputs', async () => {
  const ran = await run('production --local', { terminal: 80, confirm: true, answers: { plan: firstPlan } });
  expect(ran.code).toBe(0);
  expect(ran.calls).toEqual([
    'opened: either',
    'asked: Apply 9 changes to production? [y/N] ',
    'applied: reconcile production --local',
  ]);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "Plan for production, project aipacto, emulated cloud (simulated)

    Create (9): it does not exist yet
      + cluster/production
      + firewall/production
      + job/server
      + job/web
      + load-balancer/production   +€6.52/month
      + network/production
      + server/production-1        +€4.59/month
      + server/production-2        +€4.59/month
      + server/production-3        +€4.59/month

    Notices
      * cx23 is sold out in nbg1 and fsn1, so the servers would stand in hel1
        (second rung: cpx22 not needed)

    production: 9 to create, 0 unchanged
    €0.00 a month before, €20.29 after (+€20.29)
    12 API requests (12 reading, 0 writing), 3588 of 3600 an hour left
    about 2 min 21 s for 5 steps, by the longest chain of steps

    load_balancer_ip                 203.0.113.10
    nomad_ui_url                     http://10.0.1.11:4646/ui
    consul_ui_url                    http://10.0.1.11:8500/ui
    environment_url                  https://aipacto.com
    server_ips.aipacto-production-1  203.0.113.11 (private 10.0.1.11)
    server_ips.aipacto-production-2  - (private 10.0.1.12)
    "
  `);
});

test('a second converge says "no changes", asks nothing, applies nothing, and still prints the outputs', async () => {
  const ran = await run('production');
  expect(ran.code).toBe(0);
  expect(ran.calls).toEqual(['opened: hetzner']);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "Plan for production, project aipacto, emulated cloud (simulated)

    = 2 unchanged

    production: no changes, 2 unchanged
    €4.59 a month, as before
    12 API requests (12 reading, 0 writing), 3588 of 3600 an hour left

    load_balancer_ip                 203.0.113.10
    nomad_ui_url                     http://10.0.1.11:4646/ui
    consul_ui_url                    http://10.0.1.11:8500/ui
    environment_url                  https://aipacto.com
    server_ips.aipacto-production-1  203.0.113.11 (private 10.0.1.11)
    server_ips.aipacto-production-2  - (private 10.0.1.12)
    "
  `);
});

test('without a terminal and without --yes nothing is done, and the command to use is named', async () => {
  const ran = await run('production --local', { answers: { plan: firstPlan } });
  expect(ran.code).toBe(64);
  expect(ran.calls).toEqual(['opened: either']);
  expect(ran.stderr).toMatchInlineSnapshot(`
    "[0:00] observing the emulated cloud
    error: there is no terminal to ask on and no --yes
      done: nothing was changed
      next: reconcile production --local --yes
    "
  `);
});

test('a question answered with no leaves everything as it was', async () => {
  const plan = () =>
    planOf([change('server/pr-7-1', 'delete')], [step('delete server/pr-7-1', 'server/pr-7-1', 1_000)], {
      environment: 'pr-7',
      environmentType: 'pr',
      intent: 'destroy',
    });
  const ran = await run('destroy pr 7', { terminal: 80, confirm: false, answers: { plan } });
  expect(ran.code).toBe(1);
  expect(ran.calls).toEqual(['opened: hetzner', 'asked: Destroy pr-7 (1 change)? [y/N] ']);
  expect(ran.stderr).toContain('error: not confirmed\n  done: nothing was changed\n  next: reconcile destroy pr 7\n');
});

test('destroy plans with intent destroy, names what it asks for, and prints no outputs', async () => {
  const intents: string[] = [];
  const ran = await run('destroy pr 7 --yes', {
    answers: {
      plan: ({ intent }, target) => {
        intents.push(`${intent} ${target.type} ${target.pullRequest}`);
        return planOf(
          mixedPlan().changes.filter(({ action }) => action === 'delete'),
          mixedPlan().steps,
          {
            environment: 'pr-7',
            environmentType: 'pr',
            intent: 'destroy',
          },
        );
      },
    },
  });
  expect(ran.code).toBe(0);
  expect(intents).toEqual(['destroy pr 7']);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "Destroy pr-7, project aipacto, emulated cloud (simulated)

    Delete (1)
      - server/production-4   -€4.59/month
          count: 4 → 3, because infra.yaml wants 3 servers
          WIPES the disk of server/production-4 with everything on it

    pr-7: 1 to delete, 0 unchanged
    €4.59 a month before, €0.00 after (-€4.59)
    12 API requests (12 reading, 0 writing), 3588 of 3600 an hour left
    about 1.0 s for 1 step, by the longest chain of steps
    "
  `);
});

test('a blocked change stops everything before anything is touched: exit 4, with the way out for this very cloud', async () => {
  const ran = await run('production --local --yes', { answers: { plan: mixedPlan } });
  expect(ran.code).toBe(4);
  expect(ran.calls).toEqual(['opened: either']);
  expect(ran.stdout).toContain('next: reconcile production --adopt network/production --local\n');
  expect(ran.stderr).toContain(
    'error: 1 change blocked: network/production: a network of that name exists and\n  is not ours\n  done: nothing was changed\n  next: reconcile production --adopt network/production --local\n',
  );
});

test('a failed apply says what failed, what is done, what was not started and what to run: exit 1', async () => {
  const ran = await run('production --yes --config other.yaml', {
    answers: {
      plan: firstPlan,
      apply: () =>
        outcome({
          result: 'failed',
          failed: [
            {
              step: 'create server/production-2',
              message: 'Hetzner refused to create the server: resource_limit_exceeded (server limit reached)',
              next: 'raise the limit at console.hetzner.cloud, Limits',
            },
          ],
          skipped: ['await-boot server/production-2', 'a', 'b', 'c'],
        }),
    },
  });
  expect(ran.code).toBe(1);
  expect(ran.stdout).not.toContain('load_balancer_ip');
  expect(ran.stderr).toMatchInlineSnapshot(`
    "[0:00] observing the emulated cloud

    failed after 2 min 12 s of the cloud's own time (0.0 s here), 39 API requests
      (30 reading, 9 writing), 3561 of 3600 an hour left
      ✗ create server/production-2
          Hetzner refused to create the server: resource_limit_exceeded (server
          limit reached)
          next: raise the limit at console.hetzner.cloud, Limits
      done and recorded: 2 steps: create network/production, create
        server/production-1
      not started: 4 steps
      next: reconcile production --config other.yaml
            It looks again first, finds what was made, and goes on from there.
    "
  `);
});

test('an apply whose second look still finds something failed, and the rest is named', async () => {
  const remaining = planOf(mixedPlan().changes.filter(({ action }) => action === 'update'));
  const ran = await run('production --yes', {
    answers: { plan: firstPlan, apply: () => outcome({ result: 'failed', remaining }) },
  });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatchInlineSnapshot(`
    "[0:00] observing the emulated cloud

    failed after 2 min 12 s of the cloud's own time (0.0 s here), 39 API requests
      (30 reading, 9 writing), 3561 of 3600 an hour left
      done and recorded: 2 steps: create network/production, create
        server/production-1
      a second look still finds something to do:
        ~ update firewall/production: rules: infra.yaml adds HTTPS
        ~ update server/production-1: type: cx23 is not in the ladder
      next: reconcile production
            It looks again first, finds what was made, and goes on from there.
    "
  `);
});

test('a lease held by someone else is exit 3', async () => {
  const ran = await run('production --yes', {
    answers: {
      plan: firstPlan,
      apply: () => {
        throw new LeaseHeldError('alice@laptop holds the lease since 09:58, until 10:03', {
          done: ['nothing was changed'],
          next: 'wait, or look with: reconcile status production',
        });
      },
    },
  });
  expect(ran.code).toBe(3);
  expect(ran.stderr).toContain(
    'error: alice@laptop holds the lease since 09:58, until 10:03\n  done: nothing was changed\n',
  );
});

test('--only, --replace and --adopt reach the planner', async () => {
  const seen: unknown[] = [];
  const plan = (options: unknown) => {
    seen.push(options);
    return emptyPlan();
  };
  await run('staging --only server/a --only job/web --replace job/web --adopt network/staging', { answers: { plan } });
  expect(seen).toEqual([
    { intent: 'converge', only: ['server/a', 'job/web'], replace: ['job/web'], adopt: ['network/staging'] },
  ]);
});

test('outputs that can not be read after a good apply do not hide that the environment is converged', async () => {
  const ran = await run('production --yes --local', {
    answers: {
      plan: firstPlan,
      session: {
        outputs: async () => {
          throw new CloudError('Hetzner answered 503', { code: 'unavailable', status: 503, retryable: true });
        },
      },
    },
  });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain(
    'error: the outputs could not be read: Hetzner answered 503\n  done: production is converged\n  next: reconcile outputs production --local\n',
  );
});

test('apply FILE carries out exactly the saved plan', async () => {
  const saved = await run('plan production --out plan.json --local', { answers: { plan: firstPlan } });
  expect(saved.code).toBe(2);
  expect(saved.modes['plan.json']).toBe(0o600);
  expect(saved.stderr).toContain('saved: plan.json; carry it out with: reconcile apply plan.json --local\n');
  const applied: unknown[] = [];
  const ran = await run('apply plan.json --local --yes', {
    files: saved.files,
    answers: {
      apply: (plan) => {
        applied.push(plan);
        return outcome();
      },
    },
  });
  expect(ran.code).toBe(0);
  expect(applied).toEqual([firstPlan()]);
  expect(ran.calls).toEqual(['opened: either', 'applied: reconcile apply plan.json --local (saved)']);
});

test('a stale plan is refused with the command that makes a new one', async () => {
  const ran = await run('apply plan.json --yes --local', {
    files: { 'plan.json': JSON.stringify(firstPlan()) },
    answers: {
      apply: () => {
        throw new StalePlanError('the plan does not fit any more: infra.yaml changed', {
          done: ['nothing was changed'],
          next: 'make a new plan: reconcile plan production',
        });
      },
    },
  });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('  next: make a new plan: reconcile plan production --local\n');
});

test.each([
  ['there is no such file', undefined, 'there is no file plan.json'],
  ['it is no JSON', '{', 'plan.json is no saved plan: '],
  ['it is JSON of something else', '{"a":1}', 'plan.json is no saved plan: formatVersion: '],
  ['its format is newer', '{"formatVersion":2}', 'plan.json is a plan of format 2; this version reads format 1'],
  [
    'it was edited by hand',
    JSON.stringify({ ...firstPlan(), changes: [] }),
    'plan.json was changed after it was saved: its summary counts 9 create, its changes 0',
  ],
  [
    'it is of another project',
    JSON.stringify({ ...firstPlan(), project: 'shop' }),
    'plan.json is a plan of project shop, this is aipacto',
  ],
])('a saved plan is refused when %s', async (_because, text, message) => {
  const ran = await run('apply plan.json --yes', { files: text === undefined ? {} : { 'plan.json': text } });
  expect(ran.code).toBe(1);
  expect(ran.stderr.replaceAll('\n  ', ' ')).toContain(message);
  expect(ran.calls.filter((call) => call.startsWith('applied'))).toEqual([]);
});
