import { GitHubError, notFound } from './errors.ts';
import { mayDo } from './permissions.ts';
import type { Match } from './route.ts';
import { fullName, type GitHubState, type TokenRow } from './state.ts';
import type { Places } from './views/user.ts';

export const reply = (status: number, body: unknown, headers: Record<string, string>): Response =>
  body === null
    ? new Response(null, { status, headers })
    : new Response(JSON.stringify(body), {
        status,
        headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      });

/** The token of a request, or a refusal: without one, public things could be read; nobody here asks without. */
export const tokenOf = (state: GitHubState, request: Request): TokenRow => {
  const given = /^(?:bearer|token) (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]?.trim();
  if (given === undefined) throw new GitHubError(401, 'Requires authentication');
  const known = state.tokens.find(({ token, revoked }) => token === given && revoked !== true);
  if (known === undefined) throw new GitHubError(401, 'Bad credentials');
  return known;
};

const namesOf = ({ repository }: GitHubState): string[] =>
  [fullName(repository), ...repository.formerly].map((name) => name.toLowerCase());
/** Made for another repository than this one. */
const isForeign = (state: GitHubState, { repository }: TokenRow): boolean =>
  repository !== undefined && !namesOf(state).includes(repository.toLowerCase());

/** Another repository, or a token for another one: neither is told apart from one that does not exist. */
export const openRepository = (
  state: GitHubState,
  token: TokenRow,
  { params, route }: Match,
  places: Places,
  url: URL,
): Response | undefined => {
  if (params['owner'] === undefined) return undefined;
  const asked = `${params['owner']}/${params['repo']}`.toLowerCase();
  const [own, ...formerly] = namesOf(state);
  if (asked !== own && !formerly.includes(asked)) throw notFound(route.documentation);
  if (isForeign(state, token) && state.repository.private) throw notFound(route.documentation);
  if (asked === own) return undefined;
  const rest = url.pathname.slice(url.pathname.indexOf('/repos/')).split('/').slice(4).join('/');
  const location = `${places.api}/repositories/${state.repository.id}${rest === '' ? '' : `/${rest}`}${url.search}`;
  const page = 'guides/best-practices-for-using-the-rest-api#follow-redirects';
  const body = {
    message: 'Moved Permanently',
    url: location,
    documentation_url: `https://docs.github.com/rest/${page}`,
  };
  return reply(route.method === 'GET' ? 301 : 307, body, { location });
};

/** Throws unless the token may do this; `refused`: a fault says that it may not. */
export const permit = (state: GitHubState, token: TokenRow, { route }: Match, refused: boolean): void => {
  if (route.accepts === null) return;
  const may = isForeign(state, token) ? route.method === 'GET' : mayDo(state, token, route.accepts);
  if (may && !refused) return;
  if (token.kind === 'classic') throw notFound(route.documentation);
  const who = token.kind === 'installation' ? 'integration' : 'personal access token';
  throw new GitHubError(403, `Resource not accessible by ${who}`, {
    documentation: route.documentation,
    headers: { 'x-accepted-github-permissions': route.accepts },
  });
};
