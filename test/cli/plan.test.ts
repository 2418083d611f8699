import { expect, test } from 'vitest';
import { noPaint } from '../../src/cli/print/paint.ts';
import { printPlan } from '../../src/cli/print/plan.ts';
import { widthOf } from '../../src/cli/print/text.ts';
import { run } from './kit.ts';
import { change, mixedPlan, planOf } from './samples.ts';

test('a plan shows what can hurt first, each change with its reasons, what it wipes and what it costs', async () => {
  const ran = await run('plan production', { answers: { plan: mixedPlan } });
  expect(ran.code).toBe(2);
  expect(ran.stdout).toMatchInlineSnapshot(`
    "Plan for production, project aipacto, emulated cloud (simulated)

    Blocked (1)
      ! network/production
          name: a network of that name exists and is not ours
          next: reconcile production --adopt network/production

    Delete (1)
      - server/production-4   -€4.59/month
          count: 4 → 3, because infra.yaml wants 3 servers
          WIPES the disk of server/production-4 with everything on it

    Rebuild in place: same id, address and price (1)
      ↻ server/production-2
          user data: 9a1c33de81f0aa42 → 01b7cc9e55d2f3e0
            because cloud-init/server.yaml.hbs changed
          labels: environment=production → environment=production, team=platform
            because infra.yaml adds a label
          WIPES the disk of server/production-2: Docker images, job data and logs

    Update in place (2)
      ~ firewall/production
          rules:
              in tcp 22
            + in tcp 443
            because infra.yaml adds HTTPS
      ~ server/production-1   +€3.03/month
          type: cx23 → cpx22, because cx23 is not in the ladder

    Adopt: exists already, becomes ours (1)
      > certificate/production
          state: it has our labels and is not in the state

    Forget: leaves the state, nothing is deleted (1)
      . job/old
          existence: it is gone

    = 2 unchanged

    production: 1 blocked, 1 to delete, 1 to rebuild, 2 to update, 1 to adopt, 1 to
    forget, 2 unchanged
    €13.77 a month before, €12.21 after (-€1.56)
    12 API requests (12 reading, 0 writing), 3588 of 3600 an hour left
    about 1.0 s for 1 step, by the longest chain of steps
    "
  `);
  expect(ran.stderr).toBe('[0:00] observing the emulated cloud\n');
});

test('--verbose unfolds what is unchanged and the steps', async () => {
  const ran = await run('plan production --verbose', { answers: { plan: mixedPlan } });
  expect(ran.stdout).toContain('Unchanged (2)\n  = zone/aipacto.com\n  = rrset/aipacto.com/@/A\n');
  expect(ran.stdout).toContain('Steps (1)\n    set-rules firewall/production, about 1.0 s\n');
});

test('an empty plan is exit 0', async () => {
  const ran = await run('plan production');
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('production: no changes, 2 unchanged\n');
});

test('every line of a plan stays within the terminal, except a single word that is longer', () => {
  for (const width of [50, 60, 80, 110]) {
    const lines = printPlan(mixedPlan(), 'emulated cloud (simulated), world state/local/world.json', {
      width,
      paint: noPaint,
      verbose: true,
    });
    const wide = lines.filter((line) => widthOf(line) > width && !/next: reconcile/.test(line));
    expect(wide).toEqual([]);
  }
});

test('colours come only when asked for or on a terminal, and change no character', async () => {
  const answers = { plan: mixedPlan };
  const plain = await run('plan production', { answers });
  const forced = await run('plan production', { answers, env: { FORCE_COLOR: '1' } });
  const terminal = await run('plan production', { answers, terminal: 80, env: { NO_COLOR: undefined } });
  const refused = await run('plan production --no-color', { answers, env: { FORCE_COLOR: '1' } });
  const noColor = await run('plan production', { answers, env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are what is looked for.
  const strip = (text: string) => text.replaceAll(/\u001b\[\d+m/g, '');
  expect(forced.stdout).toContain('\u001b[31m! network/production\u001b[39m');
  expect(terminal.stdout).toBe(forced.stdout);
  expect(strip(forced.stdout)).toBe(plain.stdout);
  expect([refused.stdout, noColor.stdout]).toEqual([plain.stdout, plain.stdout]);
});

test('text from the cloud can not steer the terminal', async () => {
  const plan = () =>
    planOf([change('server/x-1', 'delete', [{ field: 'name', because: 'foreign \u001b[2J\u0007name \u009b31m' }])]);
  const ran = await run('plan production', { answers: { plan } });
  expect(ran.stdout).toContain('      name: foreign name 31m\n');
});

test('a notice recommends what is to be done where it was asked', async () => {
  const plan = () => planOf([], [], { notices: ['bring it back first: reconcile state rebuild production'] });
  const ran = await run('plan production --local=simulated', { answers: { plan } });
  expect(ran.stdout.replaceAll(/\s+/g, ' ')).toContain('reconcile state rebuild production --local=simulated');
});
