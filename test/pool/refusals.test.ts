import { expect, test } from 'vitest';
import { machinesState } from '../../src/emulator/machines/state.ts';
import { createLab, type Lab, shippedConfig } from '../support/lab.ts';
import { poolConfig } from './config.ts';

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');
const refusal = async (config: string, command = 'plan pr 7') => {
  const { exitCode, stderr } = await createLab({ config }).run(command);
  return { exitCode, said: flat(stderr) };
};
/** Nomad of the one cluster there is. */
const nomadOf = (lab: Lab) => {
  const [cluster] = Object.values(machinesState(lab.emulator.world.state).clusters);
  if (cluster === undefined) throw new Error('there is no cluster');
  return cluster;
};

test('more than a preview may take: which job takes how much, and what to lower', async () => {
  const { exitCode, said } = await refusal(poolConfig('    pool: { cpu: 300, memory: 1000 }\n'));
  expect(exitCode).toBe(1);
  expect(said).toContain('the jobs of one preview take 400 MHz (server 200, web 200), and it may take 300');
  expect(said).toContain('a lower cpu of server under environments.pr.jobs');
  expect(said).not.toContain('memory');
  const both = await refusal(poolConfig('    pool: { memory: 600 }\n    jobs: { web: { count: 2 } }\n'));
  expect(both.said).toContain('take 768 MB (server 256, web 2 x 256), and it may take 600');
  expect(both.said).toContain('a lower memory or count of web');
});

test.each([
  ['tls: "off"', 'tls: caddy', 'would order a certificate for each'],
  ['routes: [/]', 'routes: ["api.{domain}/"]', 'a preview on shared servers answers at one name, its own'],
])('%s made %s', async (from, to, sentence) => {
  const { exitCode, said } = await refusal(poolConfig().replaceAll(from, to));
  expect(exitCode).toBe(1);
  expect(said).toContain(sentence);
});

test('on staging where there is no staging', async () => {
  const without = poolConfig('    pool: { on: staging }\n').replace(/ {2}staging:[\s\S]*?\n\n/, '');
  expect((await refusal(without)).said).toContain('there is no environment staging');
});

test('there is no pool where previews have servers of their own', async () => {
  const { exitCode, said } = await refusal(shippedConfig, 'plan pool');
  expect(exitCode).toBe(1);
  expect(said).toContain('there is no environment pool');
});

test('a namespace of the same name that is not ours is left alone', async () => {
  const lab = createLab({ config: poolConfig() });
  expect((await lab.run('pool --yes')).exitCode).toBe(0);
  const theirs = { Name: 'pr-7', Description: '', Meta: null, Hash: '', CreateIndex: 1, ModifyIndex: 1 };
  nomadOf(lab).namespaces = [theirs];
  const refused = await lab.run('pr 7 --yes');
  expect(refused.exitCode).toBe(4);
  expect(flat(refused.stdout)).toContain('a namespace of this name exists that is not ours');
  expect((await lab.run('destroy pr 7 --yes')).exitCode).toBe(0);
  expect(nomadOf(lab).namespaces).toEqual([theirs]);
});

test('the pool does not go while a preview is on it, by whatever hand', async () => {
  const lab = createLab({ config: poolConfig() });
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  const refused = await lab.run('destroy pool --yes');
  expect(refused.exitCode).toBe(4);
  expect(flat(refused.stderr)).toContain('pr-7 runs on its servers');
  expect(flat(refused.stderr)).toContain('reconcile destroy pr 7');
  expect((await lab.run('destroy pr 7 --yes')).exitCode).toBe(0);
  expect((await lab.run('destroy pool --yes')).exitCode).toBe(0);
  expect((await lab.api('GET', '/servers')).servers).toEqual([]);
});

test('no place: the pool does not grow for it, and the refusal says who has them', async () => {
  const config = poolConfig('    pool: { per_server: 1, max_servers: 3 }\n').replace('max: 15', 'max: 1');
  const lab = createLab({ config });
  expect((await lab.run('pr 1 --yes')).exitCode).toBe(0);
  const refused = await lab.run('pr 2 --yes');
  expect(refused.exitCode).toBe(4);
  expect(flat(refused.stderr)).toContain('pr-1');
  expect((await lab.api('GET', '/servers')).servers).toHaveLength(1);
});

test('infra.yaml gives previews servers of their own again: what is in the pool is destroyed first', async () => {
  const lab = createLab({ config: poolConfig() });
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  lab.config = shippedConfig;
  const refused = await lab.run('pr 7 --yes');
  expect(refused.exitCode).toBe(4);
  expect(flat(refused.stderr)).toContain('write mode: pool under environments.pr once more');
});

test('a preview that has a server of its own moves into the pool, and leaves nothing behind', async () => {
  const lab = createLab();
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  lab.config = poolConfig();
  const moved = await lab.run('pr 7 --yes');
  expect(moved.stdout).toContain('- server/pr-7-1');
  expect(moved.stdout).toContain('- network/pr-7');
  expect(moved.exitCode, moved.stderr).toBe(0);
  const { servers } = await lab.api('GET', '/servers');
  expect(servers.map(({ name }: { name: string }) => name)).toEqual(['aipacto-pool-1']);
  expect((await lab.run('check pr 7')).exitCode).toBe(0);
});

test('infra.yaml has no pool any more, and there is one: every other environment is checked, and this one is named', async () => {
  const lab = createLab({ config: poolConfig() });
  expect((await lab.run('pool --yes')).exitCode).toBe(0);
  lab.config = shippedConfig;
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  const all = await lab.run('check --all');
  expect(all.exitCode).toBe(2);
  expect(all.stdout).toContain('pr-7: no drift');
  expect(flat(all.stdout)).toContain('pool: it exists, and in infra.yaml there is no environment pool');
  expect(flat(all.stdout)).toContain('next: write mode: pool under environments.pr');
  const { drift, environments } = JSON.parse((await lab.run('check --all --json')).stdout);
  expect(drift).toBe(true);
  expect(environments).toMatchObject([
    { environment: 'pr-7', drift: false },
    { environment: 'pool', drift: true },
  ]);
});
