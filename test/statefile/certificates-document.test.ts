import { expect, test } from 'vitest';
import { makeIdentity } from '../../src/age/identity.ts';
import type { AcmeKeys } from '../../src/domain/cluster-keys.ts';
import { StoreError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Sealer } from '../../src/ports/sealer.ts';
import { changeCertificates, readCertificates, resealCertificates } from '../../src/statefile/certificates-document.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { ageSealer } from '../support/age.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { refused } from '../support/refused.ts';

const [anna, ben] = [await makeIdentity(), await makeIdentity()];
const accountKey = '9f8e7d6c5b4a39281706f5e4d3c2b1a0';
const acme: AcmeKeys = {
  accountKey: new Secret(accountKey),
  certificates: { wildcard: { certificate: 'PEM', key: new Secret('0a1b2c3d4e5f6071'), notAfter: '2027-01-01' } },
};
const start = ({ shared = false } = {}) => {
  const store = { ...createMemoryStore(), shared };
  const whose = (sealer: Sealer) => ({ store, sealer, project: 'aipacto' });
  return { store, whose, text: () => store.documents.get('certificates.json') ?? '' };
};
const withAcme = (before: object) => ({ handed: {}, ...before, acme });
const handedTo = (server: string) => (before: { handed: Readonly<Record<string, string>> }) => ({
  ...before,
  handed: { ...before.handed, [server]: '2027-01-01' },
});
test('without recipients the keys are plain, in a directory of our own', async () => {
  const { whose, text } = start();
  expect(await readCertificates(whose(plainSealer))).toEqual({ handed: {} });
  await changeCertificates(whose(plainSealer), withAcme);
  expect(text()).toContain(accountKey);
  expect((await readCertificates(whose(plainSealer))).acme?.accountKey.reveal()).toBe(accountKey);
});

test('with recipients the keys are sealed; whom the certificate was handed to is not, and does not seal them anew', async () => {
  const { whose, text } = start({ shared: true });
  await changeCertificates(whose(ageSealer([anna], anna)), withAcme);
  expect(text()).not.toContain(accountKey.slice(0, 12));
  const { sealed } = JSON.parse(text());
  await changeCertificates(whose(ageSealer([anna], anna)), handedTo('server-1'));
  expect(JSON.parse(text())).toEqual({ project: 'aipacto', sealed, handed: { 'server-1': '2027-01-01' } });
  expect((await readCertificates(whose(ageSealer([ben], anna)))).acme?.accountKey.reveal()).toBe(accountKey);
});

test('other recipients: the next change seals for them, and so does a re-encryption, which is done once', async () => {
  const { whose, text } = start();
  await changeCertificates(whose(plainSealer), withAcme);
  const both = whose(ageSealer([anna, ben], anna));
  expect(await resealCertificates(both)).toBe(true);
  expect(await resealCertificates(both)).toBe(false);
  expect(JSON.parse(text()).sealed.recipients).toEqual([anna.recipient, ben.recipient].sort());
  await changeCertificates(whose(ageSealer([ben], ben)), handedTo('server-1'));
  expect(JSON.parse(text()).sealed.recipients).toEqual([ben.recipient]);
  expect(await refused(readCertificates(whose(ageSealer([ben], anna))))).toContain(
    'the keys of the certificates in memory/certificates.json are sealed for',
  );
});

test('a document without keys is never sealed, and needs no recipients anywhere', async () => {
  const { whose, text } = start({ shared: true });
  await changeCertificates(whose(plainSealer), handedTo('server-1'));
  expect(await resealCertificates(whose(ageSealer([anna], anna)))).toBe(false);
  expect(JSON.parse(text())).toEqual({ project: 'aipacto', handed: { 'server-1': '2027-01-01' } });
});

test('where others can read, the keys are not written in plain text', async () => {
  const { whose, store } = start({ shared: true });
  expect(await refused(changeCertificates(whose(plainSealer), withAcme))).toMatch(
    /^the keys of the certificates would lie in plain text in memory.*\nnothing was written\n.*reconcile state keygen$/,
  );
  expect(store.documents.size).toBe(0);
});

test('a document of another project, or one that is cut, is told and left as it is', async () => {
  const { whose, store, text } = start();
  await changeCertificates(whose(ageSealer([anna], anna)), withAcme);
  for (const wrong of [text().replace('aipacto', 'other'), text().slice(0, 100), '']) {
    store.documents.set('certificates.json', wrong);
    const change = changeCertificates(whose(ageSealer([anna], anna)), withAcme);
    expect(await refused(change)).toContain('does not hold the certificates of project aipacto');
    expect(text()).toBe(wrong);
  }
});

test('a certificate that was ordered is not lost with a reply of the store; a refusal is told', async () => {
  const { store, whose } = start();
  let kind: StoreError['kind'] = 'unknown';
  let lost = 2;
  const put = store.putIfAbsent;
  store.putIfAbsent = async (key, text) => {
    lost -= 1;
    if (lost >= 0) throw new StoreError('no answer of use', kind);
    return put(key, text);
  };
  await changeCertificates(whose(plainSealer), withAcme);
  expect((await readCertificates(whose(plainSealer))).acme?.accountKey.reveal()).toBe(accountKey);
  await store.delete('certificates.json');
  [kind, lost] = ['refused', 1];
  await expect(changeCertificates(whose(plainSealer), withAcme)).rejects.toThrow('no answer of use');
});
