import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { Environment } from '../../src/domain/environment.ts';
import { selfSigned } from '../contract/self-signed.ts';
import { environmentOf } from '../desired/inputs.ts';
import { poolConfig } from '../pool/config.ts';
import { type App, createApp } from './app.ts';
import { ask } from './ask.ts';
import { createNode, type IngressNode, type NodeOptions } from './node.ts';
import { lacking, type Running, until } from './processes.ts';

/** The Caddyfile of every way of TLS, in a real Caddy. */
const missing = lacking(['caddy', 'python3']);
const production = environmentOf({ type: 'production' });
const staging = environmentOf({ type: 'staging' });
const preview = environmentOf({ type: 'pr', pullRequest: 7 });
const pool = environmentOf({ type: 'pool' }, poolConfig());
const hosting = environmentOf({ type: 'staging' }, poolConfig('    pool: { on: staging }\n'));
const host = staging.domain;

describe.skipIf(missing !== '')(`Caddy${missing}`, () => {
  const opened: { end(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.end()));
  });
  const nodeOf = async (environment: Environment, options?: NodeOptions): Promise<IngressNode> => {
    const node = await createNode(environment, options);
    opened.push(node);
    return node;
  };
  /** Caddy, the router and an application behind them. */
  const running = async (
    environment: Environment,
    options: NodeOptions & { readonly prepare?: (node: IngressNode) => void } = {},
  ): Promise<{ node: IngressNode; app: App; caddy: Running }> => {
    const node = await nodeOf(environment, options);
    options.prepare?.(node);
    const app = await createApp('app');
    opened.push(app);
    const { caddy } = await node.startCaddy();
    node.routeAll(app.port);
    return { node, app, caddy };
  };
  /** Caddy's own authority, of which every node has one. */
  const localRoot = (node: IngressNode): Promise<string> => {
    const file = join(node.folder, 'caddy/pki/authorities/local/root.crt');
    return until("Caddy's own authority", () => existsSync(file) && readFileSync(file, 'utf8'));
  };
  const accessLog = (caddy: Running): Record<string, unknown>[] =>
    caddy
      .log()
      .split('\n')
      .filter((line) => line.includes('"http.log.access'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test.each<[string, Environment]>([
    ['managed', production],
    ['acme-dns behind a load balancer', { ...production, tls: 'acme-dns' }],
    ['acme-dns without', { ...staging, tls: 'acme-dns' }],
    ['caddy', staging],
    [
      'caddy with a private authority',
      { ...staging, acme: { directory: 'https://ca.example/dir', ca: selfSigned('ca').certificate } },
    ],
    ['internal', { ...staging, tls: 'internal' }],
    ['off', preview],
    ['off, with previews on it', pool],
    ['internal, with previews on it that have it too', { ...pool, tls: 'internal' }],
    ['caddy, with previews on it that have none', hosting],
  ])('accepts the configuration of tls: %s', async (_mode, environment) => {
    const node = await nodeOf(environment);
    putCertificate(node, host);
    expect(node.validate()).toBe('');
  });

  test('internal: HTTPS by HTTP/2 with /3 offered, headers that protect, and none that tell', async () => {
    const { node, app } = await running({ ...staging, tls: 'internal' });
    const ca = await localRoot(node);
    app.headers = {
      server: 'app/1.2.3',
      'strict-transport-security': 'max-age=1; includeSubDomains; preload',
      'content-security-policy': "default-src 'self'",
    };
    const { headers, body } = await until('HTTPS', () => ask({ port: node.ports.https, host, ca }));
    expect(headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'content-security-policy': "default-src 'self'",
      'alt-svc': expect.stringContaining('h3='),
    });
    expect([headers.server, headers.via]).toEqual([undefined, undefined]);
    const seen = JSON.parse(body) as { headers: Record<string, string> };
    expect(seen.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', host });

    const session = connectHttp2(`https://${host}:${node.ports.https}`, {
      createConnection: () =>
        connectTls({ host: '127.0.0.1', port: node.ports.https, servername: host, ca, ALPNProtocols: ['h2'] }),
    });
    const status = await new Promise((resolve, reject) => {
      session.once('error', reject);
      session.request({ ':path': '/', ':authority': host }).once('response', (got) => resolve(got[':status']));
    });
    session.close();
    expect(status).toBe(200);
  });

  test('previews without TLS beside names with it: each is answered as its own', async () => {
    const { node } = await running({ ...hosting, tls: 'internal' });
    const plain = (name: string) => ask({ port: node.ports.http, host: name, path: '/x' });
    await until('a preview', async () => (await plain('pr-7.pr.aipacto.com')).status === 200);
    expect((await plain(host)).headers.location).toBe(`https://${host}/x`);
    expect((await plain('elsewhere.example')).status).toBe(404);
  });

  test('internal: port 80 sends to HTTPS, answers only for itself, and for no other name', async () => {
    const { node } = await running({ ...staging, tls: 'internal' });
    const plain = (name: string, path: string) => ask({ port: node.ports.http, host: name, path });
    expect((await plain(host, '/a?b=c')).headers.location).toBe(`https://${host}/a?b=c`);
    expect((await plain(host, '/a')).status).toBe(308);
    expect((await plain('bank.example', '/a')).status).toBe(404);
    expect((await plain('10.1.1.11', '/healthz')).body).toBe('ok');
  });

  test('off: plain HTTP under any name, without HSTS; answers are compressed where that is wanted', async () => {
    const { node, app } = await running(preview);
    const { status, headers } = await ask({ port: node.ports.http, host: 'anything.example' });
    expect([status, headers['strict-transport-security'], headers['alt-svc']]).toEqual([200, undefined, undefined]);
    app.headers = { 'x-long': 'x'.repeat(10) };
    const path = `/${'long/'.repeat(200)}`;
    const { headers: compressed } = await ask({
      port: node.ports.http,
      host,
      path,
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(compressed['content-encoding']).toBe('gzip');
  });

  test('forged X-Forwarded headers are dropped; those of the load balancer count', async () => {
    const forged = {
      'x-forwarded-for': '198.51.100.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'bank.example',
    };
    const seenBy = async (options: NodeOptions) => {
      const { node } = await running(production, options);
      const { body } = await ask({ port: node.ports.http, host: 'aipacto.com', headers: forged });
      const { headers } = JSON.parse(body) as { headers: Record<string, string> };
      return [headers['x-forwarded-for'], headers['x-forwarded-proto'], headers['x-forwarded-host']];
    };
    expect(await seenBy({})).toEqual(['127.0.0.1', 'http', 'aipacto.com']);
    expect(await seenBy({ loadBalancerIp: '127.0.0.1' })).toEqual(['198.51.100.7', 'https', 'aipacto.com']);
  });

  test('acme-dns behind a load balancer: the PROXY header tells who asks, from the load balancer alone', async () => {
    const seenBy = async (options: NodeOptions) => {
      const { node } = await running(
        { ...production, tls: 'acme-dns' },
        { ...options, prepare: (one) => putCertificate(one, 'aipacto.com') },
      );
      return throughProxyHeader(node.ports.https, 'aipacto.com');
    };
    expect(await seenBy({ loadBalancerIp: '127.0.0.1' })).toBe('198.51.100.7');
    expect(await seenBy({})).toBe('127.0.0.1');
  });

  test('acme-dns: a renewed certificate is served after a reload, though the configuration is the same', async () => {
    const { node } = await running({ ...staging, tls: 'acme-dns' }, { prepare: (one) => putCertificate(one, host) });
    const before = await certificateOf(node.ports.https, host);
    putCertificate(node, host);
    expect(await certificateOf(node.ports.https, host)).toBe(before);
    expect(node.reload()).toBe('');
    await until('another certificate', async () => (await certificateOf(node.ports.https, host)) !== before);
  });

  test('the access log is JSON and holds no cookie, no authorization, no token; health checks are not in it', async () => {
    const { node, app, caddy } = await running(preview);
    app.headers = { 'set-cookie': 'session=s3cr3t-set' };
    await ask({ port: node.ports.http, host, path: '/healthz' });
    await ask({
      port: node.ports.http,
      host,
      path: '/seen?token=s3cr3t-token&page=2',
      headers: { cookie: 'session=s3cr3t-cookie', authorization: 'Bearer s3cr3t-bearer' },
    });
    const [line, ...more] = await until('a line', () => accessLog(caddy).length > 0 && accessLog(caddy));
    expect(more).toEqual([]);
    expect(line).toMatchObject({ status: 200, request: { method: 'GET', host, client_ip: '127.0.0.1' } });
    expect(JSON.stringify(line)).toContain('/seen?page=2&token=REDACTED');
    expect(caddy.log()).not.toContain('s3cr3t');
  });

  test('metrics are there on the private address, and nowhere else', async () => {
    const { node } = await running(preview);
    await ask({ port: node.ports.http, host });
    const metrics = await ask({ port: node.ports.metrics, host: '127.0.0.1', path: '/metrics' });
    expect(metrics.body).toContain('caddy_http_requests_total');
    const { body } = await ask({ port: node.ports.http, host, path: '/metrics' });
    expect((JSON.parse(body) as { app: string }).app).toBe('app');
  });

  test('a Caddy that stops says so to the load balancer first, and goes on answering until it has been left', async () => {
    const { node, caddy } = await running(preview);
    const gone = caddy.end();
    await until('503 for the load balancer', async () => {
      const { status, body } = await ask({ port: node.ports.http, host, path: '/healthz' });
      return status === 503 && body === 'leaving';
    });
    expect((await ask({ port: node.ports.http, host })).status).toBe(200);
    await gone;
    await expect(ask({ port: node.ports.http, host })).rejects.toThrow('ECONNREFUSED');
  });

  test('a body beyond the limit is refused with 413', async () => {
    const { node } = await running(preview);
    const post = (bytes: number) => ask({ port: node.ports.http, host, method: 'POST', body: 'x'.repeat(bytes) });
    expect((await post(1_000_000)).status).toBe(200);
    expect((await post(101_000_000)).status).toBe(413);
  });
});

const putCertificate = (node: IngressNode, name: string): void => {
  const { certificate, privateKey } = selfSigned(name);
  writeFileSync(join(node.folder, 'tls/certificate.pem'), certificate);
  writeFileSync(join(node.folder, 'tls/key.pem'), privateKey);
};

const certificateOf = (port: number, name: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername: name, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });

/** Asks as a load balancer that passes TLS through; gives the visitor's address as the application saw it. */
const throughProxyHeader = (port: number, name: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const plain = createConnection(port, '127.0.0.1', () => {
      plain.write('PROXY TCP4 198.51.100.7 127.0.0.1 40000 443\r\n');
      const socket = connectTls({ socket: plain, servername: name, rejectUnauthorized: false }, () => {
        socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
      });
      let text = '';
      socket.setEncoding('utf8');
      socket.on('data', (chunk: string) => {
        text += chunk;
      });
      socket.once('error', reject);
      socket.once('close', () => resolve(/"x-forwarded-for":"([^"]*)"/.exec(text)?.[1] ?? text));
    });
    plain.once('error', reject);
  });
