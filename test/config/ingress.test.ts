import { expect, test } from 'vitest';
import { environmentFor } from '../../src/config/environment.ts';
import { base, change, load, told } from './base.ts';

const environmentOf = (text: string, pullRequest?: number) =>
  environmentFor(load(text), pullRequest === undefined ? { type: 'production' } : { type: 'pr', pullRequest });

test('tls: acme-dns needs a zone in which to prove the domain', () => {
  const wanted = change('  staging:\n', '  staging:\n    tls: acme-dns\n');
  expect(told(wanted)).toBe('none');
  expect(told(change('dns:\n  zone: shop.example\n', '', wanted))).toContain('proved by records in Hetzner DNS');
});

test('tls: caddy with a worker is refused: its Caddy would order certificates too', () => {
  const workers = change('  staging:\n', '  staging:\n    tls: caddy\n    workers: { count: 1 }\n');
  expect(told(workers)).toContain('only one of 2 servers would pass the check of the certificate authority');
});

test('a route may name a host: {domain} is the domain of each environment', () => {
  const text = change('routes: [/api]', 'routes: [/api, "api.{domain}/"]');
  expect(environmentOf(text).jobs[1]?.routes).toEqual(['/api', 'api.shop.example/']);
  expect(environmentOf(text, 7).jobs[1]?.routes).toEqual(['/api', 'api.pr-7.pr.shop.example/']);
});

test('a host outside the domain is told, with what to write', () => {
  expect(told(change('routes: [/api]', 'routes: [api.shop.example/]'))).toContain(
    'the host of this route is not in the domain of staging, staging.shop.example',
  );
  expect(told(change('routes: [/api]', 'routes: [api.bank.example/]'))).toContain('allowed: api.{domain}/');
  expect(told(change('routes: [/api]', 'routes: ["API.{domain}/"]'))).toContain('no path prefix');
  expect(told(change('routes: [/api]', 'routes: ["{number}.{domain}/"]'))).toContain('no path prefix');
});

test('previews with certificates have no hosts below theirs: the wildcard that they share covers one label', () => {
  const text = change('  pr:\n', '  pr:\n    tls: acme-dns\n');
  expect(told(text)).toBe('none');
  expect(told(change('routes: [/api]', 'routes: ["api.{domain}/"]', text))).toContain(
    'previews share one certificate, *.pr.shop.example',
  );
});

test("another directory than Let's Encrypt's, with the authority behind it", () => {
  const acme = (lines: string) => change('ssh_keys:', `acme:\n${lines}ssh_keys:`);
  const pem = '-----BEGIN CERTIFICATE-----\n    MIIB\n    -----END CERTIFICATE-----';
  expect(environmentOf(acme('  email: ops@shop.example\n')).acme).toEqual({
    email: 'ops@shop.example',
    directory: 'https://acme-v02.api.letsencrypt.org/directory',
  });
  expect(environmentOf(acme(`  directory: https://ca.shop.example/dir\n  ca: |\n    ${pem}\n`)).acme).toEqual({
    directory: 'https://ca.shop.example/dir',
    ca: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  });
  expect(environmentOf(base).acme).toBeUndefined();
  expect(told(acme('  directory: http://ca.shop.example/dir\n'))).toContain('no https address');
  expect(told(acme('  ca: certs/ca.pem\n'))).toContain('no certificate');
  expect(told(acme('  email: ops\n'))).toContain('no mail address');
});
