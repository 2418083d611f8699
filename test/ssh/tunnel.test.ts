import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { makeAuthority, serverCertificate } from '../../src/cluster/keys/certificates.ts';
import { systemClock } from '../../src/local/clock.ts';
import { systemRandom } from '../../src/local/random.ts';
import { setUp, target } from './kit.ts';

const servers: (HttpServer | TcpServer)[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
const listening = async (server: HttpServer | TcpServer): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const echo: RequestListener = (request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const { method, url, headers } = request;
    const body = Buffer.concat(parts).toString('utf8');
    response.setHeader('x-two', ['a', 'b']);
    response.end(JSON.stringify({ method, url, host: headers.host, token: headers['x-consul-token'], body }));
  });
};
const given = { clock: systemClock, random: systemRandom };
const secureServer = async (privateIp: string, handle: RequestListener) => {
  const ca = await makeAuthority('aipacto-pr-7', given);
  const identity = { name: 'pr-7-1', privateIp, datacenter: 'pr-7' };
  const { certificate, key } = await serverCertificate(ca, identity, given);
  return {
    ca: ca.certificate,
    port: await listening(createSecureServer({ cert: certificate, key: key.reveal() }, handle)),
  };
};

test('a request goes to the address as the server sees it, with method, path, headers and body; so does the answer', async () => {
  const { machine, machines } = await setUp();
  const port = await listening(createServer(echo));
  const response = await machines().fetchThrough(target)(
    new Request(`http://10.0.1.11:${port}/v1/kv/a%2Fb?cas=0`, {
      method: 'PUT',
      headers: { 'x-consul-token': 't' },
      body: 'größe',
    }),
  );
  expect(response.status).toBe(200);
  expect(response.headers.get('x-two')).toBe('a, b');
  expect(await response.json()).toEqual({
    method: 'PUT',
    url: '/v1/kv/a%2Fb?cas=0',
    host: `10.0.1.11:${port}`,
    token: 't',
    body: 'größe',
  });
  expect(machine.seen.forwards).toEqual([`10.0.1.11:${port}`]);
});

test('https: the certificate must be signed by the given CA and name the private address', async () => {
  const { machines } = await setUp();
  const ours = machines();
  const { ca, port } = await secureServer('10.0.1.11', echo);
  const fetch = ours.fetchThrough(target, { ca });
  const reply = await fetch(new Request(`https://10.0.1.11:${port}/v1/status/leader`));
  expect(await reply.json()).toMatchObject({ method: 'GET', url: '/v1/status/leader' });

  await expect(fetch(new Request(`https://10.0.1.12:${port}/`))).rejects.toThrow(
    `pr-7-1 port ${port}: Hostname/IP does not match certificate's altnames: IP: 10.0.1.12 is not in the cert's list: 127.0.0.1, 10.0.1.11`,
  );
  const stranger = await makeAuthority('aipacto-pr-7', given);
  await expect(
    ours.fetchThrough(target, { ca: stranger.certificate })(new Request(`https://10.0.1.11:${port}/`)),
  ).rejects.toThrow(/certificate/);
  await expect(ours.fetchThrough(target)(new Request(`https://10.0.1.11:${port}/`))).rejects.toThrow(/certificate/);
});

test('reads share channels, over https too; a write has its own', async () => {
  const { machine, machines } = await setUp();
  const { ca, port } = await secureServer('10.0.1.11', echo);
  const fetch = machines().fetchThrough(target, { ca });
  const get = async () => (await fetch(new Request(`https://10.0.1.11:${port}/`))).text();
  for (let n = 0; n < 5; n += 1) await get();
  expect(machine.seen.forwards.length).toBe(1);
  await (await fetch(new Request(`https://10.0.1.11:${port}/`, { method: 'PUT' }))).text();
  expect(machine.seen.forwards.length).toBe(2);
  // Twenty at once need a channel each; the next twenty find those.
  await Promise.all([...Array(20)].map(get));
  const opened = machine.seen.forwards.length;
  await Promise.all([...Array(20)].map(get));
  expect(machine.seen.forwards.length).toBe(opened);
  // All of it over the connection of the first contact.
  expect(machine.seen.connections).toBe(2);
});

test('a kept channel that the other side closed meanwhile is replaced, unnoticed', async () => {
  const { machine, machines } = await setUp();
  const server = createServer(echo);
  const port = await listening(server);
  const fetch = machines().fetchThrough(target);
  const get = async () => (await fetch(new Request(`http://10.0.1.11:${port}/`))).status;
  expect(await get()).toBe(200);
  server.closeAllConnections();
  expect(await get()).toBe(200);
  machine.drop();
  expect(await get()).toBe(200);
});

test('nobody listens there: an error that names server and port, and a cause', async () => {
  const { machines } = await setUp();
  const closed = createTcpServer();
  const port = await listening(closed);
  await new Promise((resolve) => closed.close(resolve));
  servers.pop();
  const error: Error = await machines()
    .fetchThrough(target)(new Request(`http://10.0.1.11:${port}/`))
    .then(() => undefined)
    .catch((caught) => caught);
  expect(error.message).toMatch(new RegExp(`^pr-7-1 port ${port}: `));
  expect(error.cause).toBeInstanceOf(Error);
});

test('a server that answers and hangs up in the middle, or at once, is an error and no hang', async () => {
  const { machines } = await setUp();
  const fetch = machines().fetchThrough(target);
  const rude = await listening(createTcpServer((socket) => socket.end()));
  await expect(fetch(new Request(`http://10.0.1.11:${rude}/`))).rejects.toThrow(
    new RegExp(`^pr-7-1 port ${rude}: (socket hang up|the channel is closed)$`),
  );
  const half = await listening(
    createTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this')),
  );
  const response = await fetch(new Request(`http://10.0.1.11:${half}/`));
  await expect(response.text()).rejects.toThrow();
});

test('an abort ends the wait for an answer, and the reading of one', async () => {
  const { machines } = await setUp();
  const fetch = machines().fetchThrough(target);
  let asked = 0;
  const port = await listening(
    createServer((request, response) => {
      asked += 1;
      if (request.url === '/slow') return;
      response.write('first');
    }),
  );
  const waiting = new AbortController();
  const slow = fetch(new Request(`http://10.0.1.11:${port}/slow`, { signal: waiting.signal }));
  await expect.poll(() => asked).toBe(1);
  waiting.abort(new Error('enough'));
  await expect(slow).rejects.toThrow('enough');

  const reading = new AbortController();
  const response = await fetch(new Request(`http://10.0.1.11:${port}/endless`, { signal: reading.signal }));
  const text = response.text();
  reading.abort(new Error('enough'));
  await expect(text).rejects.toThrow();

  const before = new AbortController();
  before.abort(new Error('too late'));
  await expect(fetch(new Request(`http://10.0.1.11:${port}/`, { signal: before.signal }))).rejects.toThrow('too late');
  expect(asked).toBe(2);
});

test('large bodies both ways, larger than a channel’s window', async () => {
  const { machines } = await setUp();
  const port = await listening(
    createServer((request, response) => {
      request.pipe(response);
    }),
  );
  const sent = 'abcdefgh'.repeat(600_000);
  const request = new Request(`http://10.0.1.11:${port}/`, { method: 'POST', body: sent });
  const got = await (await machines().fetchThrough(target)(request)).text();
  expect(got.length).toBe(sent.length);
  expect(got === sent).toBe(true);
});

test('an answer without a body, and one to HEAD', async () => {
  const { machines } = await setUp();
  const fetch = machines().fetchThrough(target);
  const port = await listening(
    createServer((request, response) => {
      response.statusCode = request.method === 'HEAD' ? 200 : 204;
      response.end();
    }),
  );
  const empty = await fetch(new Request(`http://10.0.1.11:${port}/`));
  expect([empty.status, await empty.text()]).toEqual([204, '']);
  const head = await fetch(new Request(`http://10.0.1.11:${port}/`, { method: 'HEAD' }));
  expect([head.status, await head.text()]).toEqual([200, '']);
});
