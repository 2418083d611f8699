import { expect, test } from 'vitest';
import { createLab, shippedConfig } from '../support/lab.ts';

/** Nobody gets in at port 22 by what infra.yaml says. */
const closed = shippedConfig.replace(/ {4}- \{ direction: in, protocol: tcp, port: "22".*\n/, '');

test('with port 22 closed to the runner production is deployed with --allow-runner, and not a rule is left', async () => {
  const lab = createLab({ config: closed });
  const { exitCode, stderr } = await lab.run('production --yes --allow-runner');
  expect(stderr).toContain('gets in at port 22 of production');
  expect(exitCode).toBe(0);
  const { firewalls } = await lab.api('GET', '/firewalls');
  expect(firewalls.map(({ name }: { name: string }) => name)).toEqual(['aipacto-production']);
});
