import type { Clock } from '../clock.ts';
import { connectionLost } from '../replies.ts';
import { openRepository, permit, reply, tokenOf } from './access.ts';
import { GitHubError, notFound } from './errors.ts';
import type { GitHubFaults, MetFault } from './faults.ts';
import type { GitHubBudget } from './limits.ts';
import { pageOf } from './paging.ts';
import { findRoute, type Match, Rows } from './route.ts';
import { checkRoutes } from './routes/checks.ts';
import { commentRoutes } from './routes/comments.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { issueRoutes } from './routes/issues.ts';
import { peopleRoutes, pullRoutes } from './routes/pulls.ts';
import { fullName, type GitHubState } from './state.ts';
import type { Places } from './views/user.ts';

const routes = [...pullRoutes, ...commentRoutes, ...issueRoutes, ...deploymentRoutes, ...checkRoutes, ...peopleRoutes];

export interface GitHubRequest {
  readonly at: number;
  readonly method: string;
  /** Path and query as asked, from `/repos` or `/user`. */
  readonly path: string;
  /** Pattern of its route; `*`: none. */
  readonly route: string;
  /** HTTP status; 0: the caller got no reply. */
  status: number;
}
interface PipelineDeps {
  readonly state: () => GitHubState;
  readonly places: Places;
  readonly clock: Clock;
  readonly faults: GitHubFaults;
  readonly budget: GitHubBudget;
  readonly requests: GitHubRequest[];
}
const requestsKept = 20_000;
export const isoOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

const unicorn = (status: number): Response =>
  new Response(
    `<!DOCTYPE html>\n<html>\n  <head><title>Unicorn! &middot; GitHub</title></head>\n  <body><p><strong>Whoa there!</strong> This page is taking too long to load.</p>${'<p>.</p>'.repeat(200)}</body>\n</html>\n`,
    { status, headers: { 'content-type': 'text/html; charset=utf-8' } },
  );

export const createGitHubPipeline = (deps: PipelineDeps): ((request: Request) => Promise<Response>) => {
  const { clock, faults, budget, places } = deps;

  const before = async (met: readonly MetFault[]): Promise<Response | undefined> => {
    for (const fault of met) {
      if (fault.kind === 'delay') await clock.sleep(fault.ms);
      if (fault.kind === 'down') throw connectionLost('connect ECONNREFUSED', 'ECONNREFUSED');
      if (fault.kind === 'html') return unicorn(fault.status);
      if (fault.kind === 'error') throw new GitHubError(fault.status, 'Server Error');
      if (fault.kind === 'rate-limited') throw budget.primary(fault.resetSeconds, fault.status);
      if (fault.kind === 'secondary') throw budget.secondary(fault.retryAfter, fault.status);
    }
    return undefined;
  };
  const bodyOf = async ({ route }: Match, request: Request): Promise<unknown> => {
    if (route.body === undefined) return undefined;
    const text = await request.text();
    let value: unknown;
    try {
      value = JSON.parse(text === '' ? '{}' : text);
    } catch {
      throw new GitHubError(400, 'Problems parsing JSON', { documentation: route.documentation });
    }
    const parsed = route.body.safeParse(value);
    if (parsed.success) return parsed.data;
    const { path = [], message = '' } = parsed.error.issues[0] ?? {};
    throw new GitHubError(422, `Invalid request.\n\n${path.join('.')}: ${message}`, {
      documentation: route.documentation,
    });
  };
  const after = (match: Match, result: unknown, url: URL, met: readonly MetFault[]): Response => {
    const kinds = met.map(({ kind }) => kind);
    if (kinds.includes('lost-reply')) throw connectionLost('other side closed', 'UND_ERR_SOCKET');
    const status = match.route.status ?? (result === null ? 204 : match.route.method === 'POST' ? 201 : 200);
    const headers = match.route.accepts === null ? {} : { 'x-accepted-github-permissions': match.route.accepts };
    const page = result instanceof Rows ? pageOf(result, url, kinds.includes('partial-page')) : undefined;
    const whole = reply(status, page === undefined ? result : page.body, {
      ...headers,
      ...(page === undefined || page.link === '' ? {} : { link: page.link }),
    });
    if (!kinds.includes('cut-reply') || result === null) return whole;
    const text = JSON.stringify(page === undefined ? result : page.body);
    return new Response(text.slice(0, Math.floor(text.length / 2)), whole);
  };

  const serve = async (request: Request, match: Match | undefined, url: URL): Promise<Response> => {
    const state = deps.state();
    const met = match === undefined ? [] : faults.meet(match.route.method, match.route.path);
    const refused = await before(met);
    if (refused !== undefined) return refused;
    const token = tokenOf(state, request);
    if (match === undefined) throw notFound();
    budget.take(match.route.method, match.route.path);
    const moved = openRepository(state, token, match, places, url);
    if (moved !== undefined) return moved;
    permit(
      state,
      token,
      match,
      met.some(({ kind }) => kind === 'no-permission'),
    );
    const body = await bodyOf(match, request);
    const { params } = match;
    const call = { state, places, token, iso: isoOf(clock.now()), params, query: url.searchParams, body };
    return after(match, match.route.handle(call), url, met);
  };
  const guarded = async (request: Request, match: Match | undefined, url: URL): Promise<Response> => {
    try {
      return await serve(request, match, url);
    } catch (error) {
      if (error instanceof GitHubError) return reply(error.status, error.body, error.headers);
      throw error;
    }
  };

  return async (request) => {
    const url = new URL(request.url);
    const path = pathOf(deps.state(), url.pathname);
    const match = findRoute(routes, request.method, path);
    const record: GitHubRequest = {
      at: clock.now(),
      method: request.method,
      path: `${path}${url.search}`,
      route: match?.route.path ?? '*',
      status: 0,
    };
    deps.requests.push(record);
    if (deps.requests.length > requestsKept) deps.requests.splice(0, deps.requests.length - requestsKept);
    const response = await guarded(request, match, url);
    for (const [name, value] of Object.entries({
      ...budget.headers(),
      'x-github-request-id': `E${deps.requests.length}`,
    }))
      if (!response.headers.has(name)) response.headers.set(name, value);
    record.status = response.status;
    return response;
  };
};

/** Without what is before the API's own paths (`/github`, `/api/v3`); a repository by its id is the repository. */
const pathOf = (state: GitHubState, pathname: string): string => {
  const path = pathname.replace(/^\/(?:github|api\/v3)(?=\/)/, '').replace(/\/+$/, '');
  const byId = `/repositories/${state.repository.id}`;
  return path === byId || path.startsWith(`${byId}/`)
    ? `/repos/${fullName(state.repository)}${path.slice(byId.length)}`
    : path;
};
