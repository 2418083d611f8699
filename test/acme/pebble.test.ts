import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificateOf, renewCertificates } from '../../src/acme/renew.ts';
import type { AcmeKeys } from '../../src/domain/cluster-keys.ts';
import type { Environment } from '../../src/domain/environment.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { environmentOf } from '../desired/inputs.ts';
import { challengesOf } from './name-server.ts';
import { createPebble, noPebble, type Pebble } from './pebble.ts';

/** Real orders, proofs and certificates; only the waiting between looks is short. */
describe.skipIf(noPebble !== '')(`tls: acme-dns, with a real certificate authority${noPebble}`, () => {
  let pebble: Pebble;
  beforeAll(async () => {
    pebble = await createPebble();
  });
  afterAll(() => pebble?.end());

  const production = environmentOf({ type: 'production' });
  const withAcme = (environment: Environment): Environment => ({
    ...environment,
    tls: 'acme-dns',
    acme: { email: 'ops@aipacto.com', directory: pebble.directory, ca: pebble.ca },
  });
  const clockAt = (days: number): Clock => ({
    now: () => Date.now() + days * 86_400_000,
    sleep: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
  const renew = async (acme: AcmeKeys | undefined, environment: Environment, days = 0) => {
    const saved: AcmeKeys[] = [];
    const warnings: string[] = [];
    const dns = challengesOf(pebble.names);
    const result = await renewCertificates(acme, {
      environment,
      dns,
      clock: clockAt(days),
      warn: (text) => warnings.push(text),
      save: async (keys) => {
        saved.push(keys);
      },
    });
    expect(warnings).toEqual([]);
    return { result, saved };
  };
  const namesOf = (acme: AcmeKeys | undefined, environment: Environment) =>
    new X509Certificate(certificateOf(acme, environment)?.certificate ?? '').subjectAltName;

  test('a certificate for every host, that fits its key and leads to the root; none of the records stay', async () => {
    const [job] = production.jobs;
    if (job === undefined) throw new Error('infra.yaml has jobs');
    const environment = withAcme({ ...production, jobs: [{ ...job, routes: ['/', 'api.aipacto.com/'] }] });
    const { result, saved } = await renew(undefined, environment);
    expect(saved).toEqual([result]);
    expect(namesOf(result, environment)).toBe('DNS:aipacto.com, DNS:api.aipacto.com');
    const issued = certificateOf(result, environment);
    const [own = '', ...between] = (issued?.certificate ?? '').split(/(?<=-----END CERTIFICATE-----\n)\n*(?=-)/);
    const chain = [own, ...between, await pebble.root()].map((pem) => new X509Certificate(pem));
    for (const [index, certificate] of chain.slice(0, -1).entries())
      expect(certificate.checkIssued(chain[index + 1] as X509Certificate)).toBe(true);
    const { createPrivateKey } = await import('node:crypto');
    expect(chain[0]?.checkPrivateKey(createPrivateKey(issued?.key.reveal() ?? ''))).toBe(true);
    expect([...pebble.names.texts.values()].flat()).toEqual([]);
    expect(pebble.names.asked).toContain('_acme-challenge.api.aipacto.com');
  });

  test('the second run orders nothing; with 29 days left it renews, on the same account', async () => {
    const environment = withAcme(production);
    const { result: first } = await renew(undefined, environment);
    const again = await renew(first, environment, 59);
    expect(again).toEqual({ result: first, saved: [] });
    const { result: renewed } = await renew(first, environment, 61);
    expect(renewed?.accountUrl).toBe(first?.accountUrl);
    expect(renewed?.accountKey).toBe(first?.accountKey);
    expect(certificateOf(renewed, environment)?.certificate).not.toBe(certificateOf(first, environment)?.certificate);
    expect(Object.keys(renewed?.certificates ?? {})).toHaveLength(1);
  });

  test('all previews share one wildcard: the first orders it, the next finds it', async () => {
    const preview = (number: number) => withAcme(environmentOf({ type: 'pr', pullRequest: number }));
    const { result } = await renew(undefined, preview(7));
    expect(namesOf(result, preview(7))).toBe('DNS:*.pr.aipacto.com');
    expect(await renew(result, preview(8))).toEqual({ result, saved: [] });
    expect(namesOf(result, preview(8))).toBe('DNS:*.pr.aipacto.com');
  });

  test('an authority that is not trusted, or finds no proof, is told with what it says; the records go all the same', async () => {
    const environment = withAcme(production);
    const { ca: _ca, ...distrusted } = environment.acme ?? { directory: '' };
    await expect(renew(undefined, { ...environment, acme: distrusted })).rejects.toThrow(
      /no certificate for aipacto\.com from https:\/\/localhost:\d+\/dir: .*self.signed certificate/,
    );
    const dns = challengesOf(pebble.names);
    const wrong = { ...dns, present: (name: string) => dns.present(name, 'wrong'), visible: async () => true };
    const failure = renewCertificates(undefined, {
      environment,
      dns: { ...wrong, remove: (name) => dns.remove(name, 'wrong') },
      clock: clockAt(0),
      warn: () => undefined,
      save: async () => undefined,
    });
    await expect(failure).rejects.toThrow(/no certificate for aipacto\.com .*: aipacto\.com: .*DNS challenge/);
    expect([...pebble.names.texts.values()].flat()).toEqual([]);
  });

  test('a record that the nameservers never show ends the wait with its bound, before the authority is bothered', async () => {
    let now = Date.now();
    const removed: string[] = [];
    const failure = renewCertificates(undefined, {
      environment: withAcme(production),
      dns: {
        present: async () => undefined,
        visible: async () => false,
        remove: async (name) => {
          removed.push(name);
        },
      },
      clock: {
        now: () => now,
        sleep: async (ms) => {
          now += ms;
        },
      },
      warn: () => undefined,
      save: async () => undefined,
    });
    await expect(failure).rejects.toThrow(
      'the nameservers do not answer with the new TXT record of _acme-challenge.aipacto.com within 300 seconds',
    );
    expect(removed).toEqual(['_acme-challenge.aipacto.com']);
  });
});
