import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/domain/environment.ts';
import { poolConfig } from '../pool/config.ts';
import { assets, desired, environmentOf, find } from './inputs.ts';

const config = poolConfig();
const preview = environmentOf({ type: 'pr', pullRequest: 7 }, config);
const pool = environmentOf({ type: 'pool' }, config);

describe('a preview on shared servers', () => {
  const state = desired(preview);

  test('is a namespace and its jobs, and nothing at Hetzner', () => {
    expect(state.resources.map(({ address, dependsOn }) => [address, dependsOn])).toEqual([
      ['namespace/pr-7', []],
      ['job/server', ['namespace/pr-7']],
      ['job/web', ['namespace/pr-7']],
    ]);
    expect(state.references).toEqual([]);
  });

  test('its jobs have names, routes and limits that no other preview has', () => {
    const [server, web] = find(state, 'job').map(({ spec }) => spec);
    expect(server).toMatchObject({
      namespace: 'pr-7',
      service: 'server-pr-7',
      variables: { service: 'server-pr-7', routes: 'pr-7.pr.aipacto.com/api', cpu_hard_limit: true },
      answers: { domain: 'pr-7.pr.aipacto.com', path: '/api/health' },
    });
    expect(web?.variables['routes']).toBe('pr-7.pr.aipacto.com/');
  });

  test('where servers are its own, none of that is said', () => {
    const [server] = find(desired(environmentOf({ type: 'pr', pullRequest: 7 })), 'job');
    expect(server?.spec.namespace).toBeUndefined();
    expect(server?.spec.variables).not.toHaveProperty('service');
    expect(server?.spec.variables['routes']).toBe('/api');
  });

  test('a release runs in the same namespace, held to the same limits', () => {
    const release = { command: ['node', 'release.mjs'], file: 'jobs/release.nomad.hcl' };
    const [first, ...rest] = preview.jobs;
    const with_ = { ...preview, jobs: first === undefined ? rest : [{ ...first, release }, ...rest] };
    const [server] = find(desired(with_), 'job');
    expect(server?.spec.release).toMatchObject({ namespace: 'pr-7', variables: { cpu_hard_limit: true } });
  });
});

test('a job file that could not run beside other previews is refused with what to write', () => {
  const name = 'jobs/server.nomad.hcl';
  const plain = (assets.jobs[name] ?? '')
    .replace(/variable "service" \{[\s\S]*?\n\}\n/, '')
    .replace(/variable "cpu_hard_limit" \{[\s\S]*?\n\}\n/, '');
  const old = assets.jobs[name];
  Object.assign(assets.jobs, { [name]: plain });
  try {
    expect(() => desired(preview)).toThrow(
      'jobs/server.nomad.hcl declares no variable "service" and "cpu_hard_limit", without which it can\'t run beside other previews on pool',
    );
    expect(() => desired(environmentOf({ type: 'pr', pullRequest: 7 }))).not.toThrow();
  } finally {
    Object.assign(assets.jobs, { [name]: old });
  }
});

describe('servers that previews share', () => {
  const names = (environment: Environment) =>
    find(desired(environment), 'rrset').map(({ spec }) => [
      spec.name,
      spec.records.map((one) => (one as { ref: string }).ref),
    ]);

  test('have no job of their own, and the wildcard on every node', () => {
    expect(find(desired(pool), 'job')).toEqual([]);
    expect(names(pool)).toEqual([
      ['pool.pr', ['server/pool-1']],
      ['*.pr', ['server/pool-1']],
    ]);
    const grown = { ...pool, workers: { count: 2, types: ['cx23'], numbers: [1, 3] } };
    expect(names(grown)[1]).toEqual(['*.pr', ['server/pool-1', 'server/pool-worker-1', 'server/pool-worker-3']]);
    const addresses = find(desired(grown), 'server').map(({ spec }) => spec.privateIp);
    expect(addresses).toEqual(['10.3.1.11', '10.3.1.31', '10.3.1.33']);
  });

  test('of staging: its own names and theirs, and what it has stays what it was', () => {
    const host = environmentOf({ type: 'staging' }, poolConfig('    pool: { on: staging }\n'));
    expect(names(host).map(([name]) => name)).toEqual(['staging', '*.pr']);
    expect(find(desired(host), 'job').map(({ fingerprint }) => fingerprint)).toEqual(
      find(desired(environmentOf({ type: 'staging' })), 'job').map(({ fingerprint }) => fingerprint),
    );
  });
});
