import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { environmentFor } from '../../src/config/environment.ts';
import { base, change, load, told } from './base.ts';

const own = readFileSync(resolve(import.meta.dirname, '../../infra.yaml'), 'utf8');

test("the project's own infra.yaml loads, and production is what the set-up before this one had", () => {
  const { sources: _places, jobs, firewall: _rules, ...production } = environmentFor(load(own), { type: 'production' });
  expect(production).toMatchInlineSnapshot(`
    {
      "dnsTtlSeconds": 300,
      "domain": "aipacto.com",
      "ingress": "load-balancer",
      "labels": {},
      "limits": {
        "pullRequestsMax": 15,
      },
      "loadBalancerType": "lb11",
      "name": "production",
      "network": {
        "range": "10.0.0.0/16",
        "subnet": "10.0.1.0/24",
        "zone": "eu-central",
      },
      "project": "aipacto",
      "protected": false,
      "servers": {
        "backups": false,
        "count": 3,
        "image": "debian-12",
        "locations": [
          "nbg1",
          "fsn1",
          "hel1",
        ],
        "publicIpv4": true,
        "types": [
          "cx23",
          "cpx22",
          "cx33",
          "cpx32",
        ],
      },
      "sshKeys": [],
      "tls": "managed",
      "type": "production",
      "versions": {
        "caddy": "2.10.2",
        "consul": "1.20.1",
        "nomad": "1.9.7",
      },
      "zone": "aipacto.com",
    }
  `);
  expect(jobs.map(({ name, count }) => `${name} × ${count}`)).toEqual(['server × 2', 'web × 2']);
});

test('a pull request gets its number into name and domain', () => {
  const pr = environmentFor(load(own), { type: 'pr', pullRequest: 7 });
  expect([pr.name, pr.pullRequest, pr.domain, pr.tls, pr.servers.count]).toEqual([
    'pr-7',
    7,
    'pr-7.pr.aipacto.com',
    'off',
    1,
  ]);
});

test.each([0, -1, 1.5, 10_000_000, Number.NaN])('pull request number %d is refused', (pullRequest) => {
  expect(() => environmentFor(load(own), { type: 'pr', pullRequest })).toThrow(/no pull request number/);
});

test('an environment that the file does not have is told with what to add', () => {
  const without = base.slice(0, base.indexOf('  staging:'));
  expect(() => environmentFor(load(without), { type: 'staging' })).toThrow(
    expect.objectContaining({ next: 'add "staging: {}" under environments in infra.yaml' }),
  );
});

test('environments may be empty mappings: every default is filled in', () => {
  const project = load('project: shop\ndomain: shop.example\nenvironments: { production: {}, staging: {}, pr: {} }\n');
  expect(project.state).toBeUndefined();
  for (const target of [{ type: 'production' }, { type: 'staging' }, { type: 'pr', pullRequest: 3 }] as const) {
    const { domain, ingress, tls, servers, network } = environmentFor(project, target);
    expect([domain, ingress, tls, servers.count, network.range].join(' ')).toBe(
      {
        production: 'shop.example load-balancer off 3 10.0.0.0/16',
        staging: 'staging.shop.example dns caddy 1 10.1.0.0/16',
        pr: 'pr-3.pr.shop.example dns off 1 10.2.0.0/16',
      }[target.type],
    );
  }
});

test('values of defaults have their place under the environment too, overridden ones their own', () => {
  const { sources } = load(
    change('staging:', 'staging:\n    servers: { types: [cx33] }\n    jobs: { web: { count: 3 } }'),
  );
  expect(sources['environments.production.servers.types[1]']).toEqual({ file: 'infra.yaml', line: 11, column: 19 });
  expect(sources['environments.staging.servers.types[0]']).toEqual({ file: 'infra.yaml', line: 22, column: 24 });
  expect(sources['environments.staging.servers.types[1]']).toBeUndefined();
  expect(sources['environments.pr.locations[0]']).toEqual({ file: 'infra.yaml', line: 9, column: 15 });
});

test('PRODUCTION_DOMAIN moves every name that ends in the old domain, and the zone that was it', () => {
  const project = load(own, { PRODUCTION_DOMAIN: 'shop.example' });
  expect(project.zone).toBe('shop.example');
  expect(environmentFor(project, { type: 'production' }).domain).toBe('shop.example');
  expect(environmentFor(project, { type: 'staging' }).domain).toBe('staging.shop.example');
  expect(environmentFor(project, { type: 'pr', pullRequest: 7 }).domain).toBe('pr-7.pr.shop.example');
});

test('PRODUCTION_DOMAIN inside the zone leaves the zone as it is', () => {
  const project = load(own, { PRODUCTION_DOMAIN: 'www.aipacto.com' });
  expect([project.zone, project.domain]).toEqual(['aipacto.com', 'www.aipacto.com']);
});

test('an SSH key in place of the name of one is told, in the file and in SSH_KEY_NAME', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJunk alice@laptop';
  const wrong = 'a key, where the name of one belongs';
  expect(told(base.replace(/^ssh_keys: .*/m, `ssh_keys: ["${key}"]`))).toContain(wrong);
  expect(told(base, { SSH_KEY_NAME: key })).toContain(wrong);
});

test('MAX_PR_ENVIRONMENTS and SSH_KEY_NAME override the file, empty variables do not', () => {
  const project = load(base, { MAX_PR_ENVIRONMENTS: '3', SSH_KEY_NAME: 'ci', PRODUCTION_DOMAIN: '' });
  expect([project.limits.pullRequestsMax, project.sshKeys, project.domain]).toEqual([
    3,
    ['alice', 'ci'],
    'shop.example',
  ]);
  expect(load(base, { SSH_KEY_NAME: 'alice' }).sshKeys).toEqual(['alice']);
});

test('a bad environment variable is told by its name', () => {
  expect(told(base, { MAX_PR_ENVIRONMENTS: 'many', PRODUCTION_DOMAIN: 'Shop.example' })).toMatchInlineSnapshot(`
    "environment variable PRODUCTION_DOMAIN
      a domain is written in lower case
      found: "Shop.example"
      did you mean shop.example?

    environment variable MAX_PR_ENVIRONMENTS
      no number of pull request environments
      found: "many"
      allowed: 1 to 500"
  `);
});
