import type { Octokit } from 'octokit';
import type { z } from 'zod';
import { CodeHostError } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fetch } from '../ports/machines.ts';
import { type Asked, failureOf, moved, NotThereError, notVisible } from './errors.ts';
import { throttleOn } from './limits.ts';
import { createTransport, type Usage } from './transport.ts';
import { repositorySchema, account as userSchema } from './wire.ts';

export interface GitHubAccess {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Without a slash at its end, e.g. `https://api.github.com`. */
  readonly baseUrl: string;
  /** `owner/name` */
  readonly repository: string;
  readonly token: Secret;
}
export interface Call<T> extends Asked {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly schema: z.ZodType<T>;
  /** Doing it twice is doing it once, so no answer is answered by asking again. Reads always are. */
  readonly repeatable?: boolean;
}
export interface Page<T> {
  readonly data: T;
  /** Whether GitHub names a next page. */
  readonly more: boolean;
  /** The last one there is, as far as GitHub names it. */
  readonly last: number;
}
export interface GitHubClient {
  readonly clock: Clock;
  call<T>(call: Call<T>): Promise<T>;
  page<T>(call: Call<T>): Promise<Page<T>>;
  /** null on a 404. What follows it must fail where the token does not see the repository at all. */
  attempt<T>(call: Call<T>): Promise<T | null>;
  /** null where there is no such thing, in a repository that the token does see: one request more, once. */
  find<T>(call: Call<T>): Promise<T | null>;
  /** Who we are by `GET /user`; null: an app or a workflow, which are bots. Asked once. */
  me(): Promise<string | null>;
  readonly usage: Usage;
}

const silent = (): void => {};

/** The only file that knows octokit. It is loaded on the first call: 60-100 ms that `--help` should not pay. */
const connect = async ({ baseUrl, token, fetch, clock }: GitHubAccess, usage: Usage): Promise<Octokit> => {
  // A virtual clock can't see the reading of files.
  const letGo = clock.hold?.();
  const { Octokit: Client } = await import('octokit').finally(() => letGo?.());
  return new Client({
    auth: token.reveal(),
    baseUrl,
    userAgent: 'hetzner-reconcile',
    request: { fetch: createTransport({ fetch, clock, usage }) },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    retry: { enabled: false },
    // Ours keep time by the Clock; the plugin's types know only Bottleneck's.
    throttle: throttleOn(clock) as never,
  });
};

export const createGitHubClient = (access: GitHubAccess): GitHubClient => {
  const { repository, clock, token } = access;
  const [owner = '', repo = ''] = repository.split('/');
  const usage: Usage = { requests: 0, remaining: null };
  let octokit: Promise<Octokit> | undefined;
  let visible: Promise<void> | undefined;
  let self: Promise<string | null> | undefined;

  const send = async ({ route, params, repeatable }: Call<unknown>) => {
    octokit ??= connect(access, usage);
    const request = { repeatable: repeatable ?? route.startsWith('GET ') };
    return (await octokit).request(route, { owner, repo, ...params, request });
  };
  const page = async <T>(call: Call<T>): Promise<Page<T>> => {
    const answer = await send(call).catch((error: unknown) => {
      throw failureOf(error, call, access);
    });
    if (answer.status >= 300) throw moved(call, access, await newName(answer.headers.location));
    const parsed = call.schema.safeParse(answer.data);
    if (!parsed.success) throw strange(call, parsed.error, access);
    const { link = '' } = answer.headers;
    return { data: parsed.data, more: /rel="next"/.test(link), last: lastIn(link) };
  };
  const call = async <T>(one: Call<T>): Promise<T> => (await page(one)).data;

  /** Where a repository went: its address by id is asked, if that is at the same API. Without an answer it stays unsaid. */
  const newName = async (location: string | undefined): Promise<string | undefined> => {
    const id = /\/repositories\/(\d+)/.exec(location ?? '')?.[1];
    if (id === undefined || !location?.startsWith(`${access.baseUrl}/`)) return undefined;
    const asked = { what: 'find the repository', needs: 'metadata=read', schema: repositorySchema };
    const answer = await send({ ...asked, route: `GET /repositories/${id}` }).catch(() => undefined);
    return repositorySchema.safeParse(answer?.data).data?.full_name;
  };

  /** A 404 says "no such thing" and "not for you" alike: which, is asked once, so that nothing is concluded from it. */
  const assertVisible = (): Promise<void> => {
    visible ??= (async () => {
      const asked = { what: `see ${repository}`, needs: 'metadata=read', schema: repositorySchema };
      try {
        await call({ ...asked, route: 'GET /repos/{owner}/{repo}' });
      } catch (error) {
        visible = undefined;
        if (!(error instanceof NotThereError)) throw error;
        const message = `there is no repository ${repository} that GITHUB_TOKEN may see (HTTP 404)`;
        throw new CodeHostError(message, { kind: 'refused' }, { next: notVisible(repository) });
      }
    })();
    return visible;
  };
  const attempt = <T>(one: Call<T>): Promise<T | null> =>
    call(one).catch((error: unknown) => {
      if (error instanceof NotThereError) return null;
      throw error;
    });
  const find = async <T>(one: Call<T>): Promise<T | null> => {
    const found = await attempt(one);
    if (found === null) await assertVisible();
    return found;
  };
  const askMe = async (): Promise<string | null> => {
    // Tokens of apps and workflows have no user: asking would be refused with 403.
    if (token.reveal().startsWith('ghs_')) return null;
    const asked = { what: 'learn whose token it is', needs: 'metadata=read', schema: userSchema };
    try {
      return (await call({ ...asked, route: 'GET /user' })).login;
    } catch (error) {
      if (error instanceof CodeHostError && error.kind === 'no-permission') return null;
      self = undefined;
      throw error;
    }
  };
  const me = (): Promise<string | null> => {
    self ??= askMe();
    return self;
  };
  return { clock, call, page, attempt, find, me, usage };
};

const lastIn = (link: string): number =>
  Math.max(1, ...[...link.matchAll(/[?&]page=(\d{1,9})[^>]*>; rel="(?:next|last)"/g)].map(([, page]) => Number(page)));

const strange = ({ what, route }: Asked, error: z.ZodError, { baseUrl }: GitHubAccess): CodeHostError => {
  const { path = [], message = '' } = error.issues[0] ?? {};
  const kind = route.startsWith('GET ') ? 'refused' : 'unknown';
  return new CodeHostError(
    `GitHub answered in an unknown form when asked to ${what}: ${[path.join('.'), message].filter(Boolean).join(': ')}`,
    { kind },
    { next: `check GITHUB_API_URL, now ${baseUrl}; GitHub's own is https://api.github.com` },
  );
};
