import { expect, test } from 'vitest';
import { createLab } from '../support/lab.ts';
import { poolConfig } from './config.ts';

test('two plans and one question: the pool, and the preview in it; then the preview goes and the pool stays', async () => {
  const lab = createLab({ config: poolConfig() });
  const made = await lab.run('pr 7 --yes');
  expect(made.stderr).toContain('a second look finds nothing left to do');
  expect(made.stdout).toContain('+ namespace/pr-7');
  expect(made.stdout).toContain('+ server/pool-1');
  expect(made.exitCode).toBe(0);

  expect((await lab.run('check pr 7')).exitCode).toBe(0);
  const again = await lab.run('pr 7 --yes');
  expect(again.exitCode).toBe(0);
  const gone = await lab.run('destroy pr 7 --yes');
  expect(gone.stdout).toContain('- namespace/pr-7');
  expect(gone.exitCode).toBe(0);
  expect((await lab.run('check pool')).exitCode).toBe(0);
});

test('several at once by hand: one makes the pool, the others wait for it, and all are there', async () => {
  const lab = createLab({ config: poolConfig() });
  const runs = await Promise.all([1, 2, 3].map((number) => lab.run(`pr ${number} --yes`)));
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  expect((await lab.api('GET', '/servers')).servers).toHaveLength(1);
});
