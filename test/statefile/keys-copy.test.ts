import { expect, test } from 'vitest';
import { makeIdentity } from '../../src/age/identity.ts';
import { makeClusterKeys } from '../../src/cluster/keys/cluster-keys.ts';
import type { ClusterKeys } from '../../src/domain/cluster-keys.ts';
import { StoreError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { Sealer } from '../../src/ports/sealer.ts';
import { readKeysCopy, writeKeysCopy } from '../../src/statefile/keys-copy.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { ageSealer, piecesOf } from '../support/age.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { refused } from '../support/refused.ts';

const clock = { now: () => Date.parse('2026-11-24T06:30:00Z'), sleep: () => new Promise<never>(() => undefined) };
const keys = await makeClusterKeys({ name: 'aipacto-production', random: seededRandom(1), clock });
const [anna, ben] = [await makeIdentity(), await makeIdentity()];

const start = ({ shared = false } = {}) => {
  const store = { ...createMemoryStore(), shared };
  const whose = (sealer: Sealer) => ({ store, sealer, project: 'aipacto', environment: 'production' });
  return {
    store,
    text: () => store.documents.get('production.keys.json') ?? '',
    write: (sealer: Sealer, what: ClusterKeys = keys) => writeKeysCopy(whose(sealer), what),
    read: (sealer: Sealer) => readKeysCopy(whose(sealer)),
  };
};
test('without recipients the copy is plain, and is written once', async () => {
  const { read, write, text } = start();
  expect(await read(plainSealer)).toBeNull();
  expect(await write(plainSealer)).toBe(true);
  expect(await write(plainSealer)).toBe(false);
  expect(JSON.parse(text()).keys.gossip.consul).toBe(keys.gossip.consul.reveal());
  expect(await read(plainSealer)).toEqual(keys);
  expect((await read(plainSealer))?.ca.key.reveal()).toBe(keys.ca.key.reveal());
});

test('with recipients no piece of any key is in it, and each recipient reads all of them', async () => {
  const { read, write, text } = start({ shared: true });
  await write(ageSealer([anna, ben], null));
  const secrets = [keys.ca.key, keys.ssh.privateKey, keys.gossip.nomad, ...Object.values(keys.consul)];
  expect(secrets.flatMap((secret) => piecesOf(secret.reveal())).length).toBeGreaterThan(400);
  for (const secret of secrets) for (const piece of piecesOf(secret.reveal())) expect(text()).not.toContain(piece);
  for (const one of [anna, ben]) {
    const found = await read(ageSealer([anna, ben], one));
    expect(found?.ssh.privateKey.reveal()).toBe(keys.ssh.privateKey.reveal());
  }
  expect(await refused(read(ageSealer([anna], null)))).toMatch(
    /^the keys of production in memory\/production\.keys\.json are sealed for age1.*, and no age identity was named/,
  );
});

test('whether the copy is of these keys is seen without opening it: a new run seals differently and still leaves it', async () => {
  const { write, text } = start();
  await write(ageSealer([anna], null));
  const before = text();
  expect(await write(ageSealer([anna], null))).toBe(false);
  expect(text()).toBe(before);
});

test('it is written anew when the keys change, the recipients change, or it is not whole', async () => {
  const { store, write, read, text } = start();
  await write(ageSealer([anna], null));
  const changed = { ...keys, nomad: { ...keys.nomad, deployer: new Secret('5b1e7a52-0000-4000-8000-000000000001') } };
  expect(await write(ageSealer([anna], null), changed)).toBe(true);
  expect(await write(ageSealer([anna, ben], null), changed)).toBe(true);
  expect((await read(ageSealer([anna, ben], ben)))?.nomad.deployer?.reveal()).toMatch(/^5b1e7a52/);
  const harm = (how: (text: string) => string) => store.documents.set('production.keys.json', how(text()));
  harm((whole) => whole.replace(/YWdl/, 'YWdm'));
  expect(await write(ageSealer([anna, ben], null), changed)).toBe(true);
  harm((whole) => whole.slice(0, 300));
  expect(await write(ageSealer([anna, ben], null), changed)).toBe(true);
  expect(await write(ageSealer([anna, ben], null), changed)).toBe(false);
});

test('a plain copy is sealed as soon as there are recipients', async () => {
  const { write, text } = start();
  await write(plainSealer);
  expect(await write(ageSealer([anna], null))).toBe(true);
  expect(text()).not.toContain(keys.gossip.consul.reveal());
});

test('where others can read, keys are not written in plain text', async () => {
  const { write, store } = start({ shared: true });
  expect(await refused(write(plainSealer))).toBe(
    'the keys of production would lie in plain text in memory, which others can read: infra.yaml names no recipients\nnothing was written\nmake a key, and write its recipient into state.recipients of infra.yaml: reconcile state keygen',
  );
  expect(store.documents.size).toBe(0);
});

test('a copy of others, cut, or sealed while infra.yaml names no recipients: told, and left as it is', async () => {
  const { write, read, store, text } = start();
  await write(ageSealer([anna], null));
  expect(await refused(read(plainSealer))).toContain(`are sealed for ${anna.recipient}, and infra.yaml names no`);
  const whole = text();
  for (const wrong of [whole.replace('"aipacto"', '"other"'), whole.slice(0, 200), '[]', '']) {
    store.documents.set('production.keys.json', wrong);
    expect(await refused(read(ageSealer([anna], anna)))).toBe(
      'memory/production.keys.json is no copy of the keys of production of project aipacto\nnothing was changed, and the file is as it was\nput the right document there, or, when the state itself holds the keys, remove it: the next run writes it anew',
    );
    expect(text()).toBe(wrong);
  }
});

test('a lost request or reply is made up for once, and the copy counts as written', async () => {
  for (const arrives of [false, true]) {
    const { store, read } = start();
    let asked = 0;
    const put = store.putIfAbsent;
    store.putIfAbsent = async (key, text) => {
      asked += 1;
      const outcome = asked === 1 && !arrives ? undefined : await put(key, text);
      if (outcome === undefined || asked === 1) throw new StoreError('no reply', 'unknown');
      return outcome;
    };
    expect(
      await writeKeysCopy({ store, sealer: plainSealer, project: 'aipacto', environment: 'production' }, keys),
    ).toBe(true);
    expect(asked).toBe(arrives ? 1 : 2);
    expect(await read(plainSealer)).toEqual(keys);
  }
});
