import { expect, test } from 'vitest';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { createLab, type Document, type Lab } from '../support/lab.ts';
import { createMemoryStore, type MemoryStore } from '../support/memory-store.ts';

/** A store that also keeps what was written over, as a bucket with versions does. */
const withVersions = (store: MemoryStore): ObjectStore & { documents: Map<string, string> } => {
  const kept: { key: string; text: string }[] = [];
  const keep = (key: string): void => {
    const text = store.documents.get(key);
    if (text !== undefined) kept.unshift({ key, text });
  };
  return {
    ...store,
    putIfMatch: async (key, text, etag) => {
      keep(key);
      return store.putIfMatch(key, text, etag);
    },
    delete: async (key) => {
      keep(key);
      await store.delete(key);
    },
    versions: async (key) =>
      kept.flatMap((one, nth) => (one.key === key ? [{ id: `v${nth}`, at: '2026-11-24T06:30:00.000Z' }] : [])),
    getVersion: async (_key, id) => kept[Number(id.slice(1))]?.text,
  };
};

/** Production as it stands after two runs: so there is one earlier document. */
const converged = async (store: ObjectStore = createMemoryStore()) => {
  const documents = (store as MemoryStore).documents;
  const lab = createLab({ store });
  expect((await lab.run('production --yes')).exitCode).toBe(0);
  expect((await lab.run('production --yes --replace server/production-2')).exitCode).toBe(0);
  lab.requests();
  return { lab, documents, good: documents.get('production.json') ?? '' };
};
const writes = (lab: Lab): string[] => lab.requests().filter((request) => !request.startsWith('GET '));
const idsIn = (text: string): Record<string, string> => {
  const { resources } = JSON.parse(text) as Document;
  const ids = Object.entries(resources).map(([address, entry]) => [address, (entry as Document).id] as const);
  // Shared things belong to no environment's state; a cluster has no id of Hetzner.
  return Object.fromEntries(ids.filter(([address]) => !/^(zone|cluster)\//.test(address)));
};
const textOf = ({ stdout, stderr }: { stdout: string; stderr: string }): string =>
  `${stdout}${stderr}`.replaceAll(/\n\s+/g, ' ');
const change = (text: string, how: (document: Document) => void): string => {
  const document = JSON.parse(text) as Document;
  how(document);
  return `${JSON.stringify(document, null, 2)}\n`;
};

test('a state that was deleted is made again: same ids, same lineage, nothing created, an empty plan', async () => {
  const { lab, documents, good } = await converged();
  documents.delete('production.json');
  const rebuilt = await lab.run('state rebuild production --yes');
  expect([rebuilt.exitCode, writes(lab)]).toEqual([0, []]);
  expect(textOf(rebuilt)).toContain('keys: from their copy production.keys.json');
  expect(textOf(rebuilt)).toContain('1 secret of the applications: from production.0000');
  const again = documents.get('production.json') ?? '';
  expect(idsIn(again)).toEqual(idsIn(good));
  const [before, after] = [JSON.parse(good) as Document, JSON.parse(again) as Document];
  expect([after.lineage, after.keys, after.applications]).toEqual([before.lineage, before.keys, before.applications]);
  expect(documents.has(`production.${String(after.serial - 1).padStart(6, '0')}.json`)).toBe(true);
  expect((await lab.run('plan production')).exitCode).toBe(0);
  expect((await lab.run('production --yes')).exitCode).toBe(0);
  expect(writes(lab)).toEqual([]);
});

test('without the copy of the keys they come from an earlier document, and the copy is made again', async () => {
  const { lab, documents, good } = await converged();
  documents.delete('production.json');
  documents.delete('production.keys.json');
  const rebuilt = await lab.run('state rebuild production --yes');
  expect(textOf(rebuilt)).toMatch(/keys: from production\.0000\d\d\.json/);
  expect(JSON.parse(documents.get('production.json') ?? '').keys).toEqual(JSON.parse(good).keys);
  expect(documents.has('production.keys.json')).toBe(true);
  expect((await lab.run('plan production')).exitCode).toBe(0);
});

test('without either, they come from what the bucket has kept, under a serial above everything that ever was', async () => {
  const store = withVersions(createMemoryStore());
  const { lab, documents, good } = await converged(store);
  for (const key of await store.list()) if (!key.includes('lease')) await store.delete(key);
  const rebuilt = await lab.run('state rebuild production --yes');
  expect(textOf(rebuilt)).toContain('keys: from production.json as the store kept it from 2026-11-24');
  const after = JSON.parse(documents.get('production.json') ?? '') as Document;
  expect([after.lineage, after.serial]).toEqual([JSON.parse(good).lineage, JSON.parse(good).serial + 1]);
  expect((await lab.run('plan production')).exitCode).toBe(0);
});

test('with every copy gone the state is made again all the same, and the way back in is named', async () => {
  const { lab, documents } = await converged();
  for (const key of [...documents.keys()]) if (!key.includes('lease')) documents.delete(key);
  const rebuilt = await lab.run('state rebuild production --yes');
  expect([rebuilt.exitCode, writes(lab)]).toEqual([0, []]);
  expect(textOf(rebuilt)).toContain('keys: no copy of them was found, and none in earlier documents');
  expect(rebuilt.stdout.match(/--recover-access/g)).toHaveLength(1);
  expect(Object.keys(idsIn(documents.get('production.json') ?? ''))).toContain('server/production-1');
});

test('a document that was cut off is kept aside, and made again under its own lineage', async () => {
  const { lab, documents, good } = await converged();
  const cut = good.slice(0, 600);
  documents.set('production.json', cut);
  const refused = await lab.run('plan production');
  expect(textOf(refused)).toContain('reconcile state rebuild production');
  expect((await lab.run('state rebuild production --yes')).exitCode).toBe(0);
  const aside = [...documents.keys()].filter((key) => key.includes('damaged'));
  expect(aside.map((key) => documents.get(key))).toEqual([cut]);
  const after = JSON.parse(documents.get('production.json') ?? '') as Document;
  expect([after.lineage, after.serial]).toEqual([JSON.parse(good).lineage, JSON.parse(good).serial + 1]);
  expect(textOf(await lab.run('state history production'))).toContain('could not be read, and was put aside');
  expect((await lab.run('plan production')).exitCode).toBe(0);
});

test('a rebuild asks first, writes nothing without a yes, and leaves a good state alone', async () => {
  const { lab, documents, good } = await converged();
  expect(textOf(await lab.run('state rebuild production --yes'))).toContain('there is nothing to make again');
  expect(documents.get('production.json')).toBe(good);
  documents.delete('production.json');
  const unasked = await lab.run('state rebuild production');
  expect([unasked.exitCode, documents.has('production.json')]).toEqual([64, false]);
  expect(unasked.stdout).toContain('server/production-1');
  const { exitCode, stdout } = await lab.run('state rebuild pr');
  expect([exitCode, stdout]).toEqual([1, '']);
});

test('what a pull writes into a file can be pushed back; on the screen secrets are redacted', async () => {
  const { lab, documents, good } = await converged();
  const shown = await lab.run('state pull production');
  const { privateKey } = JSON.parse(good).keys.ssh;
  expect(JSON.parse(shown.stdout).keys.ssh.privateKey).toBe('[redacted]');
  expect(shown.stdout).not.toContain(privateKey.slice(60, 90));
  await lab.run('state pull production --out state.json');
  expect(lab.files.get('state.json')).toBe(good);
  expect(textOf(await lab.run('state push production state.json'))).toContain('nothing to do');
  lab.files.set(
    'state.json',
    change(good, (document) => {
      document.serial += 5;
      delete document.resources['job/web'];
    }),
  );
  const asked = await lab.run('state push production state.json');
  expect([asked.exitCode, documents.get('production.json')]).toEqual([64, good]);
  const pushed = await lab.run('state push production state.json --yes');
  expect(textOf(pushed)).toContain('forgotten: job/web');
  const { serial } = JSON.parse(good);
  expect(JSON.parse(documents.get('production.json') ?? '').serial).toBe(serial + 5);
  expect(documents.get(`production.${String(serial).padStart(6, '0')}.json`)).toBe(good);
  const back = await lab.run(`state pull production --serial ${serial} --out earlier.json`);
  expect([back.exitCode, lab.files.get('earlier.json')]).toEqual([0, good]);
  expect((await lab.run('production --yes')).exitCode).toBe(0);
});

test('a push to where there is no state is taken, and the next run goes on from it', async () => {
  const { lab, documents, good } = await converged();
  lab.files.set('state.json', good);
  documents.delete('production.json');
  expect((await lab.run('state push production state.json --yes')).exitCode).toBe(0);
  expect((await lab.run('plan production')).exitCode).toBe(0);
});

const pushes: readonly (readonly [story: string, how: (good: string) => string, sentence: string])[] = [
  ['of another lineage', (good) => change(good, (one) => (one.lineage = 'f'.repeat(32))), 'of another state than'],
  ['older than the stored one', (good) => change(good, (one) => (one.serial -= 1)), 'is older than what is in'],
  [
    'of the same serial with another content',
    (good) => change(good, (one) => delete one.resources['job/web']),
    'and another content',
  ],
  [
    'of another environment',
    (good) => change(good, (one) => (one.environment = 'staging')),
    'holds the state of staging',
  ],
  ['of another project', (good) => change(good, (one) => (one.project = 'other')), 'of project other'],
  ['of a newer release', (good) => change(good, (one) => (one.schemaVersion = 99)), 'has schema version 99'],
  ['that was cut off', (good) => good.slice(0, 400), 'is not JSON'],
  [
    'that was pulled without its secrets',
    (good) =>
      change(good, (one) => {
        one.serial += 1;
        one.keys.ssh.privateKey = '[redacted]';
      }),
    'has [redacted] in place of its secrets',
  ],
];
test('a push is refused where something would be lost, each time with a next step and without a write', async () => {
  const { lab, documents, good } = await converged();
  for (const [story, how, sentence] of pushes) {
    lab.files.set('state.json', how(good));
    const ran = await lab.run('state push production state.json --yes');
    expect([story, ran.exitCode, documents.get('production.json') === good]).toEqual([story, 1, true]);
    expect(textOf(ran)).toContain(sentence);
    expect(ran.stderr).toContain('next: ');
  }
  expect(textOf(await lab.run('state push production nowhere.json'))).toContain('there is no nowhere.json');
});

test('a damaged document is not pulled onto a screen, as nobody can say where its secrets are', async () => {
  const { lab, documents, good } = await converged();
  documents.set('production.json', good.slice(0, 5_000));
  const shown = await lab.run('state pull production');
  expect([shown.exitCode, shown.stdout]).toEqual([64, '']);
  await lab.run('state pull production --out damaged.json');
  expect(lab.files.get('damaged.json')).toBe(good.slice(0, 5_000));
});

test('state history tells the runs and the serials of earlier documents, and how to get one', async () => {
  const { lab } = await converged();
  const { document } = await lab.json('state history production');
  expect(document.runs.map((run: Document) => run.outcome)).toEqual(['converged', 'converged']);
  expect(document.kept).toHaveLength(1);
  const told = textOf(await lab.run('state history production'));
  expect(told).toContain('get one with: reconcile state pull production --serial N --out FILE');
});

test('previews take a place before they are made and free it when they are gone', async () => {
  const lab = createLab();
  expect((await lab.run('pr 7 --yes')).exitCode).toBe(0);
  expect(textOf(await lab.run('state show shared'))).toMatch(/Places of previews pr-7 {2}since 2/);
  expect((await lab.run('destroy pr 7 --yes')).exitCode).toBe(0);
  expect((await lab.json('state show pr')).document.state.places).toEqual({});
});
