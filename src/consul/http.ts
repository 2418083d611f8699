import type { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import type { Fetch } from '../ports/machines.ts';

/** A request that hangs ends here, in wall-clock time: it is the network that hangs, not the cluster. */
const requestTimeoutMs = 10_000;
const textBytesMax = 2_000;

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

export type ConsulGet = <T>(path: string, schema: z.ZodType<T>, alsoFine?: readonly number[]) => Promise<T>;

export const createConsulGet =
  ({ fetch, address }: { readonly fetch: Fetch; readonly address: string }): ConsulGet =>
  async (path, schema, alsoFine = []) => {
    const what = `GET ${path.split('?')[0] ?? path}`;
    const response = await send(fetch, new URL(path, address), what);
    const text = await response.text();
    if (!response.ok && !alsoFine.includes(response.status))
      throw new ConsulRefusal(what, response.status, text.trim().slice(0, textBytesMax) || response.statusText);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new Failure(`Consul ${what} answered something that is not JSON: ${text.slice(0, 200)}`, { cause });
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new Failure(
      `Consul ${what} answered in a shape this version does not know: ${issue?.path.join('.') || 'body'}: ${issue?.message ?? ''}`,
    );
  };

const send = async (fetch: Fetch, url: URL, what: string): Promise<Response> => {
  const signal = AbortSignal.timeout(requestTimeoutMs);
  try {
    return await fetch(new Request(url, { headers: { accept: 'application/json' }, signal }));
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : String(cause);
    const bound = `${requestTimeoutMs / 1000} s`;
    throw new Failure(`Consul ${what} got no reply from ${url.host} within ${bound}: ${because}`, { cause });
  }
};
