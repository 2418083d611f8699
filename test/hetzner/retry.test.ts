import { expect, test } from 'vitest';
import { CloudError, NoReplyError } from '../../src/domain/errors.ts';
import type { CloudEffect } from '../../src/domain/plan.ts';
import { apiError, cloudOn, failureOf, listOf } from './kit.ts';
import { actionWire } from './samples.ts';

const page = 'GET /volumes?per_page=50&sort=id:asc&page=1';
const good = { request: page, reply: listOf('volumes', []) };
const powerOn: CloudEffect = { port: 'cloud', op: 'change', kind: 'server', id: '42', change: { op: 'power-on' } };
const powerOnRequest = 'POST /servers/42/actions/poweron';
const accepted = { request: powerOnRequest, status: 201, reply: { action: actionWire(1) } };
const rateLimited = (headers: Record<string, string>) => ({
  status: 429,
  reply: apiError('rate_limit_exceeded', 'limit of 3600 requests per hour reached'),
  headers,
});
const unresolved = () => {
  throw new Error('nothing to resolve here');
};

test('a read is tried again after a lost reply and after a 502 that no API wrote', async () => {
  const { cloud, slept, done } = cloudOn([
    good,
    { request: page, fails: 'lost' },
    { request: page, status: 502, reply: '<html>Bad Gateway</html>' },
    { request: page, status: 504, reply: apiError('timeout', 'request timed out') },
    good,
  ]);
  await cloud.list('volume');
  expect((await cloud.list('volume')).complete).toBe(true);
  expect(slept).toEqual([1_000, 2_000, 4_000]);
  done();
});

test('a read gives up after five retries and says how long it tried', async () => {
  const { cloud, slept, done } = cloudOn([good, ...Array(6).fill({ request: page, fails: 'lost' })]);
  await cloud.list('volume');
  const error = await failureOf(cloud.list('volume'));
  expect(error).toBeInstanceOf(NoReplyError);
  expect(error.message).toContain('read ECONNRESET; gave up after 6 tries in 31 s');
  expect(slept).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  done();
});

test.each([
  ['the connection breaks', { fails: 'lost' } as const],
  ['the reply never comes', { fails: 'never' } as const],
  ['a gateway answers 502', { status: 502, reply: '<html>Bad Gateway</html>' }],
  ['a gateway answers 504', { status: 504, reply: apiError('timeout', 'timeout') }],
  ['the API breaks down with 500', { status: 500, reply: apiError('server_error', 'internal error') }],
  ['the body breaks off', { status: 201, reply: '{"action":{"id":1,"comm' }],
])('a write is never repeated when %s: its outcome is unknown', async (_, outcome) => {
  const { cloud, slept, done } = cloudOn([{ request: powerOnRequest, ...outcome }]);
  const error = await failureOf(cloud.perform(powerOn, unresolved));
  expect(error).toBeInstanceOf(NoReplyError);
  expect(error.message).toContain('whether it took effect is unknown');
  expect(slept).toEqual([]);
  done();
});

test('a write that was refused because the project changes or the object is locked is tried again', async () => {
  const { cloud, slept, notices, done } = cloudOn([
    { request: powerOnRequest, status: 409, reply: apiError('conflict', 'conflict') },
    { request: powerOnRequest, status: 423, reply: apiError('locked', 'server is locked') },
    accepted,
  ]);
  expect(await cloud.perform(powerOn, unresolved)).toEqual({ actionIds: [1], outputs: {} });
  expect(slept).toEqual([1_000, 3_000]);
  expect(notices[1]).toBe('POST /servers/42/actions/poweron: server is locked (locked, HTTP 423); trying again in 3 s');
  done();
});

test('an object that stays locked is given up after three minutes, and the error says so', async () => {
  const { cloud, done } = cloudOn(
    Array(61).fill({ request: powerOnRequest, status: 423, reply: apiError('locked', 'server is locked') }),
  );
  const error = (await failureOf(cloud.perform(powerOn, unresolved))) as CloudError;
  expect([error.code, error.retryable]).toEqual(['locked', true]);
  expect(error.message).toContain('gave up after 61 tries in 180 s');
  done();
});

test.each(['uniqueness_error', 'resource_unavailable', 'protected', 'invalid_input', 'unavailable'])(
  'a write refused with %s is not tried again',
  async (code) => {
    const { cloud, slept, done } = cloudOn([{ request: powerOnRequest, status: 422, reply: apiError(code, 'no') }]);
    expect(await failureOf(cloud.perform(powerOn, unresolved))).toBeInstanceOf(CloudError);
    expect(slept).toEqual([]);
    done();
  },
);

test('a 429 waits until RateLimit-Reset, for writes too', async () => {
  const reset = (clockNow: number, seconds: number) => String(Math.floor(clockNow / 1000) + seconds);
  const start = Date.UTC(2026, 10, 24);
  const headers = { 'ratelimit-limit': '3600', 'ratelimit-remaining': '0', 'ratelimit-reset': reset(start, 20) };
  const { cloud, slept, clock, done } = cloudOn([
    { request: powerOnRequest, ...rateLimited(headers) },
    { ...accepted, headers: { ...headers, 'ratelimit-remaining': '19' } },
  ]);
  await cloud.perform(powerOn, unresolved);
  expect(slept[0]).toBe(20_000);
  expect(clock.now() - start).toBe(20_000);
  expect(cloud.usage().requests).toEqual({ read: 0, write: 2 });
  done();
});

test('a 429 far from its reset waits a minute at most: a minute refills sixty requests', async () => {
  const headers = {
    'ratelimit-limit': '3600',
    'ratelimit-remaining': '0',
    'ratelimit-reset': String(Date.UTC(2026, 10, 24, 1) / 1000),
  };
  const { cloud, slept, done } = cloudOn([{ request: powerOnRequest, ...rateLimited(headers) }, accepted]);
  await cloud.perform(powerOn, unresolved);
  expect(slept[0]).toBe(60_000);
  done();
});

test('a 429 without headers, as a gateway sends it, is waited for as well and ends after twenty tries', async () => {
  const { cloud, done } = cloudOn(Array(21).fill({ request: powerOnRequest, ...rateLimited({}) }));
  const error = await failureOf(cloud.perform(powerOn, unresolved));
  expect(error.message).toContain('gave up after 21 tries in 1200 s');
  done();
});

test('told to stop while it waits, a refused write is not sent again: the refusal is what is known', async () => {
  const stop = new AbortController();
  const { cloud, clock, done } = cloudOn([
    { request: powerOnRequest, status: 423, reply: apiError('locked', 'server is locked') },
  ]);
  const outcome = failureOf(cloud.perform(powerOn, unresolved, { signal: stop.signal }));
  await clock.sleep(1_000);
  stop.abort();
  expect((await outcome).message).toBe('POST /servers/42/actions/poweron: server is locked (locked, HTTP 423)');
  done();
});

test('before a refused write is sent again the caller is asked, and a lost lease ends it', async () => {
  const { cloud, done } = cloudOn([{ request: powerOnRequest, status: 409, reply: apiError('conflict', 'conflict') }]);
  const beforeRetry = () => Promise.reject(new Error('the lease is lost'));
  expect((await failureOf(cloud.perform(powerOn, unresolved, { beforeRetry }))).message).toBe('the lease is lost');
  done();
});
