import type { z } from 'zod';
import { Failure, LeaseHeldError } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import type { Fetch } from '../ports/machines.ts';

/** A request that hangs ends here, in wall-clock time: it is the network that hangs, not the cluster. */
const requestTimeoutMs = 10_000;
const textBytesMax = 2_000;

/** Where Nomad answers and as whom we ask; without a token as anonymous. `address`: `https://10.0.1.11:4646`. */
export interface NomadAccess {
  readonly fetch: Fetch;
  readonly address: string;
  readonly token?: Secret;
  /** Where calls about jobs and variables lead; absent: `default`. */
  readonly namespace?: string;
}

export interface Reply<T> {
  readonly status: number;
  /** The server's own clock (`Date` header), null when it sent none. */
  readonly serverTime: number | null;
  readonly body: T;
}
export interface Asked {
  readonly body?: unknown;
  /** Further statuses whose body the schema describes: autopilot's 429. */
  readonly alsoFine?: readonly number[];
}
/** Nomad answered with a refusal: `status` and its own words. */
export class NomadRefusal extends Failure {
  readonly status: number;
  readonly text: string;
  constructor(what: string, status: number, text: string) {
    super(`Nomad ${what}: ${status} ${text}`);
    this.status = status;
    this.text = text;
  }
}

export interface NomadHttp {
  ask<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    schema: z.ZodType<T>,
    asked?: Asked,
  ): Promise<Reply<T>>;
  /** The text of a reply that is no JSON: a log. */
  text(path: string): Promise<string>;
}

export const createNomadHttp = (access: NomadAccess): NomadHttp => ({
  ask: async (method, path, schema, asked = {}) => {
    const what = `${method} ${path.split('?')[0] ?? path}`;
    const response = await send(access, method, path, what, asked.body);
    const text = await response.text();
    if (!response.ok && !asked.alsoFine?.includes(response.status))
      throw new NomadRefusal(what, response.status, text.trim().slice(0, textBytesMax) || response.statusText);
    const parsed = schema.safeParse(parseJson(text, what));
    if (!parsed.success)
      throw new Failure(`Nomad ${what} answered in a shape this version does not know: ${issues(parsed.error)}`);
    const date = Date.parse(response.headers.get('date') ?? '');
    return { status: response.status, serverTime: Number.isNaN(date) ? null : date, body: parsed.data };
  },
  text: async (path) => {
    const what = `GET ${path.split('?')[0] ?? path}`;
    const response = await send(access, 'GET', path, what, undefined);
    const text = await response.text();
    if (!response.ok) throw new NomadRefusal(what, response.status, text.trim().slice(0, textBytesMax));
    return text;
  },
});

const send = async (
  { fetch, address, token, namespace }: NomadAccess,
  method: string,
  path: string,
  what: string,
  body: unknown,
): Promise<Response> => {
  const url = new URL(path, address);
  if (namespace !== undefined && !url.searchParams.has('namespace')) url.searchParams.set('namespace', namespace);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== undefined) headers['x-nomad-token'] = token.reveal();
  if (body !== undefined) headers['content-type'] = 'application/json';
  const request = new Request(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  try {
    return await fetch(request);
  } catch (cause) {
    // Held back by the gate: it never left.
    if (cause instanceof LeaseHeldError) throw cause;
    const because = cause instanceof Error ? cause.message : String(cause);
    throw new Failure(`Nomad ${what} got no reply from ${url.host} within ${requestTimeoutMs / 1000} s: ${because}`, {
      cause,
    });
  }
};

/** Some writes are answered with nothing: null. */
const parseJson = (text: string, what: string): unknown => {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch (cause) {
    throw new Failure(`Nomad ${what} answered something that is not JSON: ${text.slice(0, 200)}`, { cause });
  }
};

const issues = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
    .join('; ');
