import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { serverNodes } from '../../src/desired/server.ts';
import type { Environment } from '../../src/domain/environment.ts';
import type { Assets } from '../../src/render/assets.ts';
import { renderUserData } from '../../src/render/user-data.ts';
import { assets, environmentOf } from '../desired/inputs.ts';

const production = environmentOf({ type: 'production' });
const staging = environmentOf({ type: 'staging' });

const render = (environment: Environment = production, number = 1, files: Assets = assets): string => {
  const node = serverNodes(environment)[number - 1];
  if (node === undefined) throw new Error(`no server ${number}`);
  return renderUserData(environment, node, files);
};
const filesOf = (userData: string): Record<string, string> =>
  Object.fromEntries(
    (parse(userData) as { write_files: { path: string; content: string }[] }).write_files.map((file) => [
      file.path,
      file.content,
    ]),
  );
const withTemplate = (name: string, source: string): Assets => ({
  ...assets,
  templates: { ...assets.templates, [`templates/${name}.hbs`]: source },
});

test('Consul of the second of three servers', () => {
  expect(filesOf(render(production, 2))['/etc/consul.d/consul.hcl']).toMatchInlineSnapshot(`
    "# Consul server on aipacto-production-2. Files beside this one are read too: keys, certificates and tokens come there later,
    # over SSH, never through user data.
    datacenter         = "production"
    primary_datacenter = "production"
    node_name          = "aipacto-production-2"
    data_dir           = "/var/lib/consul"
    log_level          = "INFO"

    server           = true
    bootstrap_expect = 3
    retry_join       = ["10.0.1.11", "10.0.1.13"]
    retry_interval   = "2s"

    # Internal traffic stays on the private network.
    bind_addr      = "10.0.1.12"
    advertise_addr = "10.0.1.12"
    client_addr    = "127.0.0.1 10.0.1.12"

    ports {
      http     = 8500
      grpc     = -1
      grpc_tls = -1
      serf_wan = -1
    }

    performance {
      raft_multiplier = 1
    }

    # A reboot is no farewell: the member keeps its place.
    leave_on_terminate      = false
    skip_leave_on_interrupt = true

    disable_update_check = true
    enable_script_checks = false

    telemetry {
      prometheus_retention_time = "60s"
      disable_hostname          = true
    }
    "
  `);
});

test('a single server waits for nobody', () => {
  const files = filesOf(render(staging));
  expect(files['/etc/consul.d/consul.hcl']).toMatch(/bootstrap_expect = 1\nretry_join {7}= \[\]\n/);
  expect(files['/etc/nomad.d/nomad.hcl']).toMatch(/bootstrap_expect = 1\n[\s\S]*retry_join {5}= \[\]\n/);
});

test('Caddy: any host behind a load balancer, which alone is trusted; its own domain where it holds the certificate', () => {
  const of = (environment: Environment) => filesOf(render(environment))['/etc/caddy/Caddyfile'] ?? '';
  expect(of(production)).toMatch(/trusted_proxies static 10\.0\.1\.5\n[\s\S]*\n:80 \{/);
  expect(of(staging)).not.toContain('trusted_proxies');
  expect(of(staging)).toMatch(/\nstaging\.aipacto\.com \{/);
  expect(of({ ...staging, tls: 'internal' })).toMatch(/\nstaging\.aipacto\.com \{\n\ttls internal\n/);
  expect(of(environmentOf({ type: 'pr', pullRequest: 7 }))).toMatch(/\n:80 \{/);
});

test('downloads are pinned for the architecture of the ladder, from the mirror if there is one', () => {
  const fetches = (environment: Environment) =>
    (filesOf(render(environment))['/usr/local/sbin/bootstrap'] ?? '')
      .split('\n')
      .filter((line) => /^ {2}fetch [a-z-]+ http/.test(line));
  expect(fetches(production)).toMatchInlineSnapshot(`
    [
      "  fetch consul https://releases.hashicorp.com/consul/1.20.1/consul_1.20.1_linux_amd64.zip sha256 d38e7571177909d437a9cbcc62fb65083bc567266b74a62d02c6abe783951648",
      "  fetch nomad https://releases.hashicorp.com/nomad/1.9.7/nomad_1.9.7_linux_amd64.zip sha256 e9c7337893eceb549557ef9ad341b3ae64f5f43e29ff1fb167b70cfd16748d2d",
      "  fetch caddy https://github.com/caddyserver/caddy/releases/download/v2.10.2/caddy_2.10.2_linux_amd64.tar.gz sha512 747df7ee74de188485157a383633a1a963fd9233b71fbb4a69ddcbcc589ce4e2cc82dacf5dbbe136cb51d17e14c59daeb5d9bc92487610b0f3b93680b2646546",
      "  fetch consul-template https://releases.hashicorp.com/consul-template/0.42.1/consul-template_0.42.1_linux_amd64.zip sha256 ab86817a4acf619c6612d99b8e11496a81027f2b84632887c941c3e7d43cbaa7",
    ]
  `);
  const arm = { ...production, servers: { ...production.servers, types: ['cax11'] } };
  const mirrors = { hashicorp: 'http://10.9.9.9/h' };
  expect(fetches({ ...arm, mirrors })[1]).toBe(
    '  fetch nomad http://10.9.9.9/h/nomad/1.9.7/nomad_1.9.7_linux_arm64.zip sha256 30984d4d51a484995d9cdb5089a5a209b3332e11ab08caf179a32b9ba2e4227e',
  );
  const checksums = { nomad: { amd64: 'a'.repeat(64), arm64: 'b'.repeat(64) } };
  const own = { ...production, versions: { ...production.versions, nomad: '1.9.4' }, checksums };
  expect(fetches(own)[1]).toContain(`nomad_1.9.4_linux_amd64.zip sha256 ${'a'.repeat(64)}`);
  expect(() => render({ ...own, checksums: {} })).toThrow('no checksum is known for nomad 1.9.4 on amd64');
});

test('Tailscale only where infra.yaml wants it, and never with a key in the user data', () => {
  const tailscale = {
    version: '1.102.3',
    checksums: { amd64: 'a'.repeat(64), arm64: 'b'.repeat(64) },
    tags: ['tag:server', 'tag:web'],
  };
  const text = render({ ...production, tailscale });
  const files = filesOf(text);
  expect(files['/usr/local/sbin/bootstrap']).toContain(
    `fetch tailscale https://pkgs.tailscale.com/stable/tailscale_1.102.3_amd64.tgz sha256 ${'a'.repeat(64)}`,
  );
  expect(files['/etc/systemd/system/tailscale-join.service']).toContain(
    '--hostname=aipacto-production-1 --advertise-tags=tag:server,tag:web --accept-dns=false',
  );
  expect(text).not.toContain('tskey-');
  expect(render()).not.toMatch(/tailscale/i);
});

test('too long for Hetzner is told with what takes most', () => {
  expect(() => render(production, 1, withTemplate('sysctl.conf', `# ${'x'.repeat(20_000)}\n`))).toThrow(
    /^the user data of aipacto-production-1 has \d{5} bytes, Hetzner takes 32768; most of it: templates\/sysctl\.conf\.hbs 200\d\d, templates\/bootstrap\.sh\.hbs \d+, /,
  );
});

test('a template that is missing, or wrong, is told by its own name', () => {
  const { 'templates/nomad.hcl.hbs': _gone, ...templates } = assets.templates;
  expect(() => render(production, 1, { ...assets, templates })).toThrow('there is no template templates/nomad.hcl.hbs');
  expect(() => render(production, 1, withTemplate('nomad.hcl', 'a\n{{nodeName}}\n'))).toThrow(
    'templates/nomad.hcl.hbs:2: there is no variable "nodeName"',
  );
  const cloudInit = { 'cloud-init/server.yaml.hbs': 'hostname: x\n' };
  expect(() => render(production, 1, { ...assets, cloudInit })).toThrow('must begin with a line #cloud-config');
});

test('every template is used, so none can rot unseen', () => {
  const used = [...(assets.cloudInit['cloud-init/server.yaml.hbs'] ?? '').matchAll(/\{\{file "([^"]+)"/g)].map(
    (match) => `templates/${match[1]}.hbs`,
  );
  const ofServers = Object.keys(assets.templates).filter((name) => !name.startsWith('templates/comments/'));
  expect([...used].sort()).toEqual([...ofServers].sort());
});

test('the bootstrap script is valid bash', () => {
  const script = filesOf(render())['/usr/local/sbin/bootstrap'] ?? '';
  const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

const hasCloudInit = spawnSync('cloud-init', ['--version']).status === 0;
test.skipIf(!hasCloudInit)('cloud-init itself finds the user data valid', () => {
  const folder = mkdtempSync(join(tmpdir(), 'user-data-'));
  try {
    const checksums = { amd64: 'a'.repeat(64), arm64: 'b'.repeat(64) };
    const tailscale = { version: '1.102.3', checksums, tags: ['tag:server'] };
    for (const environment of [production, staging, { ...staging, tailscale }]) {
      writeFileSync(join(folder, 'user-data'), render(environment));
      expect(
        execFileSync('cloud-init', ['schema', '--config-file', join(folder, 'user-data')], { encoding: 'utf8' }),
      ).toMatch(/^Valid cloud-config/m);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
