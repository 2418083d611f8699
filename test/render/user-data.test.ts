import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/domain/environment.ts';
import { gzipBase64 } from '../../src/local/hash.ts';
import { renderUserData, userDataBytesMax } from '../../src/render/user-data.ts';
import { assets } from '../desired/inputs.ts';
import {
  cloudConfig,
  filesOf,
  nodeOf,
  preview,
  production,
  render,
  staging,
  withTailscale,
  withTemplate,
} from './kit.ts';

/** Neither compresses nor repeats itself. */
const noise = (bytes: number): string => {
  let seed = 1;
  return Array.from({ length: bytes }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return String.fromCharCode(97 + (seed % 26));
  }).join('');
};

describe('what a server is told by its user data', () => {
  test('the second of three servers joins the two others, over TLS and with ACLs, on its private address', () => {
    const files = filesOf(render(production, 2).text);
    const consul = files['/etc/consul.d/consul.hcl'] ?? '';
    expect(consul).toContain(
      'bootstrap_expect = 3\nretry_join       = ["10.0.1.11", "10.0.1.13"]\nretry_interval   = "2s"\n',
    );
    expect(consul).toMatch(/bind_addr {6}= "10\.0\.1\.12"\n[\s\S]*https = "127\.0\.0\.1 10\.0\.1\.12"/);
    expect(consul).toMatch(/client_addr {4}= "127\.0\.0\.1"\n[\s\S]*http {5}= 8500\n {2}https {4}= 8501\n/);
    expect(consul).toMatch(/internal_rpc \{\n {4}verify_incoming {8}= true\n {4}verify_server_hostname = true\n/);
    expect(consul).toMatch(/acl \{\n {2}enabled {18}= true\n {2}default_policy {11}= "deny"\n/);
    const nomad = files['/etc/nomad.d/nomad.hcl'] ?? '';
    expect(nomad).toContain('http = "127.0.0.1 10.0.1.12"');
    expect(nomad).toMatch(/tls \{\n {2}http {19}= true\n {2}rpc {20}= true\n[\s\S]*verify_server_hostname = true\n/);
    expect(nomad).toMatch(/acl \{\n {2}enabled = true\n/);
    expect(nomad).toMatch(/service_identity \{\n {4}aud = \["consul\.io"\]\n {4}ttl = "1h"\n/);
    expect(nomad).toContain('network_interface = "{{ GetPrivateInterfaces | include \\"network\\" \\"10.0.1.0/24\\"');
  });

  test('a single server waits for nobody', () => {
    const files = filesOf(render(staging).text);
    expect(files['/etc/consul.d/consul.hcl']).toMatch(/bootstrap_expect = 1\nretry_join {7}= \[\]\n/);
    expect(files['/etc/nomad.d/nomad.hcl']).toMatch(/bootstrap_expect = 1\n[\s\S]*retry_join {5}= \[\]\n/);
  });

  test('a worker is a client of all servers and never a server itself', () => {
    const servers = nodeOf(production).servers;
    const worker = {
      number: 4,
      role: 'worker',
      name: 'aipacto-production-worker-1',
      privateIp: '10.0.1.31',
      servers,
    } as const;
    const files = filesOf(renderUserData(production, worker, assets, gzipBase64).text);
    expect(files['/etc/consul.d/consul.hcl']).toMatch(
      /server {11}= false\nretry_join {7}= \["10\.0\.1\.11", "10\.0\.1\.12", "10\.0\.1\.13"\]/,
    );
    expect(files['/etc/nomad.d/nomad.hcl']).not.toMatch(/^server \{/m);
    expect(files['/etc/nomad.d/nomad.hcl']).toContain('servers = ["10.0.1.11", "10.0.1.12", "10.0.1.13"]');
  });

  test('the first host key and our own key have marks, once each; no one gets a password', () => {
    const config = cloudConfig(render().text);
    expect(config).toMatchObject({
      ssh_deletekeys: true,
      ssh_genkeytypes: ['ed25519'],
      ssh_keys: { ed25519_private: 'of @@first-host-private-key@@', ed25519_public: 'of @@first-host-public-key@@' },
      users: [{ name: 'root', lock_passwd: true, ssh_authorized_keys: ['of @@provisioner-public-key@@'] }],
      chpasswd: { expire: false },
      locale: 'C.UTF-8',
    });
    expect(JSON.stringify(config)).not.toMatch(/"(?:passwd|plain_text_passwd|hashed_passwd|password)"/);
  });

  test('nothing in it is a secret: no token, no gossip key, no private key but the marks', () => {
    for (const environment of [production, staging, preview, withTailscale(production)])
      expect(Object.values(filesOf(render(environment).text)).join('\n')).not.toMatch(
        /^\s*(?:encrypt|token|agent)\s*=\s*"|PRIVATE KEY|tskey-/m,
      );
  });

  test('updates come to each server in an hour of its own', () => {
    const hours = [1, 2, 3].map(
      (number) =>
        /OnCalendar=.* (\d\d):30/.exec(
          filesOf(render(production, number).text)['/etc/systemd/system/apt-daily-upgrade.timer.d/turn.conf'] ?? '',
        )?.[1],
    );
    expect(hours).toEqual(['02', '03', '04']);
  });

  test('Tailscale only where infra.yaml wants it', () => {
    const files = filesOf(render(withTailscale(production)).text);
    expect(files['/usr/local/sbin/bootstrap']).toContain(
      `fetch tailscale https://pkgs.tailscale.com/stable/tailscale_1.102.3_amd64.tgz sha256 ${'a'.repeat(64)}`,
    );
    expect(files['/etc/systemd/system/tailscale-join.service']).toContain(
      '--hostname=aipacto-production-1 --advertise-tags=tag:server,tag:web --accept-dns=false',
    );
    expect(files['/etc/nftables.d/server.nft']).toContain('udp dport 41641 accept');
    expect(JSON.stringify(filesOf(render().text))).not.toMatch(/tailscale/i);
  });
});

describe('downloads', () => {
  const fetches = (environment: Environment) =>
    (filesOf(render(environment).text)['/usr/local/sbin/bootstrap'] ?? '')
      .split('\n')
      .filter((line) => /^part downloads/.test(line));

  test('are pinned for the architecture of the ladder', () => {
    expect(fetches(production)).toEqual([
      'part downloads consul fetch consul https://releases.hashicorp.com/consul/1.20.1/consul_1.20.1_linux_amd64.zip sha256 d38e7571177909d437a9cbcc62fb65083bc567266b74a62d02c6abe783951648',
      'part downloads nomad fetch nomad https://releases.hashicorp.com/nomad/1.9.7/nomad_1.9.7_linux_amd64.zip sha256 e9c7337893eceb549557ef9ad341b3ae64f5f43e29ff1fb167b70cfd16748d2d',
      'part downloads caddy fetch caddy https://github.com/caddyserver/caddy/releases/download/v2.10.2/caddy_2.10.2_linux_amd64.tar.gz sha512 747df7ee74de188485157a383633a1a963fd9233b71fbb4a69ddcbcc589ce4e2cc82dacf5dbbe136cb51d17e14c59daeb5d9bc92487610b0f3b93680b2646546',
    ]);
    const arm = { ...production, servers: { ...production.servers, types: ['cax11'] } };
    expect(fetches(arm)[1]).toContain('nomad_1.9.7_linux_arm64.zip sha256 30984d4d');
    expect(filesOf(render(arm).text)['/usr/local/sbin/bootstrap']).toContain('[[ $(uname -m) == aarch64 ]]');
  });

  test('come from the mirror if there is one, all in one layout, with its own checksums where it has them', () => {
    const mirror = 'http://198.18.3.253/mirror';
    const artifacts = { mirror, checksums: { caddy: { '2.10.2': { amd64: 'c'.repeat(64) } } } };
    expect(fetches({ ...withTailscale(production), artifacts })).toEqual([
      `part downloads consul fetch consul ${mirror}/consul/1.20.1/consul_1.20.1_linux_amd64.zip sha256 d38e7571177909d437a9cbcc62fb65083bc567266b74a62d02c6abe783951648`,
      `part downloads nomad fetch nomad ${mirror}/nomad/1.9.7/nomad_1.9.7_linux_amd64.zip sha256 e9c7337893eceb549557ef9ad341b3ae64f5f43e29ff1fb167b70cfd16748d2d`,
      `part downloads caddy fetch caddy ${mirror}/caddy/2.10.2/caddy_2.10.2_linux_amd64.tar.gz sha256 ${'c'.repeat(64)}`,
      `part downloads tailscale fetch tailscale ${mirror}/tailscale/1.102.3/tailscale_1.102.3_amd64.tgz sha256 ${'a'.repeat(64)}`,
    ]);
  });

  test('of a version that no table has need a checksum of infra.yaml', () => {
    const versions = { ...production.versions, nomad: '1.9.4' };
    const checksums = { nomad: { '1.9.4': { amd64: 'a'.repeat(64), arm64: 'b'.repeat(64) } } };
    expect(fetches({ ...production, versions, artifacts: { checksums } })[1]).toContain(
      `nomad_1.9.4_linux_amd64.zip sha256 ${'a'.repeat(64)}`,
    );
    expect(() => render({ ...production, versions })).toThrow('no checksum is known for nomad 1.9.4 on amd64');
  });
});

describe('size', () => {
  const short = {
    ...assets,
    templates: {
      ...assets.templates,
      'templates/ingress-routes.py.hbs': '#!/bin/true\n',
      'templates/bootstrap.sh.hbs': '#!/bin/true\n',
    },
  };

  test('what fits travels readably', () => {
    const { text, plain } = render(production, 1, short);
    expect(text).toBe(plain);
    expect(text).not.toContain('gz+b64');
  });

  test('what does not fit travels with its largest files compressed, and says the same', () => {
    const { text, plain } = render();
    expect(plain.length).toBeGreaterThan(userDataBytesMax);
    expect(text.length).toBeLessThan(userDataBytesMax - 600);
    expect(text).toContain('path: /usr/local/sbin/bootstrap\n    permissions: "0755"\n    encoding: gz+b64\n');
    expect(filesOf(text)).toEqual(filesOf(plain));
    expect(filesOf(text)['/usr/local/sbin/bootstrap']).toMatch(/^#!\/bin\/bash\n/);
  });

  test('how it was compressed is not what it says, so another zlib rebuilds no server', () => {
    const other = renderUserData(production, nodeOf(production), assets, (text) => `${gzipBase64(text)}====`);
    expect(other.text).not.toBe(render().text);
    expect(other.plain).toBe(render().plain);
  });

  test('too long even so is told with both sizes and with what takes most', () => {
    expect(() => render(production, 1, withTemplate('sysctl-host.conf', `# ${noise(40_000)}\n`))).toThrow(
      /^the user data of aipacto-production-1 has 8\d{4} bytes, \d{5} when compressed; Hetzner takes 32768, 1024 of them for keys; most of it: templates\/sysctl-host\.conf\.hbs 400\d\d \(\d{5}\), templates\/ingress-routes\.py\.hbs \d+ \(\d+\), /,
    );
  });
});

describe('templates', () => {
  test('one that is missing, or wrong, is told by its own name', () => {
    const { 'templates/nomad.hcl.hbs': _gone, ...templates } = assets.templates;
    expect(() => render(production, 1, { ...assets, templates })).toThrow(
      'there is no template templates/nomad.hcl.hbs',
    );
    expect(() => render(production, 1, withTemplate('nomad.hcl', 'a\n{{nodeName}}\n'))).toThrow(
      'templates/nomad.hcl.hbs:2: there is no variable "nodeName"',
    );
    const of = (text: string) => ({ ...assets, cloudInit: { 'cloud-init/server.yaml.hbs': text } });
    expect(() => render(production, 1, of('hostname: x\n'))).toThrow('must begin with a line #cloud-config');
    expect(() => render(production, 1, of('#cloud-config\nhostname: x\n'))).toThrow(
      'must have @@first-host-private-key@@ once',
    );
  });

  test('a cloud-init that renders to no YAML is told with its line, before a server is ordered with it', () => {
    const good = assets.cloudInit['cloud-init/server.yaml.hbs'] ?? '';
    const bad = good.replace('\nlocale: ', '\nkeyboard: [de\nlocale: ');
    const line = bad.split('\n').indexOf('locale: C.UTF-8') + 1;
    expect(() => render(production, 1, { ...assets, cloudInit: { 'cloud-init/server.yaml.hbs': bad } })).toThrow(
      new RegExp(`^cloud-init/server\\.yaml\\.hbs:${line}: this is no YAML: `),
    );
  });

  test('every one is used, so none can rot unseen', () => {
    const used = [...(assets.cloudInit['cloud-init/server.yaml.hbs'] ?? '').matchAll(/\{\{write "([^"]+)"/g)].map(
      (match) => `templates/${match[1]}.hbs`,
    );
    // Comments on pull requests are for no server.
    const ofServers = Object.keys(assets.templates).filter((name) => !name.endsWith('.md.hbs'));
    expect([...used].sort()).toEqual([...ofServers].sort());
  });
});
