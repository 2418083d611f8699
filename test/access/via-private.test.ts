import { createServer, type Server } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { isViaPrivate, machinesFor } from '../../src/compose/machines.ts';
import { Secret } from '../../src/domain/secret.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import { target as known, memoryRing } from '../ssh/kit.ts';
import { createLab } from '../support/lab.ts';
import { closed } from './kit.ts';

/* A runner in the tailnet has a route into the private networks: it logs in there, and needs no rule at port 22. */
const target = { name: known.name, privateIp: '127.0.0.86', publicIp: '127.0.0.87' };

/** Two doors at port 22, which only root may open; undefined: it may not. */
const doors = await Promise.all(
  [target.privateIp, target.publicIp].map(
    (host) =>
      new Promise<{ readonly server: Server; readonly knocks: () => number } | undefined>((resolve) => {
        let knocks = 0;
        const server = createServer((socket) => {
          knocks += 1;
          socket.destroy();
        });
        server.once('error', () => resolve(undefined));
        server.listen(22, host, () => resolve({ server, knocks: () => knocks }));
      }),
  ),
);
afterAll(() => {
  for (const door of doors) door?.server.close();
});

const lookWith = async (env: Record<string, string>): Promise<string> => {
  const access = {
    fetch: async () => new Response('{}', { status: 404 }),
    endpoint: 'https://api.hetzner.cloud/v1',
    token: new Secret('not-used-here-at-all'),
    clock: systemClock,
    machines: null,
  };
  const { reach } = await machinesFor(access, systemRandom, env);
  const machines = reach(await memoryRing());
  const status = await machines.bootStatus(target);
  await machines.close();
  return status.stage;
};

test.skipIf(doors.includes(undefined))(
  'RECONCILE_SSH_VIA=private knocks at the private address, and without it at the public one (needs a right to listen at port 22)',
  async () => {
    const knocks = (): (number | undefined)[] => doors.map((door) => door?.knocks());
    expect(await lookWith({ RECONCILE_SSH_VIA: 'private' })).toBe('unreachable');
    expect(knocks()).toEqual([1, 0]);
    expect(await lookWith({})).toBe('unreachable');
    expect(knocks()).toEqual([1, 1]);
  },
);

test('any other word is refused, and nobody is refused for a rule that is not needed', async () => {
  expect([isViaPrivate({ RECONCILE_SSH_VIA: 'private' }), isViaPrivate({ RECONCILE_SSH_VIA: 'public' })]).toEqual([
    true,
    false,
  ]);
  expect(() => isViaPrivate({ RECONCILE_SSH_VIA: 'tailnet' })).toThrow(
    'RECONCILE_SSH_VIA is neither public nor private: tailnet',
  );
  const lab = createLab({ config: closed, env: { RECONCILE_SSH_VIA: 'private' } });
  const { exitCode, stderr } = await lab.run('pr 7 --yes');
  // The emulated machines are behind their firewall all the same: it was begun, and is not explained by the rule.
  expect([exitCode, stderr.includes('no rule of infra.yaml')]).toEqual([1, false]);
});
