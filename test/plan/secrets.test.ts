import { expect, test } from 'vitest';
import { converged, plan, production } from '../support/builders.ts';
import { createModelWorld } from '../support/model-world.ts';

const needing = (...names: string[]) =>
  production((environment) => ({
    ...environment,
    jobs: environment.jobs.map((job) =>
      job.name === 'server' ? { ...job, secrets: names.map((name) => ({ name })) } : job,
    ),
  }));

test('a job that lacks a secret is refused before a single server is ordered, with the command for each', () => {
  const { changes } = plan(createModelWorld(), { environment: needing('DSN', 'SMTP_PASSWORD') });
  expect(changes.filter(({ action }) => action === 'blocked')).toMatchObject([
    {
      address: 'job/server',
      next: 'reconcile secrets set production DSN\nreconcile secrets set production SMTP_PASSWORD',
    },
  ]);
  const why = changes.find(({ address }) => address === 'job/server')?.reasons.map(({ because }) => because);
  expect(why).toContain('it needs DSN and SMTP_PASSWORD, which nobody has set');
});

test('a job that runs is refused its next version, and stays', () => {
  const world = converged();
  const { changes, steps } = plan(world, { environment: needing('DSN') });
  expect(changes.find(({ address }) => address === 'job/server')?.action).toBe('blocked');
  expect(steps.filter(({ address }) => address === 'job/server')).toEqual([]);
});
