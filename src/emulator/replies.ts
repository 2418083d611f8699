import type { ApiError } from './errors.ts';

/** Errors that a proxy in front of the API answers are pretty-printed, as seen on the real one. */
const pretty = (value: unknown): string => JSON.stringify(value, null, 2);
const json = { 'Content-Type': 'application/json' };

export const jsonReply = (body: unknown, status: number, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { ...json, ...headers } });

export const errorReply = (error: ApiError): Response =>
  jsonReply({ error: { code: error.code, message: error.message, details: error.details } }, error.status);

const proxyReply = (status: number, code: string, message: string): Response =>
  new Response(pretty({ error: { message, code, details: null } }), {
    status,
    headers: { 'Content-Type': 'application/json; charset=UTF-8' },
  });
/** An unknown path is refused before the token is looked at. */
export const noSuchPath = (): Response => proxyReply(404, 'not_found', 'api route not found');
export const tooManyRequests = (limit: number): Response =>
  proxyReply(429, 'rate_limit_exceeded', `limit of ${limit} requests per hour reached`);

/** What `fetch` of Node rejects with when the other side closes the connection before it answers. */
export const connectionLost = (message: string, code: string): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
