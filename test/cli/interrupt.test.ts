import { expect, test } from 'vitest';
import type { Outcome } from '../../src/ports/session.ts';
import { start } from './kit.ts';
import { firstPlan, outcome } from './samples.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('Ctrl-C while observing ends at once: nothing was changed, exit 1', async () => {
  const run = start('production', { answers: { plan: () => new Promise(() => {}) } });
  // The command's own module is loaded first.
  await expect.poll(() => run.written.stderr).toContain('observing');
  run.interrupt();
  const ran = await run.ended;
  expect(ran.code).toBe(1);
  expect(ran.stderr).toBe(
    '[0:00] observing the emulated cloud\nerror: interrupted by SIGINT\n  done: nothing was changed\n',
  );
  expect(run.listening()).toBe(0);
});

test('the first Ctrl-C while applying asks the run to stop and says what is in flight; the outcome is told', async () => {
  const applying = Promise.withResolvers<Outcome>();
  const run = start('production --yes --local', {
    answers: {
      plan: firstPlan,
      apply: (plan, { signal }, reporter) => {
        reporter.planStarted(plan);
        for (const step of plan.steps.slice(0, 2)) reporter.stepStarted(step);
        signal.addEventListener('abort', () =>
          applying.resolve(
            outcome({ result: 'interrupted', inFlight: ['create firewall/production'], skipped: ['a'] }),
          ),
        );
        return applying.promise;
      },
    },
  });
  await turn();
  await turn();
  run.interrupt();
  const ran = await run.ended;
  expect(ran.code).toBe(1);
  expect(run.exits).toEqual([]);
  expect(ran.stderr).toMatchInlineSnapshot(`
    "[0:00] observing the emulated cloud
    [0:00] production: 5 steps, about 2 min 21 s
    [0:00] create network/production: started
    [0:00] create firewall/production: started
    [0:00] SIGINT: no new step is started; in flight: create network/production, create firewall/production; again to leave at once, the next run finds what was made

    interrupted after 2 min 12 s of the cloud's own time (0.0 s here), 39 API
      requests (30 reading, 9 writing), 3561 of 3600 an hour left
      in flight, outcome not known: 1 step: create firewall/production
      done and recorded: 2 steps: create network/production, create
        server/production-1
      not started: 1 step: a
      next: reconcile production --local
            It looks again first, finds what was made, and goes on from there.
    "
  `);
});

test('the second Ctrl-C ends the process at once with 130', async () => {
  const applying = Promise.withResolvers<Outcome>();
  const run = start('production --yes', { terminal: 80, answers: { plan: firstPlan, apply: () => applying.promise } });
  await turn();
  await turn();
  run.interrupt();
  expect(run.exits).toEqual([]);
  run.interrupt();
  expect(run.exits).toEqual([130]);
  expect(run.written.stderr).toContain('SIGINT again: leaving at once; the next run finds what was made\n');
  applying.resolve(outcome({ result: 'interrupted' }));
  await run.ended;
});
