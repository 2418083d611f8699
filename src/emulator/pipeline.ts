import type { Pagination } from '../hetzner/wire/common.ts';
import { assertReply, checkedBody } from './checked.ts';
import type { Clock } from './clock.ts';
import type { Kit } from './context.ts';
import type { Control } from './control.ts';
import { ApiError, operationError } from './errors.ts';
import type { Fault, FaultBook } from './faults.ts';
import { hetznerPaths } from './hetzner-paths.ts';
import { linkHeader } from './listing.ts';
import type { Randomness } from './random.ts';
import type { RateLimit } from './rate-limit.ts';
import { connectionLost, errorReply, jsonReply, noSuchPath, tooManyRequests } from './replies.ts';
import type { FindRoute, Match, Route } from './router.ts';

export interface RequestRecord {
  readonly at: number;
  readonly method: string;
  /** Path and query as asked, without `/v1`. */
  readonly path: string;
  /** Pattern of its route; `*`: none. */
  readonly route: string;
  /** HTTP status; 0: the caller got no reply. */
  status: number;
}
export interface PipelineDeps {
  readonly kit: Kit;
  readonly clock: Clock;
  readonly faults: FaultBook;
  readonly rateLimit: RateLimit;
  readonly requests: RequestRecord[];
  readonly control: Control;
  readonly findRoute: FindRoute;
  readonly checkResponses: boolean;
  readonly correlation: Randomness;
}
const requestsKept = 20_000;

const missing = (inApi: boolean, path: string, method: string): Response => {
  const file = hetznerPaths[path.split('/')[1] ?? ''];
  if (!inApi || file === undefined) return noSuchPath();
  const text = `the emulated cloud has no ${method} ${path}: add it in src/emulator/resources/${file}`;
  return errorReply(operationError('not_implemented', text));
};

const defaultStatus = (method: string, body: object | null): number =>
  body === null ? 204 : method === 'POST' ? 201 : 200;

const halved = (body: object): object =>
  Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.slice(0, Math.floor(value.length / 2)) : value,
    ]),
  );
const paginationOf = (body: object): Pagination | undefined =>
  (body as { meta?: { pagination?: Pagination } }).meta?.pagination;

export interface FetchOptions {
  /** Nothing lands on the way: the answer shows what had landed before. Default: what is due by now lands first. */
  readonly still?: boolean;
}

export const createPipeline = (
  deps: PipelineDeps,
): ((request: Request, options?: FetchOptions) => Promise<Response>) => {
  const { kit, clock, faults, rateLimit } = deps;

  const authorise = (request: Request): void => {
    const token = /^Bearer (.*)$/.exec(request.headers.get('authorization') ?? '')?.[1]?.trim() ?? '';
    if (token === '') throw new ApiError('unauthorized', 'token is required');
    const known = kit.world.state.tokens.find((one) => one.token === token);
    if (known === undefined) throw new ApiError('unauthorized', 'the token you have provided is invalid');
    if (!known.write && request.method !== 'GET')
      throw new ApiError('token_readonly', 'the token is only allowed to perform GET requests');
  };

  const before = async (met: readonly Fault[]): Promise<Response | undefined> => {
    for (const fault of met) {
      if (fault.kind === 'delay') await clock.sleep(fault.ms);
      if (fault.kind === 'unreachable') throw connectionLost('connect ECONNREFUSED', 'ECONNREFUSED');
      if (fault.kind === 'http')
        return new Response(fault.body ?? 'Bad Gateway', {
          status: fault.status,
          headers: { 'Content-Type': 'text/html' },
        });
      if (fault.kind === 'refuse')
        throw new ApiError(fault.code, fault.message ?? fault.code.replaceAll('_', ' '), null, fault.status);
    }
    return undefined;
  };

  const answer = (route: Route, body: object | null, met: readonly Fault[], url: URL): Response => {
    const kinds = met.map((fault) => fault.kind);
    if (kinds.includes('lost-reply')) throw connectionLost('other side closed', 'UND_ERR_SOCKET');
    const status = route.status ?? defaultStatus(route.method, body);
    if (body === null) return new Response(null, { status });
    const sent = kinds.includes('partial-page') ? halved(body) : body;
    if (kinds.includes('cut-reply')) {
      const text = JSON.stringify(sent);
      const headers = { 'Content-Type': 'application/json' };
      return new Response(text.slice(0, Math.floor(text.length / 2)), { status, headers });
    }
    const pagination = paginationOf(sent);
    return jsonReply(sent, status, pagination === undefined ? {} : { Link: linkHeader(url, pagination) });
  };

  const serve = async (request: Request, url: URL, match: Match, still: boolean): Promise<Response> => {
    if (!rateLimit.take()) return tooManyRequests(kit.limits.requestsPerHour);
    authorise(request);
    const { route, params } = match;
    if (route === undefined) throw new ApiError('method_not_allowed', 'method not allowed');
    const met = faults.onRequest(route.method, route.path);
    const text = route.body === undefined ? '' : await request.text();
    const refused = await before(met);
    if (refused !== undefined) return refused;
    const body = checkedBody(route, text);
    if (still) kit.actions.look();
    else kit.actions.settle();
    const reply = route.handle({ ...kit, params, query: url.searchParams, body });
    if (deps.checkResponses) assertReply(route, reply);
    return answer(route, reply, met, url);
  };

  const guarded = async (request: Request, url: URL, match: Match, still: boolean): Promise<Response> => {
    try {
      return await serve(request, url, match, still);
    } catch (error) {
      if (error instanceof ApiError) return errorReply(error);
      throw error;
    }
  };
  const finished = (response: Response): Response => {
    const headers = {
      ...rateLimit.headers(),
      'X-Correlation-Id': deps.correlation.hex(8),
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Credentials': 'true',
      'Strict-Transport-Security': 'max-age=15724800; includeSubDomains',
    };
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response;
  };

  return async (request, { still = false } = {}) => {
    const url = new URL(request.url);
    if (/^\/_emulator(\/|$)/.test(url.pathname)) return deps.control(request, url, authorise);
    const inApi = url.pathname.startsWith('/v1/');
    const path = inApi ? url.pathname.slice(3).replace(/\/+$/, '') : url.pathname;
    const match = inApi ? deps.findRoute(request.method, path) : undefined;
    const record: RequestRecord = {
      at: clock.now(),
      method: request.method,
      path: `${path}${url.search}`,
      route: match?.pattern ?? '*',
      status: 0,
    };
    deps.requests.push(record);
    if (deps.requests.length > requestsKept) deps.requests.splice(0, deps.requests.length - requestsKept);
    const response = finished(
      match === undefined ? missing(inApi, path, request.method) : await guarded(request, url, match, still),
    );
    record.status = response.status;
    return response;
  };
};
