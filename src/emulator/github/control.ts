import { z } from 'zod';
import type { GitHubPeople } from './acts.ts';
import type { Delivery } from './deliveries.ts';
import { GitHubError } from './errors.ts';
import { type GitHubFaultRule, type GitHubFaults, gitHubFaultRule } from './faults.ts';
import type { TokenOptions } from './github.ts';
import type { GitHubBudget } from './limits.ts';
import type { GitHubRequest } from './pipeline.ts';
import type { GitHubState } from './state.ts';

/*
 * `/_emulator/github/...`: people's acts for shell scripts, with any token of this GitHub. An act answers with the payload
 * of its webhook, as GITHUB_EVENT_PATH has it, and says GITHUB_EVENT_NAME in the header X-GitHub-Event.
 *   POST   pulls                       {author, ref?, title?, body?, draft?, fork?, sha?, labels?}
 *   POST   pulls/7/push                {by?, sha?}
 *   POST   pulls/7/draft|ready|close|merge|reopen   {by?}
 *   POST   pulls/7/label|unlabel       {name, by?}
 *   POST   pulls/7/comment, pulls/7/code-comment    {by, body}
 *   POST   pulls/7/review              {by, state?, body?}
 *   DELETE comments/5000007
 *   POST   main                        {by?, sha?}: a push to the default branch
 *   PUT    permissions                 {login, permission}
 *   POST   tokens                      {kind?, permissions?, login?, repository?} -> {token}
 *   GET POST DELETE faults             a rule, see faults.ts
 *   PUT    rate_limit                  {remaining}
 *   GET    requests, GET state
 */
interface ControlDeps {
  readonly state: () => GitHubState;
  readonly people: GitHubPeople;
  readonly faults: GitHubFaults;
  readonly budget: GitHubBudget;
  readonly requests: readonly GitHubRequest[];
  readonly makeToken: (options: TokenOptions) => string;
}
const text = z.string().min(1);
const by = z.object({ by: text.optional() });
const said = z.object({ by: text, body: z.string() });
const push = z.object({
  by: text.optional(),
  sha: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
});
const role = z.enum(['admin', 'maintain', 'write', 'triage', 'read', 'none']);
const openPull = z.object({
  author: text,
  ref: text.optional(),
  title: text.optional(),
  body: z.string().optional(),
  draft: z.boolean().optional(),
  fork: z.boolean().optional(),
  base: text.optional(),
  sha: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  labels: z.array(text).optional(),
});
const review = z.object({
  by: text,
  state: z.enum(['approved', 'commented', 'changes_requested']).optional(),
  body: z.string().optional(),
});
const token = z.object({
  kind: z.enum(['installation', 'fine-grained', 'classic']).optional(),
  login: text.optional(),
  permissions: z.record(z.string(), z.enum(['read', 'write'])).optional(),
  repository: text.optional(),
});
/** What was left out stays out: undefined is no value here. */
const given = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;

type Answer = Delivery | { readonly json: unknown };

const actOnPull = (people: GitHubPeople, number: number, act: string, body: unknown): Answer | undefined => {
  if (act === 'push') return people.push(number, given(push.parse(body)));
  if (act === 'comment') return people.comment(number, said.parse(body));
  if (act === 'code-comment') return people.codeComment(number, said.parse(body));
  if (act === 'review') return people.review(number, given(review.parse(body)));
  if (act === 'label' || act === 'unlabel') {
    const { name, by: who } = by.extend({ name: text }).parse(body);
    return people[act](number, name, who);
  }
  if (act === 'draft' || act === 'ready' || act === 'close' || act === 'merge' || act === 'reopen')
    return people[act](number, by.parse(body).by);
  return undefined;
};

const answerTo = (deps: ControlDeps, route: string, body: unknown): Answer | undefined => {
  const { people, faults } = deps;
  const pull = /^POST pulls\/(\d+)\/([a-z-]+)$/.exec(route);
  if (pull !== null) return actOnPull(people, Number(pull[1]), pull[2] ?? '', body);
  const comment = /^DELETE comments\/(\d+)$/.exec(route);
  if (comment !== null) return people.deleteComment(Number(comment[1]));
  if (route === 'POST pulls') return people.openPull(given(openPull.parse(body)));
  if (route === 'POST main') return people.pushMain(given(push.parse(body)));
  if (route === 'PUT permissions') {
    const { login, permission } = z.object({ login: text, permission: role }).parse(body);
    people.setPermission(login, permission);
    return { json: { login, permission } };
  }
  if (route === 'POST tokens') return { json: { token: deps.makeToken(given(token.parse(body))) } };
  if (route === 'POST faults') faults.add(gitHubFaultRule.parse(body) as GitHubFaultRule);
  if (route === 'DELETE faults') faults.clear();
  if (/^\w+ faults$/.test(route)) return { json: faults.rules() };
  if (route === 'PUT rate_limit') {
    const { remaining } = z.object({ remaining: z.int().nonnegative() }).parse(body);
    deps.budget.setRemaining(remaining);
    return { json: { remaining } };
  }
  if (route === 'GET requests') return { json: deps.requests };
  if (route !== 'GET state') return undefined;
  const { tokens: _secret, ...state } = deps.state();
  return { json: state };
};

const authorised = (state: GitHubState, request: Request): boolean => {
  const asked = /^(?:bearer|token) (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  return state.tokens.some((one) => one.token === asked);
};
const replyOf = (answer: Answer): Response => {
  if ('json' in answer) return Response.json(answer.json);
  const headers = { 'x-github-event': answer.event, 'x-github-delivery': answer.delivery };
  return Response.json(answer.payload, { headers });
};

export const createGitHubControl =
  (deps: ControlDeps): ((request: Request) => Promise<Response>) =>
  async (request) => {
    if (!authorised(deps.state(), request))
      return Response.json(new GitHubError(401, 'Bad credentials').body, { status: 401 });
    const { pathname } = new URL(request.url);
    const route = `${request.method} ${pathname.replace(/^\/_emulator\/github\/?/, '').replace(/\/+$/, '')}`;
    try {
      const sent = ['GET', 'DELETE'].includes(request.method) ? '' : await request.text();
      const answer = answerTo(deps, route, sent === '' ? {} : JSON.parse(sent));
      if (answer !== undefined) return replyOf(answer);
      return Response.json({ message: `no such act: ${route}` }, { status: 404 });
    } catch (error) {
      // An act that nobody could do, or a body that is none.
      const message =
        error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
      return Response.json({ message }, { status: 422 });
    }
  };
