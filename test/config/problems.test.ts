import { expect, test } from 'vitest';
import { ConfigError } from '../../src/domain/errors.ts';
import { base, change, load, told } from './base.ts';

test('every problem of a file is told at once, in the order of the file, also where one section is broken', () => {
  const text = `project: Shop
domain: shop.example
sate: {}
versions: { nomad: 1.9.2 }
defaults:
  servers:
    types: [cx99]
  firewall:
    - { protocol: tcp, ips: [10.0.0.1/8] }
environments:
  production:
    ingres: dns
    servers: { count: 4 }
  staging:
    tls: managd
    network: { range: 10.0.128.0/17, subnet: 10.0.129.0/24 }
`;
  expect(told(text)).toMatchInlineSnapshot(`
    "infra.yaml:1:10  project
      this becomes part of host names and labels
      found: "Shop"
      allowed: lower-case letters, digits and hyphens, a letter or digit at both ends

    infra.yaml:3:1  sate
      unknown key
      found: "sate"
      allowed: project, domain, state, dns, acme, github, images, ssh_keys, versions, artifacts, tailscale, defaults, environments
      did you mean state?

    infra.yaml:4:20  versions.nomad
      HashiCorp withdrew it: loading a snapshot of 1.9.1 or older wipes jobs, ACLs and variables (hashicorp/nomad#24411)
      found: "1.9.2"
      allowed: 1.9.3, 1.9.5, 1.9.7, 1.10.5, 1.11.3, 2.0.4

    infra.yaml:7:13  defaults.servers.types[0]
      there is no Hetzner server type of this name
      found: "cx99"
      allowed: cx23, cx33, cx43, cx53, cpx12, cpx22, cpx32, cpx42, cpx52, cpx62, cax11, cax21, cax31, cax41, ccx13, ccx23, ccx33, ccx43, ccx53, ccx63
      did you mean cx23?

    infra.yaml:9:7  defaults.firewall[0]
      a tcp rule needs a port
      found: a mapping
      allowed: port: "22", or "1-65535" for all

    infra.yaml:9:30  defaults.firewall[0].ips[0]
      host bits must be zero and IPv6 in its short lower-case spelling
      found: "10.0.0.1/8"
      did you mean 10.0.0.0/8?

    infra.yaml:12:5  environments.production.ingres
      unknown key
      found: "ingres"
      allowed: ingress, tls, load_balancer, locations, servers, workers, firewall, protected, labels, network, jobs
      did you mean ingress?

    infra.yaml:13:23  environments.production.servers.count
      4 servers survive the loss of 1, no more than 3 would: an even number only adds risk
      found: 4
      allowed: 1, 3 or 5

    infra.yaml:15:10  environments.staging.tls
      not one of the allowed values
      found: "managd"
      allowed: managed, acme-dns, caddy, internal, off
      did you mean managed?

    infra.yaml:16:23  environments.staging.network.range
      overlaps the network of production, 10.0.0.0/16
      found: 10.0.128.0/17
      allowed: a range that no other environment has, so that their traffic can never be confused"
  `);
});

test('a rule that reads a value already told to be wrong stays silent', () => {
  const text = change('zone: shop.example', 'zone: "no zone"', change('count: 3', 'count: 2'));
  expect(told(text)).toMatchInlineSnapshot(`
    "infra.yaml:4:9  dns.zone
      no valid domain
      found: "no zone"
      allowed: a name like example.com

    infra.yaml:19:23  environments.production.servers.count
      2 servers survive the loss of 0, no more than 1 would: an even number only adds risk
      found: 2
      allowed: 1, 3 or 5"
  `);
});

test('a mistake in defaults is told once, at its own place, not once per environment', () => {
  expect(told(change('[nbg1, fsn1]', '[nbg1, hil]'))).toMatchInlineSnapshot(`
    "infra.yaml:9:14  defaults.locations
      a private network lives in one network zone; these are eu-central, us-west
      found: nbg1, hil
      allowed: locations of one zone, e.g. nbg1, fsn1, hel1"
  `);
});

test('a YAML syntax error is told with its place', () => {
  expect(told(change('ssh_keys: [alice]', 'ssh_keys: [alice'))).toMatchInlineSnapshot(`
    "infra.yaml:6:1
      YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"
  `);
  expect(told(change('  zone:', '\tzone:'))).toMatchInlineSnapshot(`
    "infra.yaml:4:1
      YAML: Tabs are not allowed as indentation"
  `);
});

test('all duplicate keys are told, each at the second one', () => {
  expect(told(`${base}project: other\ndomain: other.example\n`)).toMatchInlineSnapshot(`
    "infra.yaml:25:1
      this key stands twice

    infra.yaml:26:1
      this key stands twice"
  `);
});

test('a file that holds no mapping, or nothing, is told so', () => {
  expect(told('just text\n')).toMatchInlineSnapshot(`
    "infra.yaml:1:1
      this should be a mapping
      found: "just text"
      allowed: a mapping"
  `);
  expect(told('')).toMatchInlineSnapshot(`
    "infra.yaml:1:1
      this should be a mapping
      found: an empty value
      allowed: a mapping"
  `);
});

test('aliases that would blow up or run in circles end in a problem, not in a hang', () => {
  const bomb = Array.from({ length: 12 }, (_, n) =>
    n === 0
      ? 'a0: &a0 [x, x, x, x, x, x]'
      : `a${n}: &a${n} [${Array(6)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
  ).join('\n');
  expect(told(bomb)).toMatch(/^infra.yaml:1:1\n {2}YAML: /);
  expect(told('a: &a [*a]\n')).toMatch(/infra.yaml:/);
});

test('the error counts the problems and says what to do next', () => {
  try {
    load(change('count: 3', 'count: 2', change('cx23', 'cx99')));
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toBe('2 problems in the configuration');
    expect((error as ConfigError).next).toBe('correct the file and run the same command again');
  }
});
