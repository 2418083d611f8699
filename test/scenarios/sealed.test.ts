import { expect, test } from 'vitest';
import { makeIdentity } from '../../src/age/identity.ts';
import { environmentFor } from '../../src/config/environment.ts';
import { loadProject } from '../../src/config/project.ts';
import { certificateKey } from '../../src/domain/certificates-due.ts';
import { Secret } from '../../src/domain/secret.ts';
import { readCertificates } from '../../src/statefile/certificates-document.ts';
import { encodeState } from '../../src/statefile/codec.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { ageSealer, piecesOf } from '../support/age.ts';
import { createLab, shippedConfig } from '../support/lab.ts';
import { createMemoryRecovery } from '../support/memory-recovery.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const config = shippedConfig.replace('tls: managed', 'tls: acme-dns');
const environment = environmentFor(loadProject({ text: config, file: 'infra.yaml', env: {} }), { type: 'production' });
const [anna, ben] = [await makeIdentity(), await makeIdentity()];

/** As an earlier run left it, before there were recipients. */
const certificates = (now: number): string =>
  JSON.stringify({
    project: 'aipacto',
    acme: {
      accountKey: '9f8e7d6c5b4a39281706f5e4d3c2b1a0',
      certificates: {
        [certificateKey(environment)]: {
          certificate: 'of a test',
          key: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
          notAfter: new Date(now + 60 * 86_400_000).toISOString(),
        },
      },
    },
    handed: {},
  });

const secretsIn = (value: unknown): string[] => {
  if (value instanceof Secret) return [value.reveal()];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
};

test('production in a store that others read, from the first order to the end: no 12 letters of any secret in any document, file or line', async () => {
  const store = { ...createMemoryStore(), shared: true };
  const recovery = createMemoryRecovery();
  const sealer = ageSealer([anna, ben], anna);
  const written: string[] = [];
  const keep =
    <Args extends [string, string, ...string[]], Result>(put: (...args: Args) => Result) =>
    (...args: Args): Result => {
      written.push(args[1]);
      return put(...args);
    };
  const watched = { ...store, putIfAbsent: keep(store.putIfAbsent), putIfMatch: keep(store.putIfMatch) };
  const lab = createLab({ config, store: watched, recovery, sealer });
  store.documents.set('certificates.json', certificates(lab.emulator.clock.now()));
  const runs = [await lab.run('production --yes'), await lab.run('check production')];
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);

  const state = (await readState(store, 'production', 'aipacto', ageSealer([ben], ben)))?.state;
  const document = await readCertificates({ store, sealer, project: 'aipacto' });
  const secrets = [...new Set([...secretsIn(state), ...secretsIn(document)])];
  expect(secrets.length).toBeGreaterThan(15);
  expect(state?.sealedFor).toEqual([anna.recipient, ben.recipient].sort());
  const pieces = new Set(secrets.flatMap(piecesOf));
  const texts = [...written, ...store.documents.values(), ...recovery.files.values()];
  expect(written.length).toBeGreaterThan(20);
  // What would be found if it were there.
  if (state !== undefined) expect(piecesIn(await encodeState(state, plainSealer), pieces)).toBe(true);
  const told = [...texts, ...runs.flatMap(({ stdout, stderr }) => [stdout, stderr])].filter((text) =>
    piecesIn(text, pieces),
  );
  expect(told).toEqual([]);
});

const piecesIn = (text: string, pieces: ReadonlySet<string>): boolean => {
  for (let at = 0; at + 12 <= text.length; at += 1) if (pieces.has(text.slice(at, at + 12))) return true;
  return false;
};

test('a colleague without an identity lists the environments, and is told what a plan needs', async () => {
  const store = { ...createMemoryStore(), shared: true };
  const made = createLab({ store, sealer: ageSealer([anna], anna) });
  expect((await made.run('production --yes')).exitCode).toBe(0);
  const other = createLab({ store, over: made.emulator, sealer: ageSealer([anna], null) });
  const listed = await other.run('list');
  expect([listed.exitCode, listed.stdout.includes('production')]).toEqual([0, true]);
  const plan = await other.run('plan production');
  expect(plan.exitCode).toBe(1);
  const told = plan.stderr.replaceAll(/\s+/g, ' ');
  expect(told).toContain('no age identity was named to open them done: nothing was changed');
  expect(told).toContain('next: export RECONCILE_AGE_IDENTITY=FILE');
  expect(plan.stderr).not.toMatch(/\n\s+at /);
});

test('another recipient in infra.yaml: the plan says so, and is no change of the world', async () => {
  const store = createMemoryStore();
  const made = createLab({ store, sealer: ageSealer([anna], anna) });
  expect((await made.run('production --yes')).exitCode).toBe(0);
  const both = createLab({ store, over: made.emulator, sealer: ageSealer([anna, ben], anna) });
  const plan = await both.run('plan production');
  expect([plan.exitCode, plan.stdout.replaceAll(/\s+/g, ' ')]).toEqual([
    0,
    expect.stringContaining('are sealed for 1 of 2 recipients of infra.yaml: reconcile state reencrypt production'),
  ]);
});

test('a store that others read, and no recipients: refused before the first order', async () => {
  const store = { ...createMemoryStore(), shared: true };
  const lab = createLab({ store, sealer: plainSealer });
  const { exitCode, stderr } = await lab.run('production --yes');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('would lie in plain text in memory');
  expect(stderr).toContain('reconcile state keygen');
  expect(lab.requests().filter((request) => !request.startsWith('GET'))).toEqual([]);
});

test('recipients that are all others: refused before the first order, for the next run could not read what it wrote', async () => {
  const lab = createLab({ sealer: ageSealer([ben], anna) });
  const { exitCode, stderr } = await lab.run('production --yes');
  expect(exitCode).toBe(1);
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain(`is the identity of ${anna.recipient}, which is none of them`);
  expect(lab.requests().filter((request) => !request.startsWith('GET'))).toEqual([]);
});
