import type { z } from 'zod';
import { Failure, LeaseHeldError } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import type { Fetch } from '../ports/machines.ts';

/** A request that hangs ends here, in wall-clock time: it is the network that hangs, not the cluster. */
const requestTimeoutMs = 10_000;
const textBytesMax = 2_000;

/** Where Consul answers and as whom we ask; without a token as anonymous. `address`: `https://10.0.1.11:8501`. */
export interface ConsulAccess {
  readonly fetch: Fetch;
  readonly address: string;
  readonly token?: Secret;
}

/** Consul answered with a refusal: `status` and its own words. */
export class ConsulRefusal extends Failure {
  readonly status: number;
  readonly text: string;
  constructor(what: string, status: number, text: string) {
    super(`Consul ${what}: ${status} ${text}`);
    this.status = status;
    this.text = text;
  }
}

export interface Asked {
  readonly body?: unknown;
  /** Further statuses whose body the schema describes: autopilot's 429. */
  readonly alsoFine?: readonly number[];
}
export type ConsulAsk = <T>(
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  schema: z.ZodType<T>,
  asked?: Asked,
) => Promise<T>;

export const createConsulAsk =
  (access: ConsulAccess): ConsulAsk =>
  async (method, path, schema, { body, alsoFine = [] } = {}) => {
    const what = `${method} ${path.split('?')[0] ?? path}`;
    const response = await send(access, method, path, what, body);
    const text = await response.text();
    if (!response.ok && !alsoFine.includes(response.status))
      throw new ConsulRefusal(what, response.status, text.trim().slice(0, textBytesMax) || response.statusText);
    const parsed = schema.safeParse(parseJson(text, what));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new Failure(
      `Consul ${what} answered in a shape this version does not know: ${issue?.path.join('.') || 'body'}: ${issue?.message ?? ''}`,
    );
  };

const parseJson = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure(`Consul ${what} answered something that is not JSON: ${text.slice(0, 200)}`, { cause });
  }
};

const send = async (
  { fetch, address, token }: ConsulAccess,
  method: string,
  path: string,
  what: string,
  body: unknown,
): Promise<Response> => {
  const url = new URL(path, address);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== undefined) headers['x-consul-token'] = token.reveal();
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
    const bound = `${requestTimeoutMs / 1000} s`;
    throw new Failure(`Consul ${what} got no reply from ${url.host} within ${bound}: ${because}`, { cause });
  }
};
