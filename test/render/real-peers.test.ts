import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Target } from '../../src/domain/environment.ts';
import { desired, environmentOf, find } from '../desired/inputs.ts';

/*
 * The real Consul and Nomad read what we render. They are in no registry: found on PATH or by CONSUL_BIN and NOMAD_BIN,
 * else these tests are skipped and counted.
 */
const binary = (name: string, variable: string): string | undefined => {
  const candidate = process.env[variable] ?? name;
  return spawnSync(candidate, ['version'], { stdio: 'ignore' }).status === 0 ? candidate : undefined;
};
const consul = binary('consul', 'CONSUL_BIN');
const nomad = binary('nomad', 'NOMAD_BIN');

const directory = mkdtempSync(join(tmpdir(), 'reconcile-peers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Writes the files that cloud-init would write on the first server, below a folder of its own. */
const serverFiles = (target: Target, name: string): string => {
  const root = join(directory, name);
  const [server] = find(desired(environmentOf(target)), 'server');
  const { write_files: files } = parse(server?.spec.userData ?? '') as {
    write_files: { path: string; content: string }[];
  };
  for (const { path, content } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
};
const run = (command: string, args: readonly string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const targets: readonly [string, Target][] = [
  ['production', { type: 'production' }],
  ['staging', { type: 'staging' }],
  ['pr 7', { type: 'pr', pullRequest: 7 }],
];

describe.each(targets)('%s', (name, target) => {
  test.skipIf(consul === undefined)('a real Consul finds its configuration valid', () => {
    const root = serverFiles(target, `${name}-consul`);
    expect(run(consul ?? '', ['validate', join(root, 'etc/consul.d')])).toContain('Configuration is valid!');
  });

  test.skipIf(nomad === undefined)('a real Nomad finds its configuration valid', () => {
    const root = serverFiles(target, `${name}-nomad`);
    expect(run(nomad ?? '', ['config', 'validate', join(root, 'etc/nomad.d/nomad.hcl')])).toContain(
      'Configuration is valid!',
    );
  });

  test.skipIf(nomad === undefined)('a real Nomad parses every job with its variables', () => {
    for (const { name: job, spec } of find(desired(environmentOf(target)), 'job')) {
      const file = join(directory, `${name}-${job}.nomad.hcl`);
      writeFileSync(file, spec.hcl);
      const variables = Object.entries(spec.variables).flatMap(([key, value]) => ['-var', `${key}=${value}`]);
      const parsed = JSON.parse(run(nomad ?? '', ['job', 'run', '-output', ...variables, file])) as {
        Job: { ID: string; TaskGroups: { Count: number }[] };
      };
      expect(parsed.Job.ID).toBe(job);
      expect(parsed.Job.TaskGroups[0]?.Count).toBe(spec.count);
    }
  });
});
