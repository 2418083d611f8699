import { X509Certificate } from 'node:crypto';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { deliveredFiles, deliveredPaths } from '../../src/cluster/delivery.ts';
import { serverCertificate } from '../../src/cluster/keys/certificates.ts';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import { newHostKeys } from '../../src/cluster/keys/ssh-keys.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import { seededRandom } from '../../src/local/random.ts';

const given = () => ({ clock: createVirtualClock(Date.UTC(2026, 10, 24)), random: seededRandom(1) });
const server = { name: 'aipacto-production-1', privateIp: '10.0.1.11', datacenter: 'production' };
const make = async () => {
  const with_ = given();
  return { with_, keys: await makeClusterKeys({ name: 'aipacto-production', ...with_ }) };
};

test('the authority signs a certificate that serves both systems under the names they insist on', async () => {
  const { keys, with_ } = await make();
  const own = await serverCertificate(keys.ca, server, with_);
  const authority = new X509Certificate(keys.ca.certificate);
  const certificate = new X509Certificate(own.certificate);
  expect(authority.ca).toBe(true);
  expect(authority.verify(authority.publicKey)).toBe(true);
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.checkIssued(authority)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.subjectAltName?.split(', ')).toEqual([
    'DNS:server.production.consul',
    'DNS:server.global.nomad',
    'DNS:client.global.nomad',
    'DNS:localhost',
    'IP Address:127.0.0.1',
    'IP Address:10.0.1.11',
  ]);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  const days = (one: X509Certificate) => (Date.parse(one.validTo) - Date.UTC(2026, 10, 24)) / 86_400_000;
  expect([days(authority), days(certificate)]).toEqual([3650, 730]);
  expect(Date.parse(certificate.validFrom)).toBe(Date.UTC(2026, 10, 23, 23));
});

test('another environment’s authority has not signed it', async () => {
  const { keys, with_ } = await make();
  const other = await makeClusterKeys({ name: 'aipacto-staging', ...with_ });
  const own = await serverCertificate(other.ca, server, with_);
  expect(new X509Certificate(own.certificate).verify(new X509Certificate(keys.ca.certificate).publicKey)).toBe(false);
});

test('every secret is another, tokens are UUIDs, gossip keys 32 bytes of standard base64', async () => {
  const { keys } = await make();
  const tokens = [...Object.values(keys.consul), keys.nomad.management].map((secret) => secret.reveal());
  expect(new Set(tokens).size).toBe(6);
  for (const token of tokens) expect(token).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  for (const key of Object.values(keys.gossip)) {
    expect(Buffer.from(key.reveal(), 'base64')).toHaveLength(32);
    expect(key.reveal()).toBe(Buffer.from(key.reveal(), 'base64').toString('base64'));
  }
  expect(keys.gossip.consul.reveal()).not.toBe(keys.gossip.nomad.reveal());
  expect(keys.nomad.deployer).toBeNull();
});

test('SSH keys are OpenSSH’s own ed25519 format, a host’s first one another each time', async () => {
  const { keys } = await make();
  const parsed = ssh2.utils.parseKey(keys.ssh.privateKey.reveal());
  if (parsed instanceof Error) throw parsed;
  expect(parsed.type).toBe('ssh-ed25519');
  expect(keys.ssh.publicKey).toBe(
    `ssh-ed25519 ${parsed.getPublicSSH().toString('base64')} aipacto-production provisioner`,
  );
  expect(keys.ssh.privateKey.reveal()).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n[\s\S]*\n$/);
  const [one, two] = [newHostKeys('a-1'), newHostKeys('a-1')];
  expect(one.first?.publicKey).toMatch(/^ssh-ed25519 \S+ a-1 first boot$/);
  expect(one.first?.publicKey).not.toBe(two.first?.publicKey);
});

test('no key prints itself', async () => {
  const { keys } = await make();
  const printed = JSON.stringify(keys);
  for (const secret of [keys.ca.key, keys.ssh.privateKey, keys.gossip.nomad, keys.consul.management])
    expect(printed).not.toContain(secret.reveal().slice(0, 24));
  expect(printed).not.toContain('PRIVATE KEY');
});

test('making keys takes no virtual time, however long it takes in truth', async () => {
  const with_ = given();
  const before = with_.clock.now();
  const rival = with_.clock.sleep(60_000);
  const keys = await makeClusterKeys({ name: 'a', ...with_ });
  await serverCertificate(keys.ca, server, with_);
  expect(with_.clock.now()).toBe(before);
  await rival;
});

test('the delivery: every file with its reader, secrets as secrets, nothing readable by all but certificates', async () => {
  const { keys, with_ } = await make();
  const extra = { path: '/etc/tailscale/auth-key', mode: '0600', owner: 'root:root', content: new Secret('tskey') };
  const files = await deliveredFiles(keys, server, with_, [extra]);
  expect(
    files.map(({ path, mode, owner, content }) => [path, mode, owner, content instanceof Secret ? 'secret' : 'open']),
  ).toEqual([
    ['/etc/consul.d/keys.hcl', '0640', 'root:consul', 'secret'],
    ['/etc/consul.d/tls/ca.pem', '0644', 'root:root', 'open'],
    ['/etc/consul.d/tls/server.pem', '0644', 'root:root', 'open'],
    ['/etc/consul.d/tls/server-key.pem', '0640', 'root:consul', 'secret'],
    ['/etc/nomad.d/keys.hcl', '0600', 'root:root', 'secret'],
    ['/etc/nomad.d/tls/ca.pem', '0644', 'root:root', 'open'],
    ['/etc/nomad.d/tls/server.pem', '0644', 'root:root', 'open'],
    ['/etc/nomad.d/tls/server-key.pem', '0600', 'root:root', 'secret'],
    ['/etc/ingress/consul-token', '0640', 'root:caddy', 'secret'],
    ['/etc/tailscale/auth-key', '0600', 'root:root', 'secret'],
  ]);
  const text = (path: string): string => {
    const content = files.find((file) => file.path === path)?.content ?? '';
    return content instanceof Secret ? content.reveal() : content;
  };
  expect(text(deliveredPaths.consulKeys)).toBe(
    `encrypt = "${keys.gossip.consul.reveal()}"\n\nacl {\n  tokens {\n    agent = "${keys.consul.agent.reveal()}"\n  }\n}\n`,
  );
  const all = files.map(({ path }) => text(path)).join('');
  for (const never of [keys.ca.key, keys.consul.management, keys.nomad.management, keys.consul.provisioner])
    expect(all).not.toContain(never.reveal());
});
