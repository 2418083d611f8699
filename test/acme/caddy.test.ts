import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { environmentOf } from '../desired/inputs.ts';
import { ask } from '../ingress/ask.ts';
import { createNode } from '../ingress/node.ts';
import { freePorts, lacking, until } from '../ingress/processes.ts';
import { createPebble, noPebble } from './pebble.ts';

const missing = `${noPebble}${lacking(['caddy', 'python3'])}`;

describe.skipIf(missing !== '')(`tls: caddy, with a real certificate authority${missing}`, () => {
  test('Caddy gets its certificate by itself, through port 80 or 443; port 80 sends visitors on', async () => {
    const [http = 0, https = 0] = await freePorts(2);
    const pebble = await createPebble({ httpPort: http, tlsPort: https });
    const staging = environmentOf({ type: 'staging' });
    const acme = { directory: pebble.directory, ca: pebble.ca, email: 'ops@aipacto.com' };
    const node = await createNode({ ...staging, acme }, { ports: { http, https } });
    try {
      await node.startCaddy();
      const host = staging.domain;
      const ca = await pebble.root();
      const { status } = await until('HTTPS', () => ask({ port: https, host, ca }), 30);
      expect(status).toBe(503);
      expect(await issuerOf(https, host)).toMatch(/^Pebble Intermediate CA/);
      const plain = await ask({ port: http, host, path: '/a' });
      expect([plain.status, plain.headers.location]).toEqual([308, `https://${host}/a`]);
    } finally {
      await node.end();
      await pebble.end();
    }
  }, 60_000);
});

const issuerOf = (port: number, servername: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().issuer.CN));
      socket.destroy();
    });
    socket.once('error', reject);
  });
