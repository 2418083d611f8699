import { expect, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createGatewayMachines } from '../../src/machines/gateway.ts';

const target = { name: 'web-1', privateIp: '10.0.1.11', publicIp: null };
const setUp = (reply: () => Response | Promise<Response>) => {
  const seen: { method: string; url: string; token: string | null; body: string }[] = [];
  const machines = createGatewayMachines({
    endpoint: 'http://127.0.0.1:4000/v1',
    token: new Secret('the-token'),
    fetch: async (request) => {
      const { method, url, headers } = request;
      seen.push({ method, url, token: headers.get('authorization'), body: await request.text() });
      return reply();
    },
  });
  return { machines, seen };
};

test('a request goes to the machine’s port through the gateway, with method, query, body and token', async () => {
  const { machines, seen } = setUp(() => new Response('{}', { headers: { 'x-emulator-machine': 'web-1' } }));
  const request = new Request('http://10.0.1.11:4646/v1/job/a%2Fb?purge=true', { method: 'POST', body: '{"Job":1}' });
  expect((await machines.fetchThrough(target)(request)).status).toBe(200);
  expect(seen).toEqual([
    {
      method: 'POST',
      url: 'http://127.0.0.1:4000/_emulator/machines/web-1/4646/v1/job/a%2Fb?purge=true',
      token: 'Bearer the-token',
      body: '{"Job":1}',
    },
  ]);
});

test('the machine’s own error is a reply, the gateway’s is no reply', async () => {
  const own = setUp(() => new Response('sick', { status: 502, headers: { 'x-emulator-machine': 'web-1' } }));
  expect((await own.machines.fetchThrough(target)(new Request('http://10.0.1.11/'))).status).toBe(502);
  const gateway = setUp(() => new Response('connection refused on port 80 of web-1', { status: 502 }));
  await expect(gateway.machines.fetchThrough(target)(new Request('http://10.0.1.11/'))).rejects.toThrow(
    'web-1 port 80: connection refused on port 80 of web-1',
  );
});

test('boot stages are passed on; nobody there is unreachable, a refusal is an error', async () => {
  const boot = (status: number, body: unknown) =>
    setUp(() => Response.json(body, { status })).machines.bootStatus(target);
  expect(await boot(200, { stage: 'done' })).toEqual({ stage: 'done' });
  expect(await boot(200, { stage: 'error', detail: 'apt' })).toEqual({ stage: 'error', detail: 'apt' });
  expect(await boot(200, { stage: 'unreachable', detail: 'off' })).toEqual({ stage: 'unreachable', because: 'off' });
  expect(await boot(404, {})).toEqual({ stage: 'unreachable', because: 'there is no server web-1' });
  await expect(boot(401, { error: 'unauthorized' })).rejects.toThrow('the gateway to web-1 refused: 401');
  const dead = setUp(() => Promise.reject(new Error('ECONNREFUSED'))).machines.bootStatus(target);
  expect(await dead).toEqual({ stage: 'unreachable', because: 'ECONNREFUSED' });
});

test('files are handed over as they are, and a refusal is told', async () => {
  const fine = setUp(() => Response.json({ installed: ['/etc/x'] }));
  const file = { path: '/etc/x', mode: '0600', owner: 'root:root' };
  await fine.machines.deliver(target, [
    { ...file, content: new Secret('the secret') },
    { ...file, path: '/etc/y', content: 'open' },
  ]);
  expect(fine.seen).toEqual([
    {
      method: 'POST',
      url: 'http://127.0.0.1:4000/_emulator/machines/web-1/deliver',
      token: 'Bearer the-token',
      body: JSON.stringify([
        { ...file, content: 'the secret' },
        { ...file, path: '/etc/y', content: 'open' },
      ]),
    },
  ]);
  const refused = setUp(() => new Response('connection refused on port 22 of web-1', { status: 502 }));
  await expect(refused.machines.deliver(target, [])).rejects.toThrow(
    'the gateway to web-1 refused: 502 connection refused on port 22 of web-1',
  );
});

test('the end of a log is asked by unit and number of lines', async () => {
  const { machines, seen } = setUp(() => new Response('one\ntwo'));
  expect(await machines.logTail(target, 'nomad.service', 20)).toBe('one\ntwo');
  expect(seen[0]?.url).toBe('http://127.0.0.1:4000/_emulator/machines/web-1/log?unit=nomad.service&lines=20');
});

test('a running boot tells that it waits for files, a finished one where its time went', async () => {
  const boot = (body: unknown) => setUp(() => Response.json(body)).machines.bootStatus(target);
  const waiting = { stage: 'running', detail: 'cloud-init: awaiting keys', awaitsFiles: true };
  expect(await boot(waiting)).toEqual(waiting);
  const done = { stage: 'done', timings: [{ what: 'bootstrap: packages', ms: 14_000 }] };
  expect(await boot(done)).toEqual(done);
});

test('https goes the same way: there is no TLS behind the gateway', async () => {
  const { machines, seen } = setUp(() => new Response('{}', { headers: { 'x-emulator-machine': 'web-1' } }));
  await machines.fetchThrough(target, { ca: 'any' })(new Request('https://10.0.1.11:8501/v1/status/leader'));
  await machines.fetchThrough(target)(new Request('https://10.0.1.11/'));
  expect(seen.map(({ url }) => url)).toEqual([
    'http://127.0.0.1:4000/_emulator/machines/web-1/8501/v1/status/leader',
    'http://127.0.0.1:4000/_emulator/machines/web-1/443/',
  ]);
});
