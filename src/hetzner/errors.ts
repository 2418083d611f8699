import { CloudError, Failure, NoReplyError } from '../domain/errors.ts';
import { redact, type Secret } from '../domain/secret.ts';
import { adviceFor } from './advice.ts';
import { type ApiReply, type ApiRequest, type Call, isWrite, type Send, titleOf } from './request.ts';
import { errorSchema } from './wire/common.ts';

interface ErrorsOptions {
  readonly endpoint: string;
  readonly token: Secret;
}

/**
 * Turns replies into bodies and refusals into CloudErrors. Only texts leave this handler, and they are redacted: API
 * errors can echo half a token, and what axios or fetch throw carries the request with its Authorization header, so
 * it is never kept as a cause.
 */
export const withErrors = (send: Send, { endpoint, token }: ErrorsOptions): Call => {
  const clean = (text: string) => redact(text, [token]);
  return async (request) => {
    let reply: ApiReply;
    try {
      reply = await send(request);
    } catch (error) {
      // Said by a handler before us: the request never left.
      if (error instanceof Failure) throw error;
      throw silence(request, clean(reasonOf(error)), endpoint);
    }
    if (reply.status >= 200 && reply.status < 300) return bodyOf(request, reply, endpoint);
    throw refusal(request, reply, clean, endpoint);
  };
};

/** `connect ECONNREFUSED 127.0.0.1:1` rather than fetch's own `fetch failed`. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause;
  // Several addresses were tried: undici wraps one error per address and leaves the outer message empty.
  if (inner instanceof AggregateError && inner.errors.length > 0) return reasonOf(inner.errors[0]);
  return inner instanceof Error && inner.message !== '' ? inner.message : error.message;
};

const silence = (request: ApiRequest, reason: string, endpoint: string): NoReplyError =>
  new NoReplyError(`no reply to ${titleOf(request)} from ${endpoint}: ${reason}${unknownOutcome(request)}`, {
    next: `check that ${endpoint} can be reached; HCLOUD_ENDPOINT sets another address`,
  });

const unknownOutcome = (request: ApiRequest): string => (isWrite(request) ? '; whether it took effect is unknown' : '');

/** Undefined for 204 and other empty bodies. */
const bodyOf = (request: ApiRequest, reply: ApiReply, endpoint: string): unknown => {
  if (reply.text === '') return undefined;
  const body = jsonOf(reply.text);
  if (body !== undefined) return body;
  const brokeOff = reply.text.trimStart().startsWith('{');
  const message = `${titleOf(request)} was answered with HTTP ${reply.status} and a body that ${brokeOff ? 'breaks off' : 'is not JSON'}`;
  if (brokeOff || isWrite(request)) throw new NoReplyError(`${message}${unknownOutcome(request)}`);
  throw new CloudError(
    message,
    { code: 'unexpected_response', ...factsOf(reply), retryable: false },
    wrongPlace(endpoint),
  );
};

/** What answers is not the API: the address points somewhere else. */
const wrongPlace = (endpoint: string) => ({
  next: `check HCLOUD_ENDPOINT, now ${endpoint}; the API's own is https://api.hetzner.cloud/v1`,
});

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * A write that a gateway answers (500, 502, 504) may have been carried out behind it, so it counts as unanswered.
 * 503 is the API's own refusal and changed nothing.
 */
const mayHaveHappened = [500, 502, 504];
const retryableCodes = [
  'conflict',
  'locked',
  'rate_limit_exceeded',
  'server_error',
  'bad_gateway',
  'unavailable',
  'timeout',
];
/** Codes of the general table of docs.hetzner.cloud, for answers that no API wrote. */
const codeByStatus: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  429: 'rate_limit_exceeded',
  500: 'server_error',
  502: 'bad_gateway',
  503: 'unavailable',
  504: 'timeout',
};

const refusal = (request: ApiRequest, reply: ApiReply, clean: (text: string) => string, endpoint: string): Failure => {
  const parsed = errorSchema.safeParse(jsonOf(reply.text));
  const error = parsed.success ? parsed.data.error : undefined;
  const code = clean(error?.code ?? codeByStatus[reply.status] ?? `http_${reply.status}`);
  const facts = factsOf(reply);
  const origin = [code, `HTTP ${reply.status}`, ...(facts.correlationId ? [facts.correlationId] : [])].join(', ');
  const said =
    error === undefined ? 'the answer is no error of the API' : `${error.message}${detailsText(error.details)}`;
  const what =
    code === 'unauthorized' ? `the token in HCLOUD_TOKEN was refused (${titleOf(request)})` : titleOf(request);
  const message = clean(`${what}: ${said} (${origin})`);
  if (isWrite(request) && mayHaveHappened.includes(reply.status))
    return new NoReplyError(`${message}${unknownOutcome(request)}`);
  const next = adviceFor(code);
  const elsewhere = reply.status === 404 && (error === undefined || error.message === 'api route not found');
  const details = elsewhere ? wrongPlace(endpoint) : next === undefined ? {} : { next };
  return new CloudError(message, { code, ...facts, retryable: retryableCodes.includes(code) }, details);
};

const factsOf = (reply: ApiReply) => ({
  status: reply.status,
  // Lower-case hex at Hetzner; anything else is not repeated into messages.
  correlationId: /^[0-9a-f-]{8,64}$/i.exec(reply.headers['x-correlation-id'] ?? '')?.[0],
});

/** The field or the limit meant; `invalid_input` may come without any (hashicorp provider hcloud, issue 492). */
const detailsText = (details: Readonly<Record<string, unknown>> | null | undefined): string => {
  const entries = [details?.['fields'], details?.['limits']].flatMap((list) => (Array.isArray(list) ? list : []));
  const named = entries.flatMap((entry: { name?: unknown; messages?: unknown }) => {
    if (typeof entry?.name !== 'string') return [];
    return [Array.isArray(entry.messages) ? `${entry.name}: ${entry.messages.join(', ')}` : entry.name];
  });
  return named.length === 0 ? '' : ` [${named.join('; ')}]`;
};
