import { expect, test } from 'vitest';
import { environmentFor } from '../../src/config/environment.ts';
import type { Target } from '../../src/domain/environment.ts';
import { desired, environmentOf, infra } from '../desired/inputs.ts';
import { base, change, load, told } from './base.ts';

/* Previews apart from production: a place, recipients, an identity and a zone of their own. */

const s3 = (more = ''): string => `{ endpoint: https://fsn1.example, region: fsn1, bucket: shop-state${more} }`;
const withState = (lines: string): string => change('ssh_keys:', `state:\n${lines}ssh_keys:`);
const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

test('what is not said of previews is as for the others, but never the identity', () => {
  const text = withState(
    `  backend: s3\n  s3: ${s3()}\n  recipients: [${recipient}]\n  identity: ~/age.txt\n  previews: { s3: ${s3(', prefix: previews')} }\n`,
  );
  const { state, previewState } = load(text);
  expect(state?.identity).toBe('~/age.txt');
  expect(previewState).toEqual({ ...state, s3: { ...state?.s3, prefix: 'previews' }, identity: undefined });
  expect(load(base).previewState).toBeUndefined();
});

test('a place that is the same one is told at its line', () => {
  expect(told(withState(`  backend: s3\n  s3: ${s3()}\n  previews:\n    s3: ${s3()}\n`))).toMatch(
    /^infra\.yaml:9:9 .*state\.previews\.s3[\s\S]*nothing would lie apart/,
  );
  expect(told(withState(`  backend: s3\n  s3: ${s3()}\n  previews: { s3: ${s3(', prefix: previews')} }\n`))).toBe(
    'none',
  );
  const directory = (name: string): string =>
    withState(`  backend: local\n  directory: state/files\n  previews:\n    directory: ${name}\n`);
  expect(told(directory('./state/files/'))).toMatch(/^infra\.yaml:9:16 .*state\.previews\.directory/);
  expect(told(directory('state/previews'))).toBe('none');
});

test('previews on the servers of staging would need its keys: told with both places', () => {
  const pool = change('  pr:\n', '  pr:\n    mode: pool\n    pool: { on: staging }\n');
  expect(told(pool)).toBe('none');
  const text = change(
    'ssh_keys:',
    'state:\n  backend: local\n  directory: a\n  previews: { directory: b }\nssh_keys:',
    pool,
  );
  expect(told(text)).toContain('need its keys, and those lie with the other states');
  expect(told(change('on: staging', 'on: pool', text))).toBe('none');
});

test('a zone of their own: their records lie in it, and the pool’s; the others stay where they are', () => {
  const zoned = change('  pr:\n', '  pr:\n    zone: pr.aipacto.com\n', infra);
  const records = (text: string, target: Target): string[] =>
    desired(environmentOf(target, text)).resources.flatMap((one) =>
      one.kind === 'rrset' || one.kind === 'zone' ? [one.address] : [],
    );
  const seven: Target = { type: 'pr', pullRequest: 7 };
  expect(records(zoned, seven)).toEqual(['zone/pr.aipacto.com', 'rrset/pr.aipacto.com/pr-7/A']);
  expect(records(zoned, { type: 'staging' })).toEqual(['zone/aipacto.com', 'rrset/aipacto.com/staging/A']);
  expect(records(infra, seven)).toEqual(['zone/aipacto.com', 'rrset/aipacto.com/pr-7.pr/A']);
  const pool = change('    zone: pr.', '    mode: pool\n    zone: pr.', zoned);
  expect(environmentOf({ type: 'pool' }, pool).zone).toBe('pr.aipacto.com');
});

test('a zone that does not hold the domain is told at the zone; without dns it is enough for certificates', () => {
  const wrong = change('  pr:\n', '  pr:\n    zone: previews.example\n');
  expect(told(wrong)).toMatch(
    /^infra\.yaml:\d+:11 {2}environments\.pr\.zone[\s\S]*the domain of pr is not in the DNS zone previews\.example/,
  );
  const moved = load(change('  pr:\n', '  pr:\n    zone: pr.shop.example\n'), { PRODUCTION_DOMAIN: 'shop.test' });
  expect(environmentFor(moved, { type: 'pr', pullRequest: 7 })).toMatchObject({
    zone: 'pr.shop.test',
    domain: 'pr-7.pr.shop.test',
  });
  const only = change(
    'dns:\n  zone: shop.example\n',
    '',
    change('  pr:\n', '  pr:\n    zone: pr.shop.example\n    tls: acme-dns\n'),
  );
  expect(told(only)).toBe('none');
});

test('a label too long is told only for the zone it would be in', () => {
  const long = `pr-{number}.${'a'.repeat(32)}.shop.example`;
  const text = change('  pr:\n', `  pr:\n    domain: ${long}\n`);
  expect(told(text)).toContain('the label of its DNS record would have');
  // The zone stands in the label as well, so a zone of its own makes it no shorter: it is told of that zone.
  expect(told(change('  pr:\n', `  pr:\n    zone: ${'a'.repeat(32)}.shop.example\n`, text))).toContain(
    `rrset.${'a'.repeat(32)}.shop.example.pr-9999999`,
  );
});
