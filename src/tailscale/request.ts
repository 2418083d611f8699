import type { z } from 'zod';
import { Failure } from '../domain/errors.ts';
import { redact, type Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fetch } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';
import { errorSchema } from './wire.ts';

export interface ControlAccess {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  /** Origin of the API. Left out: Tailscale's. */
  readonly api?: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Told of every secret as soon as it is known, so that nothing prints it. */
  readonly onSecret: (secret: Secret) => void;
}

export interface Asked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What must not stand in a message, whatever the answer echoes. */
  readonly secrets: readonly Secret[];
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export const ownApi = 'https://api.tailscale.com';
const tries = 4;
const answerMs = 20_000;
const worthAnotherTry = (status: number): boolean => status === 429 || status >= 500;

/**
 * Asks, up to four times while the other side has no time for us: none of our requests does harm twice (a second key
 * that nobody uses is worthless in ten minutes). Resolves with the last answer, good or bad; throws Failure without one.
 */
export const ask = async (access: ControlAccess, asked: Asked): Promise<Answer> => {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await askOnce(access, asked).catch((error: unknown) => {
      if (attempt < tries) return undefined;
      throw noAnswer(access, asked, error);
    });
    if (answer !== undefined && (attempt >= tries || !worthAnotherTry(answer.status))) return answer;
    await access.clock.sleep(1_000 * 2 ** (attempt - 1) + Math.floor(access.random.fraction() * 500));
  }
};

const askOnce = async (access: ControlAccess, { method, path, headers, body }: Asked): Promise<Answer> => {
  const late = new AbortController();
  const done = new AbortController();
  const bound = access.clock.sleep(answerMs, done.signal).then(
    () => late.abort(new Error(`no answer within ${answerMs / 1000} s`)),
    // The answer came first and ended this sleep.
    () => undefined,
  );
  try {
    const request = new Request(`${access.api ?? ownApi}${path}`, {
      method,
      headers,
      signal: late.signal,
      redirect: 'error',
      ...(body === undefined ? {} : { body }),
    });
    const response = await access.fetch(request);
    return { status: response.status, text: await response.text() };
  } finally {
    done.abort();
    await bound;
  }
};

const noAnswer = (access: ControlAccess, { method, path, secrets }: Asked, error: unknown): Failure => {
  const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : '';
  return new Failure(
    `${access.api ?? ownApi} does not answer ${method} ${path} (${tries} tries): ${redact(reason, secrets)}`,
    { next: 'run the command again; see status.tailscale.com' },
  );
};

const advice: Readonly<Record<number, string>> = {
  400: 'the OAuth client must own the tags in tailscale.tags: see tagOwners in the policy file and the tags of the client',
  401: 'set TAILSCALE_OAUTH_CLIENT_ID and TAILSCALE_OAUTH_CLIENT_SECRET to a client of login.tailscale.com, Settings, Trust credentials',
  403: 'give the OAuth client the scopes auth_keys and devices:core, both with write, and the tags in tailscale.tags',
};

/** A refusal in the API's own words. */
export const refusal = (access: ControlAccess, { method, path, secrets }: Asked, { status, text }: Answer): Failure => {
  const said = messageOf(text);
  const next = advice[status];
  return new Failure(
    `${access.api ?? ownApi} refused ${method} ${path}: ${status}${said === '' ? '' : ` ${redact(said, secrets)}`}`,
    next === undefined ? {} : { next },
  );
};

const messageOf = (text: string): string => {
  const message = errorSchema.safeParse(jsonOf(text)).data?.message ?? text;
  return message.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
};
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The schema says what is wrong with it.
    return undefined;
  }
};

/** The answer in the expected shape. The text itself may hold a secret, so it is never quoted. */
export const read = <T>(access: ControlAccess, { method, path }: Asked, { text }: Answer, schema: z.ZodType<T>): T => {
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const { path: where = [], message = '' } = parsed.error.issues[0] ?? {};
  throw new Failure(
    `${access.api ?? ownApi} answered ${method} ${path} in an unknown form: ${[...where, message].join(': ')}`,
  );
};
