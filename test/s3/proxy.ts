import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface S3Proxy {
  readonly endpoint: string;
  /** Requests that it answered itself or changed. */
  readonly meddled: () => number;
  readonly stop: () => Promise<void>;
}
interface Reply {
  readonly status: number;
  readonly code: string;
}
interface Meddling {
  /** A reply in the server's stead. */
  readonly answer?: (method: string, headers: IncomingHttpHeaders) => Reply | undefined;
  readonly change?: (headers: IncomingHttpHeaders) => IncomingHttpHeaders;
  /** One request at a time reaches the server. */
  readonly queue?: boolean;
}

const startProxy = async (target: string, { answer, change, queue = false }: Meddling): Promise<S3Proxy> => {
  const upstream = new URL(target);
  let meddled = 0;
  let before: Promise<unknown> = Promise.resolve();
  const server = createServer((request, response) => {
    const own = answer?.(request.method ?? '', request.headers);
    if (own !== undefined) {
      meddled += 1;
      request.resume();
      const text = `<?xml version="1.0"?><Error><Code>${own.code}</Code><Message>from a proxy</Message></Error>`;
      response.writeHead(own.status, { 'Content-Type': 'application/xml' }).end(text);
      return;
    }
    const headers = change?.(request.headers) ?? request.headers;
    if (Object.keys(headers).length !== Object.keys(request.headers).length) meddled += 1;
    const { method, url: path } = request;
    const pass = (): Promise<void> =>
      new Promise((done) => {
        const passed = send({ host: upstream.hostname, port: upstream.port, method, path, headers }, (reply) => {
          response.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(response).on('close', done);
        });
        passed.on('error', () => response.destroy());
        passed.on('close', done);
        request.pipe(passed);
      });
    before = queue ? before.then(pass) : pass();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    meddled: () => meddled,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** For a server that decides a condition and writes in two steps, so that two writes may both find it fulfilled. */
export const startQueue = (target: string): Promise<S3Proxy> => startProxy(target, { queue: true });

/** A real store behind something that drops conditions: every write is accepted, as by a store that ignores them. */
export const startLyingProxy = (target: string): Promise<S3Proxy> =>
  startProxy(target, {
    change: (headers) => {
      const { 'if-match': _match, 'if-none-match': _noneMatch, ...rest } = headers;
      return rest;
    },
  });

/** A real store with the manners of Hetzner's: quoted ETags never match, new checksums are refused. */
export const startHetznerProxy = (target: string): Promise<S3Proxy> =>
  startProxy(target, {
    answer: (method, headers) => {
      if (method === 'PUT' && headers['if-match']?.startsWith('"')) return { status: 412, code: 'PreconditionFailed' };
      const checksums = Object.keys(headers).some((name) => /^x-amz-(checksum|sdk-checksum|trailer)/.test(name));
      return checksums ? { status: 400, code: 'InvalidArgument' } : undefined;
    },
  });
