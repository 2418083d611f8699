import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreError } from '../../src/domain/errors.ts';
import { placeOf, storeAt } from '../s3/places.ts';
import { type S3Model, startS3Model } from '../support/s3-model.ts';

let model: S3Model;
beforeEach(async () => {
  model = await startS3Model();
});
afterEach(() => model.stop());
const store = (requestMs?: number) => storeAt(placeOf(model, 'team'), requestMs === undefined ? {} : { requestMs });
const created = async (text = 'one'): Promise<string> => {
  const outcome = await store().putIfAbsent('a.json', text);
  if (!outcome.ok) throw new Error('not created');
  return outcome.etag;
};
const failureOf = async (work: Promise<unknown>): Promise<StoreError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StoreError)) throw new Error(`no StoreError, but ${error}`);
  return error;
};
const puts = () => model.requests.filter(({ operation }) => operation === 'PUT');

test('no write carries a checksum that Hetzner’s store answers with 400, and the key lies under the prefix', async () => {
  model.quirks.rejectChecksums = true;
  await created();
  expect(puts().map(({ key, status }) => [key, status])).toEqual([['team/a.json', 200]]);
});

test.each(['quoted', 'unquoted'] as const)(
  'a store that takes only %s ETags: found out by one write, then known',
  async (kind) => {
    model.quirks[kind === 'quoted' ? 'quotedOnly' : 'unquotedOnly'] = true;
    const etag = await created();
    const one = store();
    const second = await one.putIfMatch('a.json', 'two', etag);
    expect(second.ok).toBe(true);
    expect(one.conditions?.spelling()).toBe(kind);
    const before = model.requests.length;
    expect((await one.putIfMatch('a.json', 'three', second.ok ? second.etag : '')).ok).toBe(true);
    expect(model.requests.length - before).toBe(1);
  },
);

test('a spelling that is remembered spares the first write from finding out', async () => {
  model.quirks.quotedOnly = true;
  const etag = await created();
  const one = store();
  one.conditions?.spell('quoted');
  expect((await one.putIfMatch('a.json', 'two', etag)).ok).toBe(true);
  expect(model.counts()).toEqual({ PUT: 2 });
});

test('a conflict decides nothing and is asked again, a few times', async () => {
  const etag = await created();
  model.quirks.conflict409 = 2;
  expect((await store().putIfMatch('a.json', 'two', etag)).ok).toBe(true);
  expect(puts().map(({ status }) => status)).toEqual([200, 409, 409, 200]);
});

test('conflicts without an end have one: the write was not carried out, and is said to be so', async () => {
  const etag = await created();
  model.quirks.conflict409 = 1000;
  const { kind, message } = await failureOf(store().putIfMatch('a.json', 'two', etag));
  expect([kind, message]).toEqual(['refused', expect.stringMatching(/^can't write s3:.*5 times in a row$/)]);
  expect(model.objects.text('team/a.json')).toBe('one');
}, 20_000);

test('a write whose reply is lost is sent once, and its outcome is unknown: who wrote it has to look', async () => {
  model.quirks.loseReply = 1;
  const { kind, done } = await failureOf(store().putIfAbsent('a.json', 'one'));
  expect([kind, done]).toEqual(['unknown', ['whether it was carried out is not known']]);
  expect(puts()).toHaveLength(1);
  expect((await store().get('a.json'))?.text).toBe('one');
});

test('a write that is answered 500, or not at all in time, is sent once and unknown as well', async () => {
  model.quirks.refuse = { status: 500, code: 'InternalError' };
  expect(await failureOf(store().putIfAbsent('a.json', 'one'))).toMatchObject({ kind: 'unknown' });
  delete model.quirks.refuse;
  model.quirks.silent = true;
  const late = await failureOf(store(200).putIfAbsent('b.json', 'one'));
  expect([late.kind, late.message]).toEqual(['unknown', expect.stringContaining('did not answer within 0.2 s')]);
  expect(puts()).toHaveLength(2);
});

test('a write that never left is no unknown one', async () => {
  const nowhere = store();
  await model.stop();
  const { kind, message } = await failureOf(nowhere.putIfAbsent('a.json', 'one'));
  expect([kind, message]).toEqual(['unreachable', expect.stringContaining('connection refused')]);
});

test('what only reads is tried three times, with pauses', async () => {
  await created();
  model.quirks.refuse = { status: 503, code: 'SlowDown' };
  const { message } = await failureOf(store().get('a.json'));
  expect(message).toBe(
    `can't read s3://infra-state/team/a.json: ${model.endpoint} answers HTTP 503 (SlowDown), 3 times in a row`,
  );
  expect(model.counts()).toEqual({ PUT: 1, GET: 3 });
});

test('the store tells its time with every reply, also with a refusal', async () => {
  model.quirks.clockSkewMs = -90_000;
  const one = store();
  expect(one.skewMs?.()).toBeUndefined();
  await one.get('missing.json');
  expect(Math.abs((one.skewMs?.() ?? 0) + 90_000)).toBeLessThan(2_000);
});
