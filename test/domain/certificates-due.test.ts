import { expect, test } from 'vitest';
import { certificatesDue } from '../../src/domain/certificates-due.ts';
import type { AcmeKeys } from '../../src/domain/cluster-keys.ts';
import { Secret } from '../../src/domain/secret.ts';
import { environmentOf } from '../desired/inputs.ts';

const production = { ...environmentOf({ type: 'production' }), tls: 'acme-dns' as const };
const preview = (pullRequest: number) => ({ ...environmentOf({ type: 'pr', pullRequest }), tls: 'acme-dns' as const });
const keysWith = (key: string, notAfter: string): AcmeKeys => ({
  accountKey: new Secret('account'),
  certificates: { [key]: { certificate: 'certificate', key: new Secret('key'), notAfter } },
});
const now = Date.parse('2026-11-24T12:00:00Z');
const due = (acme: AcmeKeys | undefined, environment: Parameters<typeof certificatesDue>[1]) =>
  certificatesDue(acme, environment, now).map(({ names, because }) => `${names.join(' ')}: ${because}`);

test('due is what is not there, what ends within 30 days and what has ended', () => {
  expect(due(undefined, production)).toEqual(['aipacto.com: there is none yet']);
  expect(due(keysWith('aipacto.com', '2026-12-24T12:00:00.000Z'), production)).toEqual([]);
  expect(due(keysWith('aipacto.com', '2026-12-24T11:59:59.000Z'), production)).toEqual([
    'aipacto.com: it ends on 2026-12-24, in 29 days',
  ]);
  expect(due(keysWith('aipacto.com', '2026-11-20T00:00:00.000Z'), production)).toEqual([
    'aipacto.com: it ended on 2026-11-20',
  ]);
});

test('another name or another authority needs another certificate', () => {
  const keys = keysWith('aipacto.com', '2027-02-01T00:00:00.000Z');
  const [job] = production.jobs;
  if (job === undefined) throw new Error('infra.yaml has jobs');
  const wider = { ...production, jobs: [{ ...job, routes: ['/', 'api.aipacto.com/'] }] };
  expect(due(keys, wider)).toEqual(['aipacto.com api.aipacto.com: there is none yet']);
  const staging = { ...production, acme: { directory: 'https://acme-staging-v02.api.letsencrypt.org/directory' } };
  expect(due(keys, staging)).toEqual(['aipacto.com: there is none yet']);
});

test('previews share one wildcard, and other modes order nothing', () => {
  const keys = keysWith('*.pr.aipacto.com', '2027-02-01T00:00:00.000Z');
  expect([...due(keys, preview(7)), ...due(keys, preview(8))]).toEqual([]);
  expect(due(undefined, { ...production, tls: 'managed' })).toEqual([]);
});
