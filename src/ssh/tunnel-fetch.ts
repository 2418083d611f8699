import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { Fetch } from '../ports/machines.ts';
import type { Tunnel } from './tunnel.ts';

/** Statuses that a Response may not have a body with (Fetch standard, null body status). */
const withoutBody = new Set([204, 205, 304]);

/**
 * `fetch` through a tunnel. Redirects are answers, not followed. A read shares channels with others and is asked once
 * more when the channel it got had been closed meanwhile; anything else takes a channel of its own, so that it is sent
 * once and no more.
 */
export const fetchThroughTunnel =
  (server: string, tunnel: () => Tunnel): Fetch =>
  async (request) => {
    request.signal.throwIfAborted();
    const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
    const reads = request.method === 'GET' || request.method === 'HEAD';
    try {
      return await send(request, body, tunnel(), reads ? 'kept' : 'fresh');
    } catch (error) {
      request.signal.throwIfAborted();
      if (error instanceof StaleChannel) return send(request, body, tunnel(), 'fresh');
      throw described(server, request, error);
    }
  };

class StaleChannel extends Error {}

const described = (server: string, request: Request, error: unknown): Error => {
  const { port, protocol } = new URL(request.url);
  const text = error instanceof Error ? error.message : String(error);
  if (text.startsWith(server)) return error as Error;
  return new Error(`${server} port ${port || (protocol === 'https:' ? 443 : 80)}: ${text}`, { cause: error });
};

const send = (request: Request, body: Buffer | undefined, tunnel: Tunnel, use: 'kept' | 'fresh'): Promise<Response> =>
  new Promise((resolve, reject) => {
    const { protocol, hostname, port, pathname, search } = new URL(request.url);
    const secure = protocol === 'https:';
    const headers = Object.fromEntries(request.headers);
    const options = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (secure ? 443 : 80) : Number(port),
      method: request.method,
      path: `${pathname}${search}`,
      headers: body === undefined ? headers : { ...headers, 'content-length': String(body.length) },
      signal: request.signal,
    };
    const outgoing = secure
      ? httpsRequest({ ...options, agent: tunnel.https[use] })
      : httpRequest({ ...options, agent: tunnel.http[use] });
    outgoing.on('response', (incoming) => resolve(toResponse(incoming, request.method)));
    // Node tells of an abort only once the socket is there, which a silent server may keep from us.
    request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
    outgoing.on('error', (error) => reject(outgoing.reusedSocket ? new StaleChannel('', { cause: error }) : error));
    outgoing.end(body);
  });

const toResponse = (incoming: IncomingMessage, method: string): Response => {
  const status = incoming.statusCode ?? 502;
  const headers = new Headers();
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2)
    headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '');
  const init = { status, statusText: incoming.statusMessage ?? '', headers };
  if (withoutBody.has(status) || method === 'HEAD') {
    incoming.resume();
    return new Response(null, init);
  }
  return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, init);
};
