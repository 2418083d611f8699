import { expect, test } from 'vitest';
import { environmentFor } from '../../src/config/environment.ts';
import { loadProject } from '../../src/config/project.ts';
import { certificateKey } from '../../src/domain/certificates-due.ts';
import { createLab, shippedConfig } from '../support/lab.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const config = shippedConfig.replace('tls: managed', 'tls: acme-dns');
const environment = environmentFor(loadProject({ text: config, file: 'infra.yaml', env: {} }), { type: 'production' });

const ended = (days: number, now: number): string =>
  JSON.stringify({
    project: 'aipacto',
    acme: {
      accountKey: '9f8e7d6c5b4a39281706f5e4d3c2b1a0',
      certificates: {
        [certificateKey(environment)]: {
          certificate: '-----BEGIN CERTIFICATE-----\nof a test\n-----END CERTIFICATE-----\n',
          key: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
          notAfter: new Date(now + days * 86_400_000).toISOString(),
        },
      },
    },
    handed: {},
  });

test('tls: acme-dns: every server gets the certificate there is; with 29 days left the plan says that another is due', async () => {
  const store = createMemoryStore();
  const lab = createLab({ config, store });
  store.documents.set('certificates.json', ended(60, lab.emulator.clock.now()));
  const made = await lab.run('production --yes');
  expect(made.stderr).toContain('a second look finds nothing left to do');
  expect(made.stdout + made.stderr).not.toMatch(/9f8e7d6c|0a1b2c3d/);
  const { handed } = JSON.parse(store.documents.get('certificates.json') ?? '');
  expect(Object.keys(handed).sort()).toEqual(['aipacto-production-1', 'aipacto-production-2', 'aipacto-production-3']);
  expect((await lab.run('check production')).exitCode).toBe(0);

  store.documents.set('certificates.json', ended(29, lab.emulator.clock.now()));
  const plan = await lab.run('plan production');
  expect(plan.exitCode).toBe(2);
  expect(plan.stdout.replaceAll(/\s+/g, ' ')).toMatch(/certificate: for aipacto\.com: it ends on \S+, in 2[89] days/);
});

test('tls: acme-dns without any certificate: the plan of a new environment says nothing special, it is ordered on the way', async () => {
  const lab = createLab({ config });
  const plan = await lab.run('plan production');
  expect(plan.stdout).toContain('+ cluster/production');
  expect(plan.stdout).not.toContain('+ certificate/production');
});
