import { expect, test } from 'vitest';
import { runnerAddress } from '../../src/compose/runner-address.ts';
import type { Fetch } from '../../src/ports/machines.ts';

/** Services by address: text is an answer, a number a status, an error silence. */
const answering = (answers: Readonly<Record<string, string | number | Error>>) => {
  const asked: string[] = [];
  const fetch: Fetch = async (request) => {
    asked.push(request.url);
    expect(request.signal.aborted).toBe(false);
    const answer = answers[request.url];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('getaddrinfo ENOTFOUND');
    return typeof answer === 'number' ? new Response('no', { status: answer }) : new Response(answer);
  };
  return { asked, fetch };
};
const [v4, v6] = ['https://api.ipify.org/', 'https://api6.ipify.org/'];
const find = (
  { fetch }: { readonly fetch: Fetch },
  {
    given = null,
    seen,
    ...env
  }: { given?: string | null; seen?: string } & Record<string, string | null | undefined> = {},
): Promise<string> =>
  runnerAddress({ env: env as Record<string, string>, callerAddress: async () => seen, fetch }, given);

test('what is given counts before the variable, that before what an emulated cloud sees, and a service comes last', async () => {
  const service = answering({ [v4]: '192.0.2.1\n' });
  const all = { given: '203.0.113.7', RECONCILE_RUNNER_ADDRESS: '198.51.100.7', seen: '192.0.2.9' };
  expect(await find(service, all)).toBe('203.0.113.7/32');
  expect(await find(service, { ...all, given: null })).toBe('198.51.100.7/32');
  expect(await find(service, { seen: '192.0.2.9' })).toBe('192.0.2.9/32');
  expect(service.asked).toEqual([]);
  expect(await find(service)).toBe('192.0.2.1/32');
  expect(service.asked).toEqual([v4]);
});

test('a runner without IPv4 is let in by its IPv6 address, in one spelling', async () => {
  const service = answering({ [v6]: '2001:DB8:0:0::7' });
  expect(await find(service)).toBe('2001:db8::7/128');
  expect(service.asked).toEqual([v4, v6]);
  expect(await find(service, { given: '2001:db8::8/128' })).toBe('2001:db8::8/128');
});

test('an answer that is no public address lets nobody in, and each service is named with what it said', async () => {
  for (const answer of ['<html>', '10.0.0.7', '127.0.0.1', '100.64.1.1', '203.0.113.0/24', 'x'.repeat(10_000), '', 503])
    await expect(find(answering({ [v4]: answer, [v6]: 'fd00::1' }))).rejects.toThrow(
      /^the address of this machine could not be found out: https:\/\/api\.ipify\.org: it answered.*https:\/\/api6/s,
    );
  await expect(find(answering({}))).rejects.toMatchObject({
    next: 'name it: --allow-runner ADDRESS, or RECONCILE_RUNNER_ADDRESS',
  });
});

test('another service is asked alone, and only over https: whoever changes its answer gets in', async () => {
  const service = answering({ 'https://ip.example.com/me': '203.0.113.7' });
  expect(await find(service, { RECONCILE_ADDRESS_SERVICE: 'https://ip.example.com/me' })).toBe('203.0.113.7/32');
  expect(service.asked).toEqual(['https://ip.example.com/me']);
  await expect(find(service, { RECONCILE_ADDRESS_SERVICE: 'http://ip.example.com/me' })).rejects.toThrow(
    'RECONCILE_ADDRESS_SERVICE is no https address',
  );
});

test('a range, a name, nothing: no single address', async () => {
  for (const given of [
    '0.0.0.0/0',
    '203.0.113.0/24',
    '203.0.113.7/31',
    'runner.example.com',
    '203.0.113.7, 203.0.113.8',
    ' ',
  ])
    await expect(find(answering({}), { given })).rejects.toMatchObject({ exitCode: 64 });
});

test('a refusal names the option that was written', async () => {
  const sources = { env: {}, callerAddress: async () => undefined };
  await expect(runnerAddress(sources, '203.0.113.0/24', '--address')).rejects.toMatchObject({
    message: expect.stringContaining('--address names no single IP address'),
    next: expect.stringContaining('--address 203.0.113.7'),
  });
});
