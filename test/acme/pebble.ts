import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '../contract/self-signed.ts';
import { freePorts, start, until } from '../ingress/processes.ts';
import { createNameServer, type NameServer } from './name-server.ts';

/*
 * Let's Encrypt's own test server, which issues by the real protocol. Found on PATH or by PEBBLE_BIN, else what needs
 * it is skipped and counted.
 */
const candidate = process.env['PEBBLE_BIN'] ?? 'pebble';
const pebbleBinary =
  spawnSync(candidate, ['-version'], { stdio: 'ignore' }).error === undefined ? candidate : undefined;
/** '' or ` (skipped: no pebble)`. */
export const noPebble = pebbleBinary === undefined ? ' (skipped: no pebble)' : '';

export interface Pebble {
  readonly directory: string;
  /** PEM: signs the directory's own HTTPS. */
  readonly ca: string;
  readonly names: NameServer;
  /** PEM of the root that issued certificates lead to. */
  root(): Promise<string>;
  end(): Promise<void>;
}

/** `httpPort`, `tlsPort`: where it looks for proofs by HTTP and TLS-ALPN. `days`: how long its certificates live. */
export const createPebble = async (
  options: { httpPort?: number; tlsPort?: number; days?: number } = {},
): Promise<Pebble> => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-'));
  const [port = 0, management = 0] = await freePorts(2);
  const { certificate, privateKey } = selfSigned('localhost');
  writeFileSync(join(folder, 'certificate.pem'), certificate);
  writeFileSync(join(folder, 'key.pem'), privateKey);
  const validityPeriod = (options.days ?? 90) * 86_400;
  writeFileSync(
    join(folder, 'pebble.json'),
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: join(folder, 'certificate.pem'),
        privateKey: join(folder, 'key.pem'),
        httpPort: options.httpPort ?? 5002,
        tlsPort: options.tlsPort ?? 5001,
        profiles: { default: { description: 'the only one', validityPeriod } },
      },
    }),
  );
  const names = await createNameServer();
  const pebble = start(
    pebbleBinary ?? 'pebble',
    ['-config', join(folder, 'pebble.json'), '-dnsserver', names.address],
    join(folder, 'pebble.log'),
    { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' },
  );
  const get = (at: number, path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      request(
        { host: 'localhost', port: at, path, ca: certificate, agent: false, headers: { 'user-agent': 'test' } },
        (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            body += chunk;
          });
          response.once('end', () => resolve(body));
        },
      )
        .once('error', reject)
        .end();
    });
  const end = async (): Promise<void> => {
    await pebble.end();
    await names.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until('an answer of pebble', async () => (await get(port, '/dir')).includes('newOrder'));
  } catch (error) {
    await end();
    throw error;
  }
  return {
    directory: `https://localhost:${port}/dir`,
    ca: certificate,
    names,
    root: () => get(management, '/roots/0'),
    end,
  };
};
