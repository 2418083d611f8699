import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { deliveredFiles } from '../../src/cluster/delivery.ts';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import type { Environment } from '../../src/domain/environment.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';
import { desired, find } from '../desired/inputs.ts';
import { cloudConfig, contentOf, filled, nodeOf, preview, production, render, staging, withTailscale } from './kit.ts';

/*
 * The real programs read what we render. Consul and Nomad are in no registry: found on PATH or by CONSUL_BIN and
 * NOMAD_BIN, else these tests are skipped and counted; the others are packages of Debian.
 */
const program = (name: string, args: readonly string[], variable?: string): string | undefined => {
  const candidate = (variable === undefined ? undefined : process.env[variable]) ?? name;
  return spawnSync(candidate, args, { stdio: 'ignore' }).status === 0 ? candidate : undefined;
};
const consul = program('consul', ['version'], 'CONSUL_BIN');
const nomad = program('nomad', ['version'], 'NOMAD_BIN');
const cloudInit = program('cloud-init', ['--version']);
const shellcheck = program('shellcheck', ['--version']);
const nft = process.getuid?.() === 0 ? program('nft', ['--version']) : undefined;
const systemd = program('systemd-analyze', ['--version']);
const unless = (found: string | undefined, name: string, title: string): string =>
  found === undefined ? `skipped: no ${name}: ${title}` : title;

const directory = mkdtempSync(join(tmpdir(), 'reconcile-peers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The files of the first server, of cloud-init and of the delivery, below a folder of its own that stands for /. */
const serverFiles = async (environment: Environment, name: string): Promise<string> => {
  const root = join(directory, name);
  const put = (path: string, content: string, mode: string): void => {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content.replaceAll(/\/etc\/(consul|nomad)\.d\//g, `${root}/etc/$1.d/`));
    chmodSync(place, Number.parseInt(mode, 8));
  };
  for (const file of cloudConfig(render(environment).text).write_files)
    put(file.path, contentOf(file), file.permissions);
  const given = { clock: createVirtualClock(Date.now()), random: seededRandom(1) };
  const keys = await makeClusterKeys({ name, ...given });
  const { name: server, privateIp } = nodeOf(environment);
  const identity = { name: server, privateIp, datacenter: environment.name };
  for (const { path, content, mode } of await deliveredFiles(keys, identity, given))
    put(path, typeof content === 'string' ? content : content.reveal(), mode);
  return root;
};
const run = (command: string, args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return `${stdout}${stderr}status ${status}`;
};

describe.each([
  ['production', production],
  ['staging', staging],
  ['pr 7', preview],
  ['with Tailscale', withTailscale(production)],
])('%s', (name, environment) => {
  test.skipIf(consul === undefined)(
    unless(consul, 'consul', 'a real Consul finds its configuration valid, with the delivered keys and certificates'),
    async () => {
      const root = await serverFiles(environment, `${name}-consul`);
      const said = run(consul ?? '', ['validate', join(root, 'etc/consul.d')]);
      expect(said).toMatch(/Configuration is valid!\nstatus 0$|Configuration is valid!\n[\s\S]*status 0$/);
    },
  );

  test.skipIf(nomad === undefined)(
    unless(nomad, 'nomad', 'a real Nomad finds its configuration valid, with the delivered keys and certificates'),
    async () => {
      const root = await serverFiles(environment, `${name}-nomad`);
      const said = run(nomad ?? '', ['config', 'validate', join(root, 'etc/nomad.d')]);
      // A server alone is warned of being alone.
      expect(said.replace('WARNING: Bootstrap mode enabled! Potentially unsafe operation.\n', '')).toBe(
        'Configuration is valid!\nstatus 0',
      );
    },
  );

  test.skipIf(cloudInit === undefined)(
    unless(cloudInit, 'cloud-init', 'cloud-init itself finds the user data valid'),
    () => {
      const file = join(directory, `${name}.yaml`);
      writeFileSync(file, filled(render(environment).text));
      expect(run(cloudInit ?? '', ['schema', '--config-file', file])).toMatch(/^Valid cloud-config[\s\S]*status 0$/);
    },
  );

  test.skipIf(nft === undefined)(
    unless(nft, 'nft, or not root', 'nft takes the firewall, and takes it again'),
    async () => {
      const file = join(await serverFiles(environment, `${name}-nft`), 'etc/nftables.d/server.nft');
      const twice = `nft -f '${file}' && nft -f '${file}' && nft list tables`;
      expect(run('unshare', ['--net', 'sh', '-c', twice])).toBe('table inet server\nstatus 0');
    },
  );

  test.skipIf(shellcheck === undefined)(
    unless(shellcheck, 'shellcheck', 'shellcheck has nothing to say of the scripts'),
    async () => {
      const root = await serverFiles(environment, `${name}-shell`);
      const scripts = ['bootstrap', 'install-delivery', 'await-consul-token'];
      expect(
        run(
          shellcheck ?? '',
          scripts.map((script) => join(root, 'usr/local/sbin', script)),
        ),
      ).toBe('status 0');
    },
  );

  test.skipIf(systemd === undefined)(
    unless(systemd, 'systemd-analyze', 'systemd knows every line of the units'),
    async () => {
      const units = join(await serverFiles(environment, `${name}-units`), 'etc/systemd/system');
      const said = run('sh', [
        '-c',
        `find '${units}' -type f -regex '.*[.]\\(service\\|path\\)' -exec systemd-analyze verify {} + 2>&1`,
      ]);
      // Whether the programs are installed here is another matter.
      expect(said.split('\n').filter((line) => /Unknown|Invalid|Failed to parse|ordering cycle/i.test(line))).toEqual(
        [],
      );
      expect(said).not.toContain('not found: systemd-analyze');
    },
  );

  test.skipIf(nomad === undefined)(unless(nomad, 'nomad', 'a real Nomad parses every job with its variables'), () => {
    for (const { name: job, spec } of find(desired(environment), 'job')) {
      const file = join(directory, `${name}-${job}.nomad.hcl`);
      writeFileSync(file, spec.hcl);
      const variables = Object.entries(spec.variables).flatMap(([key, value]) => ['-var', `${key}=${value}`]);
      const parsed = JSON.parse(
        execFileSync(nomad ?? '', ['job', 'run', '-output', ...variables, file], { encoding: 'utf8' }),
      ) as { Job: { ID: string; TaskGroups: { Count: number }[] } };
      expect(parsed.Job.ID).toBe(job);
      expect(parsed.Job.TaskGroups[0]?.Count).toBe(spec.count);
    }
  });
});
