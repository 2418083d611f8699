import { RegistryError } from '../domain/errors.ts';
import { redact, type Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import { withDeadline } from '../ports/deadline.ts';
import type { Fetch } from '../ports/machines.ts';

export interface Login {
  readonly username: string;
  readonly token: Secret;
}

export interface RegistryAccess {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Who we are at one registry (`docker.io`); anybody else's is asked without a login. */
  readonly login?: Login & { readonly registry: string };
  /** Deletes versions of packages of ghcr.io, which its registry does not offer. GITHUB_TOKEN. */
  readonly github?: { readonly token: Secret; readonly api?: string };
}

export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const tries = 3;
const answerMs = 20_000;
/** The longest pause that a registry may ask for; more, and it is told instead. */
const pauseMsMax = 10_000;

/**
 * One question, asked up to three times while nobody answers or has time: reading does no harm twice, and a tag that is
 * gone is found gone. Resolves with the last answer; throws RegistryError without one.
 */
export const ask = async (access: RegistryAccess, asked: Asked): Promise<Response> => {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await askOnce(access, asked).catch((error: unknown) => {
      if (attempt < tries) return undefined;
      throw unreachable(asked, error);
    });
    const busy = answer !== undefined && (answer.status === 429 || answer.status >= 500);
    if (answer !== undefined && (!busy || attempt >= tries)) return answer;
    const pause = answer === undefined ? undefined : retryAfterMs(answer, access.clock);
    if (answer !== undefined && pause !== undefined && pause > pauseMsMax) return answer;
    await access.clock.sleep(pause ?? 500 * 2 ** (attempt - 1));
  }
};

/** Redirects are followed by fetch, which drops the login when the host changes (fetch.spec.whatwg.org, 4.4). */
const askOnce = ({ fetch, clock }: RegistryAccess, { method, url, headers, body }: Asked): Promise<Response> => {
  const late = (): Error => new Error(`no answer within ${answerMs / 1000} s`);
  return withDeadline(clock, answerMs, late, async (signal) => {
    const reply = await fetch(
      new Request(url, { method, signal, ...(headers && { headers }), ...(body !== undefined && { body }) }),
    );
    // The whole answer within the bound; manifests and lists of tags are small.
    const bytes = await reply.arrayBuffer();
    const empty = method === 'HEAD' || reply.status === 204 || reply.status === 304;
    return new Response(empty ? null : bytes, { status: reply.status, headers: reply.headers });
  });
};

export const hostOf = (url: string): string => new URL(url).host;

const unreachable = ({ method, url }: Asked, error: unknown): RegistryError => {
  const said = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : '';
  return new RegistryError(
    `${hostOf(url)} does not answer ${method} ${new URL(url).pathname} (${tries} tries): ${said}`,
    'unreachable',
    {
      done: ['nothing was changed'],
      next: 'run the command again; or name the image by its digest, --image JOB=NAME@sha256:…, then nobody is asked',
      cause: error,
    },
  );
};

/** Retry-After in seconds or as a date (RFC 9110 §10.2.3). */
export const retryAfterMs = (reply: Response, clock: Clock): number | undefined => {
  const text = reply.headers.get('retry-after');
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - clock.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
};

/** The words of a refusal, one line, without what we logged in with. */
export const saidIn = async (reply: Response, secrets: readonly Secret[]): Promise<string> => {
  const text = await reply.text();
  const parsed = jsonOf(text) as { readonly errors?: unknown; readonly message?: unknown; readonly details?: unknown };
  const first = Array.isArray(parsed?.errors) ? (parsed.errors[0] as { message?: unknown; code?: unknown }) : undefined;
  const message = [first?.message, first?.code, parsed?.message, parsed?.details].find(
    (one) => typeof one === 'string',
  );
  return redact(String(message ?? ''), secrets)
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
};

export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
