import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
export interface Question {
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: string;
  /** PEM of the authority; present: over HTTPS. */
  readonly ca?: string;
  /** Default: a connection of its own. */
  readonly agent?: Agent;
}

/** A request to 127.0.0.1 under any host name, which `fetch` can't do. */
export const ask = ({
  port,
  host,
  path = '/',
  headers = {},
  method = 'GET',
  body: sent,
  ca,
  agent,
}: Question): Promise<Asked> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers: { host, ...headers }, agent: agent ?? false };
    const request = ca === undefined ? httpRequest(options) : httpsRequest({ ...options, ca, servername: host });
    request.once('error', reject);
    request.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.setTimeout(8000, () => request.destroy(new Error(`${host}${path}: no answer within 8 seconds`)));
    request.end(sent);
  });

/** Keeps connections for further requests, as a load balancer does. */
export const keepAlive = (): Agent => new Agent({ keepAlive: true, maxSockets: 4 });

/** An upgraded connection whose other end repeats what it gets. */
export const webSocket = (
  port: number,
  host: string,
  path: string,
): Promise<{ echo(text: string): Promise<string>; end(): void }> =>
  new Promise((resolve, reject) => {
    const headers = {
      host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, agent: false });
    request.once('error', reject);
    request.once('response', ({ statusCode }) => reject(new Error(`no upgrade but ${statusCode}`)));
    request.once('upgrade', (_response, socket) => {
      resolve({
        echo: (text) =>
          new Promise((told, failed) => {
            socket.once('data', (data: Buffer) => told(data.toString()));
            socket.once('close', () => failed(new Error('the connection was closed')));
            socket.write(text);
          }),
        end: () => socket.destroy(),
      });
    });
    request.end();
  });
