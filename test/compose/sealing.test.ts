import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { makeIdentity } from '../../src/age/identity.ts';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import type { Context } from '../../src/compose/context.ts';
import { createLeases } from '../../src/compose/lease.ts';
import { reencrypt, removedWarning } from '../../src/compose/reencrypt.ts';
import { openStateSealer, refuseUnsealed, sealingNotices } from '../../src/compose/sealing.ts';
import { createSecretsAccess } from '../../src/compose/secrets-access.ts';
import { loadProject, type StateConfig } from '../../src/config/project.ts';
import { Failure } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { Sealer } from '../../src/ports/sealer.ts';
import { readKeysCopy } from '../../src/statefile/keys-copy.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { createStateWriter } from '../../src/statefile/write.ts';
import { infra } from '../desired/inputs.ts';
import { ageSealer, piecesOf } from '../support/age.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const clock = { now: () => Date.parse('2026-11-24T06:30:00Z'), sleep: () => new Promise<never>(() => undefined) };
const [anna, ben] = [await makeIdentity(), await makeIdentity()];
const keys = await makeClusterKeys({ name: 'aipacto-production', random: seededRandom(1), clock });
const production = { name: 'production', type: 'production' } as const;

const start = (sealer: Sealer, { shared = true } = {}) => {
  const store = { ...createMemoryStore(), shared };
  const config = loadProject({ text: infra, file: resolve('infra.yaml'), env: {} });
  const random = seededRandom(1);
  const holder = { host: 'here', pid: process.pid, user: 'me' };
  const leases = createLeases({ store, clock, random, holder, reporter: { phase: () => undefined } });
  const base = { store, clock, random, leases, config, version: '0.1.0', local: false, onSecret: () => undefined };
  const contextWith = (one: Sealer) => ({ ...base, sealer: one }) as unknown as Context;
  const stored = async (as: Sealer) => (await readState(store, 'production', config.project, as))?.state ?? null;
  const writer = async () =>
    createStateWriter({
      store,
      loaded: await readState(store, 'production', config.project, sealer),
      project: config.project,
      environment: 'production',
      environmentType: 'production',
      clock,
      random: base.random,
      sealer,
      fencingToken: 0,
    });
  return { store, contextWith, stored, writer };
};
const refused = async (work: Promise<unknown>): Promise<string> => {
  const failure = await work.then(
    () => new Error('it was taken'),
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw failure;
  return `${failure.message}\n${failure.done.join('; ')}\n${failure.next}`;
};

const options = {
  configFile: '/work/infra.yaml',
  env: { RECONCILE_AGE_IDENTITY: anna.identity.reveal() },
  onSecret: () => undefined,
  reporter: { notice: () => undefined },
};
const config = (recipients: readonly string[]): StateConfig => ({ backend: 'local', recipients });

test('the sealer of infra.yaml: plain without recipients and in an emulated world, else age with the identity of the environment', async () => {
  expect(openStateSealer(undefined, options)).toBe(plainSealer);
  expect(openStateSealer(config([]), options)).toBe(plainSealer);
  const sealer = openStateSealer(config([anna.recipient]), options);
  const about = { what: 'the secrets', target: 'production' };
  expect(await sealer.open(await sealer.seal('a'), sealer.recipients, about)).toBe('a');
});

test('an identity is looked for only when something is opened: a list of environments needs none', async () => {
  const asked: string[] = [];
  const readFile = async (path: string) => {
    asked.push(path);
    throw Object.assign(new Error(), { code: 'ENOENT' });
  };
  const env = { RECONCILE_AGE_IDENTITY: '/keys/mine.txt' };
  const sealer = openStateSealer(config([anna.recipient]), { ...options, env, readFile });
  const sealed = await sealer.seal('a');
  expect(asked).toEqual([]);
  const about = { what: 'the secrets', target: 'production' };
  expect(await refused(sealer.open(sealed, sealer.recipients, about))).toContain('/keys/mine.txt, which is not there');
});

test('before anything is ordered: a shared store without recipients is refused, one without secrets is not', async () => {
  const { contextWith } = start(plainSealer);
  expect(await refused(refuseUnsealed(contextWith(plainSealer), 'production', true))).toBe(
    'the secrets of production would lie in plain text in memory, which others can read: infra.yaml names no recipients\nnothing was written\nmake a key, and write its recipient into state.recipients of infra.yaml: reconcile state keygen',
  );
  await refuseUnsealed(contextWith(plainSealer), 'production', false);
  await refuseUnsealed(start(plainSealer, { shared: false }).contextWith(plainSealer), 'production', true);
});

test('before anything is ordered: secrets that only others could read again are refused', async () => {
  const { contextWith } = start(plainSealer);
  await refuseUnsealed(contextWith(ageSealer([anna, ben], anna)), 'production', true);
  expect(await refused(refuseUnsealed(contextWith(ageSealer([ben], anna)), 'production', true))).toContain(
    `the secrets of production that would be written to memory are sealed for ${ben.recipient}; age.txt is the identity of ${anna.recipient}, which is none of them`,
  );
  expect(await refused(refuseUnsealed(contextWith(ageSealer([ben], null)), 'production', true))).toContain(
    'no age identity was named to open them',
  );
});

test('a state as a run leaves it: sealed once, the same text with every save that changes no secret', async () => {
  const { store, writer, stored } = start(ageSealer([anna], anna));
  const one = await writer();
  await one.save((state) => ({ ...state, keys }));
  const first = JSON.parse(store.documents.get('production.json') ?? '').sealed.age;
  await one.save((state) => ({ ...state, applications: {} }));
  expect(one.current().sealedFor).toEqual([anna.recipient]);
  const again = await writer();
  await again.save((state) => state);
  const second = JSON.parse(store.documents.get('production.json') ?? '').sealed.age;
  const third = await writer();
  await third.save((state) => state);
  expect(JSON.parse(store.documents.get('production.json') ?? '').sealed.age).toBe(second);
  expect(first).not.toBe('');
  for (const text of store.documents.values())
    for (const piece of piecesOf(keys.ca.key.reveal())) expect(text).not.toContain(piece);
  expect((await stored(ageSealer([anna], anna)))?.keys?.ca.key.reveal()).toBe(keys.ca.key.reveal());
});

test('the plan says when infra.yaml names others than the secrets are sealed for', () => {
  const state = (sealedFor?: readonly string[]) =>
    ({ keys, ...(sealedFor && { sealedFor }) }) as Parameters<typeof sealingNotices>[1];
  const { recipient: a } = anna;
  const { recipient: b } = ben;
  const notices = (sealedFor: readonly string[] | undefined, recipients: readonly string[]) =>
    sealingNotices('pr-7', state(sealedFor), { ...plainSealer, recipients });
  expect(notices([a], [a, b])).toEqual([
    'the secrets of pr-7 are sealed for 1 of 2 recipients of infra.yaml: reconcile state reencrypt pr 7',
  ]);
  expect(notices([a], [b])).toEqual([
    'the secrets of pr-7 are sealed for 0 of 1 recipients of infra.yaml, and for 1 that it does not name any more: reconcile state reencrypt pr 7',
  ]);
  expect(notices(undefined, [a])).toEqual([
    'the secrets of pr-7 lie in plain text, and infra.yaml names recipients: reconcile state reencrypt pr 7',
  ]);
  expect([notices([b, a], [a, b]), notices(undefined, []), sealingNotices('pr-7', null, plainSealer)].flat()).toEqual(
    [],
  );
});

test('re-encryption writes state and copy for the present recipients, once, and names who was removed', async () => {
  const { store, writer, contextWith, stored } = start(ageSealer([anna], anna));
  await (await writer()).save((state) => ({ ...state, keys }));
  const both = contextWith(ageSealer([anna, ben], anna));
  const recipients = [anna.recipient, ben.recipient].sort();
  const written = ['production.keys.json', 'production.json'];
  expect(await reencrypt(both, production, 'c')).toEqual({ written, recipients, removed: [] });
  expect(await reencrypt(both, production, 'c')).toEqual({ written: [], recipients, removed: [] });
  expect((await stored(ageSealer([ben], ben)))?.keys?.ca.key.reveal()).toBe(keys.ca.key.reveal());
  const whose = { store, sealer: ageSealer([ben], ben), project: 'aipacto', environment: 'production' };
  expect((await readKeysCopy(whose))?.ssh.publicKey).toBe(keys.ssh.publicKey);
  const bens = await reencrypt(contextWith(ageSealer([ben], ben)), production, 'c');
  expect(bens).toEqual({ written, recipients: [ben.recipient], removed: [anna.recipient] });
  expect(removedWarning(bens.removed)).toContain('have to be rotated');
  expect(removedWarning([])).toBeNull();
  expect(await refused(stored(ageSealer([ben], anna)))).toContain('none of them');
});

test('re-encryption that would lock its own user out, or seal for nobody, changes nothing', async () => {
  const { store, writer, contextWith } = start(ageSealer([anna], anna));
  await (await writer()).save((state) => ({ ...state, keys }));
  const before = new Map(store.documents);
  const locked = contextWith(ageSealer([ben], anna));
  expect(await refused(reencrypt(locked, production, 'c'))).toContain('which is none of them');
  expect(await refused(reencrypt(contextWith(plainSealer), production, 'c'))).toMatch(
    /infra\.yaml names no recipients, so nothing is sealed\nnothing was changed\nmake a key.*reconcile state keygen$/,
  );
  const local = { ...contextWith(plainSealer), local: true };
  expect(await refused(reencrypt(local, production, 'c'))).toContain('without --local');
  expect(store.documents).toEqual(before);
});

test('while another run holds the lease nothing is sealed anew', async () => {
  const { writer, contextWith, store } = start(ageSealer([anna], anna));
  await (await writer()).save((state) => ({ ...state, keys }));
  const { acquireLease } = await import('../../src/statefile/lease.ts');
  const holder = { host: 'elsewhere', pid: 1, user: 'other' };
  const ids = { environment: 'production', command: 'x', heartbeat: false };
  await acquireLease({ store, clock, random: seededRandom(2), holder, ...ids });
  const both = contextWith(ageSealer([anna, ben], anna));
  expect(await refused(reencrypt(both, production, 'c'))).toMatch(/lease|holds|held/);
  expect(JSON.parse(store.documents.get('production.json') ?? '').sealed.recipients).toEqual([anna.recipient]);
});

test('keys of applications that were set before there were recipients are sealed too', async () => {
  const { store, writer, contextWith } = start(plainSealer, { shared: false });
  const value = { value: new Secret('postgres://0123456789'), revision: '1', setAt: '2026-11-24T06:30:00.000Z' };
  await (await writer()).save((state) => ({ ...state, applications: { DATABASE_URL: value } }));
  expect(store.documents.get('production.json')).toContain('postgres');
  const done = await reencrypt(contextWith(ageSealer([anna], anna)), production, 'c');
  expect(done.written).toEqual(['production.json']);
  expect(store.documents.get('production.json')).not.toContain('postgres');
});

test('a secret is not set where the next command could not read it again, nor in plain text where others can', async () => {
  const { store, contextWith } = start(plainSealer);
  const set = (sealer: Sealer) =>
    createSecretsAccess(contextWith(sealer), { type: 'production' }).set('A', new Secret('0123456789ab'), 'c');
  expect(await refused(set(ageSealer([ben], anna)))).toContain('which is none of them');
  expect(await refused(set(plainSealer))).toContain('would lie in plain text in memory');
  expect(store.documents.has('production.json')).toBe(false);
  expect(await set(ageSealer([anna, ben], anna))).toBe('set');
  expect(store.documents.get('production.json')).not.toContain('0123456789ab');
});
