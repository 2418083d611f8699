import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { CloudError, NoReplyError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createHetznerCloud } from '../../src/hetzner/cloud.ts';
import { writeTimeoutMs } from '../../src/hetzner/transport.ts';
import { systemClock } from '../../src/local/clock.ts';
import { leaseTimesOf } from '../../src/statefile/lease-times.ts';
import { apiError, cloudOn, endpoint, failureOf, listOf, token } from './kit.ts';
import { actionWire } from './samples.ts';

const volumesPage = 'GET /volumes?per_page=50&sort=id:asc&page=1';

test('the client of hcloud-js puts token and name on a request that the injected fetch carries', async () => {
  const { cloud, seen, done } = cloudOn([{ request: volumesPage, reply: listOf('volumes', []) }]);
  expect(await cloud.list('volume')).toEqual({ items: [], complete: true });
  const [request] = seen;
  expect(request?.headers.get('authorization')).toBe(`Bearer ${token}`);
  expect(request?.headers.get('user-agent')).toBe('hcloud-js/1.4.1');
  expect(request?.headers.get('content-type')).toBeNull();
  expect(request?.redirect).toBe('manual');
  done();
});

test('actions are asked 25 a request, with the key repeated', async () => {
  const ids = [...Array(27).keys()].map((n) => n + 1);
  const query = (from: number, to: number) =>
    ids
      .slice(from, to)
      .map((id) => `id=${id}`)
      .join('&');
  const { cloud, done } = cloudOn([
    { request: `GET /actions?${query(0, 25)}`, reply: { actions: ids.slice(0, 25).map((id) => actionWire(id)) } },
    {
      request: `GET /actions?${query(25, 27)}`,
      reply: { actions: ids.slice(25).map((id) => actionWire(id, 'success')) },
    },
  ]);
  const actions = await cloud.actions(ids);
  expect(actions.map(({ id }) => id)).toEqual(ids);
  expect(actions[26]).toEqual({ id: 27, command: 'create_server', status: 'success', progress: 100, error: null });
  done();
});

test('an action that the API leaves out of its answer is named', async () => {
  const { cloud } = cloudOn([{ request: 'GET /actions?id=1&id=2', reply: { actions: [actionWire(1)] } }]);
  const error = await failureOf(cloud.actions([1, 2]));
  expect(error.message).toBe('Hetzner does not know the actions 2 that it started itself');
});

test('an address that refuses the connection is said at once, with the variable that sets it', async () => {
  const { cloud, slept, done } = cloudOn([{ request: volumesPage, fails: 'refused' }]);
  const error = await failureOf(cloud.list('volume'));
  expect(error).toBeInstanceOf(NoReplyError);
  expect(error.message).toBe(`no reply to GET /volumes from ${endpoint}: connect ECONNREFUSED 127.0.0.1:9`);
  expect((error as NoReplyError).next).toContain('HCLOUD_ENDPOINT');
  expect(slept).toEqual([]);
  done();
});

test('a reply that never comes ends after 30 s, that of a write after 15 s: a lease has to outlast it', async () => {
  const { cloud, clock } = cloudOn([{ request: volumesPage, fails: 'never' }]);
  const before = clock.now();
  const error = await failureOf(cloud.list('volume'));
  expect(error.message).toBe(`no reply to GET /volumes from ${endpoint}: no reply within 30 s`);
  expect(clock.now() - before).toBe(30_000);
  const write = cloudOn([{ request: 'DELETE /volumes/7', fails: 'never' }]);
  const effect = { port: 'cloud', op: 'delete', kind: 'volume', id: '7', name: 'data' } as const;
  const lost = await failureOf(write.cloud.perform(effect, String));
  expect(lost.message).toContain('no reply within 15 s; whether it took effect is unknown');
  expect(writeTimeoutMs).toBeLessThanOrEqual(leaseTimesOf().mutateMs - leaseTimesOf().ttlMs / 3);
});

test('a refused token is thrown, not made an incomplete list, and names the variable', async () => {
  const { cloud } = cloudOn([
    {
      request: volumesPage,
      status: 401,
      reply: apiError('unauthorized', 'the token you have provided is invalid'),
      headers: { 'x-correlation-id': '0af1c3d59be1f9aa' },
    },
  ]);
  const error = (await failureOf(cloud.list('volume'))) as CloudError;
  expect(error).toBeInstanceOf(CloudError);
  expect(error.message).toBe(
    'the token in HCLOUD_TOKEN was refused (GET /volumes): the token you have provided is invalid (unauthorized, HTTP 401, 0af1c3d59be1f9aa)',
  );
  expect([error.code, error.status, error.correlationId, error.retryable]).toEqual([
    'unauthorized',
    401,
    '0af1c3d59be1f9aa',
    false,
  ]);
  expect(error.next).toContain('HCLOUD_TOKEN');
});

test('an address that is not the API says so: 404 of another server, or a page that is not JSON', async () => {
  const notFound = cloudOn([{ request: volumesPage, status: 404, reply: '<html>nothing here</html>' }]);
  const error = (await failureOf(notFound.cloud.list('volume'))) as CloudError;
  expect(error.message).toBe('GET /volumes: the answer is no error of the API (not_found, HTTP 404)');
  expect(error.next).toBe(`check HCLOUD_ENDPOINT, now ${endpoint}; the API's own is https://api.hetzner.cloud/v1`);
  const page = cloudOn([{ request: 'GET /pricing', reply: '<html>hello</html>' }]);
  const other = (await failureOf(page.cloud.prices())) as CloudError;
  expect(other.message).toBe('GET /pricing was answered with HTTP 200 and a body that is not JSON');
  expect([other.code, other.next]).toEqual(['unexpected_response', error.next]);
});

test('an answer that is not as documented names the field, and none of its content', async () => {
  const { cloud } = cloudOn([{ request: volumesPage, reply: listOf('volumes', [{ id: 1, name: 5 }]) }]);
  const listing = await cloud.list('volume');
  expect(listing.complete).toBe(false);
  expect(listing.because).toBe(
    'the answer to GET /volumes is not as documented: volumes[0].name: Invalid input: expected string, received number',
  );
});

test('what is wrong with an input is in the message: fields, limits', async () => {
  const effect = { port: 'cloud', op: 'delete', kind: 'network', id: '7', name: 'n' } as const;
  const refuse = async (status: number, reply: unknown) =>
    (await failureOf(cloudOn([{ request: 'DELETE /networks/7', status, reply }]).cloud.perform(effect, () => '')))
      .message;
  expect(
    await refuse(
      422,
      apiError('invalid_input', "invalid input in field 'name'", {
        fields: [{ name: 'name', messages: ['Name must be a valid hostname.'] }],
      }),
    ),
  ).toBe(
    "DELETE /networks/7: invalid input in field 'name' [name: Name must be a valid hostname.] (invalid_input, HTTP 422)",
  );
  expect(
    await refuse(
      403,
      apiError('resource_limit_exceeded', 'server limit exceeded', { limits: [{ name: 'server_limit' }] }),
    ),
  ).toBe('DELETE /networks/7: server limit exceeded [server_limit] (resource_limit_exceeded, HTTP 403)');
  expect(await refuse(422, apiError('invalid_input', 'unsupported location for server type', {}))).toBe(
    'DELETE /networks/7: unsupported location for server type (invalid_input, HTTP 422)',
  );
});

test('over a real socket: a request arrives whole, and a closed port is named', async () => {
  const received: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push(
        `${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']} ${body}`,
      );
      response.writeHead(201, {
        'content-type': 'application/json',
        connection: 'close',
        'ratelimit-limit': '3600',
        'ratelimit-remaining': '3599',
        'ratelimit-reset': '1795478401',
      });
      response.end(JSON.stringify({ action: actionWire(1) }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const options = {
    fetch: (request: Request) => fetch(request),
    token: new Secret(token),
    clock: systemClock,
    random: { hex: () => '', fraction: () => 0 },
  };
  const cloud = createHetznerCloud({ ...options, endpoint: `http://127.0.0.1:${port}/v1/` });
  const powerOn = { port: 'cloud', op: 'change', kind: 'server', id: '42', change: { op: 'power-on' } } as const;
  expect((await cloud.perform(powerOn, () => '')).actionIds).toEqual([1]);
  expect(cloud.usage().budget?.remaining).toBe(3599);
  expect(received).toEqual([`POST /v1/servers/42/actions/poweron Bearer ${token} undefined `]);
  expect(
    (await cloud.perform({ ...powerOn, change: { op: 'change-type', type: 'cx33', upgradeDisk: false } }, () => ''))
      .actionIds,
  ).toEqual([1]);
  expect(received[1]).toBe(
    `POST /v1/servers/42/actions/change_type Bearer ${token} application/json {"server_type":"cx33","upgrade_disk":false}`,
  );
  await new Promise((closed) => server.close(closed));
  const gone = createHetznerCloud({ ...options, endpoint: `http://127.0.0.1:${port}/v1` });
  expect((await failureOf(gone.list('server'))).message).toBe(
    `no reply to GET /servers from http://127.0.0.1:${port}/v1: connect ECONNREFUSED 127.0.0.1:${port}`,
  );
});
