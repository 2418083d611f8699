import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../src/domain/errors.ts';
import type { StateFile } from '../../src/domain/statefile.ts';
import { decodeState, encodeState } from '../../src/statefile/codec.ts';
import { jsonErrorPosition } from '../../src/statefile/json-position.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { readState } from '../../src/statefile/read.ts';
import { stateJsonSchema } from '../../src/statefile/schema.ts';
import { createMemoryStore } from '../support/memory-store.ts';

const sample = readFileSync('state/samples/v4.json', 'utf8');
const version1 = readFileSync('state/samples/v1.json', 'utf8');
const where = { place: 'state/local', key: 'production.json', project: 'aipacto', environment: 'production' };

/** The whole failure as a user would meet it, and whether the stored bytes are the same afterwards. */
const readOf = async (text: string, environment = 'production', project = 'aipacto') => {
  const store = createMemoryStore();
  store.documents.set(`${environment}.json`, text);
  const failure = await readState(store, environment, project, plainSealer).catch((error: unknown) => error);
  expect(store.documents.get(`${environment}.json`)).toBe(text);
  if (!(failure instanceof Failure)) throw new Error('the document was taken');
  return [failure.name, failure.message, ...failure.done, failure.next];
};
const untouched = 'nothing was changed, and the file is as it was';
const wayOut = 'make it again from what exists and from earlier copies: reconcile state rebuild production';

test('the sample document is read, and comes back the same', async () => {
  const state = await decodeState(sample, where, plainSealer);
  expect(state.resources['server/production-1']?.id).toBe('102030');
  expect(JSON.parse(await encodeState(state, plainSealer))).toEqual(JSON.parse(sample));
  expect(await decodeState(await encodeState(state, plainSealer), where, plainSealer)).toEqual(state);
});

test('a document of version 1 is read as one without keys', async () => {
  const { schemaVersion, keys, ...rest } = await decodeState(version1, where, plainSealer);
  expect(schemaVersion).toBe(4);
  expect(rest.fencingToken).toBe(0);
  expect(keys).toBeUndefined();
  expect(rest.resources['server/production-1']?.id).toBe('102030');
});

test('a document of version 2 is read as one that anybody may write, with nothing of a journal', async () => {
  const state = await decodeState(readFileSync('state/samples/v2.json', 'utf8'), where, plainSealer);
  expect(state).toMatchObject({ schemaVersion: 4, fencingToken: 0, serial: 12 });
  expect(state.lastRun).toBeUndefined();
  expect(state.keys?.gossip.consul.reveal()).toBe('ZXhhbXBsZSBvZiBhIGtleSBvZiAzMiBieXRlcyEhISE=');
});

test('keys are secret everywhere but in the document itself', async () => {
  const state = await decodeState(sample, where, plainSealer);
  expect(state.keys?.gossip.consul.reveal()).toBe('ZXhhbXBsZSBvZiBhIGtleSBvZiAzMiBieXRlcyEhISE=');
  expect(JSON.stringify(state)).not.toContain('ZXhhbXBs');
  expect(inspect(state, { depth: 10 })).not.toContain('ZXhhbXBs');
  expect(await encodeState(state, plainSealer)).toContain('ZXhhbXBs');
});

test('the JSON Schema in state/ is the one of the code', async () => {
  await expect(`${JSON.stringify(stateJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    '../../state/state.v4.schema.json',
  );
});

test('a document cut off says at which byte, counts bytes and not characters, and shows a way out', async () => {
  const cut = '{\n  "lineage": "ü",\n  "serial": 12,\n  "resources": {\n    "serv';
  expect(await readOf(cut)).toEqual([
    'DamagedStateError',
    `the state of production in memory/production.json is not JSON: it breaks at byte 58 of 63 (line 5, column 5)`,
    untouched,
    wayOut,
  ]);
});

test('an empty file is called empty', async () => {
  expect((await readOf(''))[1]).toBe('the state of production in memory/production.json is empty (0 bytes)');
});

test('a document of the wrong shape names the places', async () => {
  const document = JSON.parse(sample);
  document.serial = 'twelve';
  document.resources['server/production-1'].id = 102030;
  document.resources['teapot/x'] = document.resources['job/web'];
  expect((await readOf(JSON.stringify(document))).slice(1)).toEqual([
    'the state of production in memory/production.json is of the wrong shape: serial: Invalid input: expected number, received string; resources.server/production-1.id: Invalid input: expected string, received number; resources.teapot/x: Invalid key in record',
    untouched,
    wayOut,
  ]);
});

test.each([
  [{ schemaVersion: 5 }, 'a newer release', 'update this tool and run the same command again'],
  [{ schemaVersion: 5, writtenBy: '0.5.0' }, 'release 0.5.0', 'use release 0.5.0 or later'],
])('a newer document %j says who wrote it and which release can read it', async (change, writer, next) => {
  const { writtenBy: _, ...document } = JSON.parse(sample);
  expect((await readOf(JSON.stringify({ ...document, ...change }))).slice(1)).toEqual([
    `the state of production in memory/production.json has schema version 5, written by ${writer}; this release reads version 4`,
    untouched,
    next,
  ]);
});

test('the document of another environment, or of another project, is refused by name', async () => {
  expect((await readOf(sample, 'pr-7'))[1]).toBe(
    'memory/pr-7.json holds the state of production of project aipacto, not of pr-7 of project aipacto',
  );
  expect((await readOf(sample, 'production', 'other')).slice(1)).toEqual([
    'memory/production.json holds the state of production of project aipacto, not of production of project other',
    untouched,
    'put the right file there, or set project: aipacto in infra.yaml if it is the right one',
  ]);
});

test('no document is no state, and no failure', async () => {
  expect(await readState(createMemoryStore(), 'production', 'aipacto', null)).toBeNull();
});

test('the place where a text stops being JSON is found exactly when JSON.parse refuses it', () => {
  const parses = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', '}', '"', ',', '\\', '\u0001', '1.', ' '))
    .map(
      ([json, at, put]) => `${json.slice(0, at % (json.length + 1))}${put}${json.slice((at % (json.length + 1)) + 1)}`,
    );
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
      const position = jsonErrorPosition(text);
      expect(position === undefined).toBe(parses(text));
      // Everything before the place could still have become JSON, so the place is inside the text or at its end.
      if (position !== undefined) expect(position.byte).toBeLessThanOrEqual(Buffer.byteLength(text));
    }),
    { numRuns: 500 },
  );
});

test('any state survives writing and reading', async () => {
  const text = fc.string({ maxLength: 12 });
  const remembered = fc.record({
    kind: fc.constantFrom('server' as const, 'network' as const),
    id: fc.stringMatching(/^\d{1,9}$/),
    name: text,
    createdAt: text,
    fingerprint: text,
    outputs: fc.dictionary(fc.constantFrom('ipv4', 'ipv6'), text),
  });
  const resources = fc.dictionary(fc.stringMatching(/^server\/[a-z]{1,6}$/), remembered);
  await fc.assert(
    fc.asyncProperty(resources, fc.integer({ min: 1 }), async (entries, serial) => {
      const state = { ...(await decodeState(sample, where, plainSealer)), resources: entries, serial } as StateFile;
      expect(await decodeState(await encodeState(state, plainSealer), where, plainSealer)).toEqual(state);
    }),
  );
});
