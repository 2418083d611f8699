import { GitHubError, notFound } from '../errors.ts';
import { legacyPermission, roleOf } from '../permissions.ts';
import { type Call, Rows, route } from '../route.ts';
import { fullName, type PullRow } from '../state.ts';
import { fullPullView, pullView } from '../views/pull.ts';
import { repositoryView } from '../views/repository.ts';
import { listedReviewView } from '../views/review.ts';
import { userView } from '../views/user.ts';

const repo = '/repos/:owner/:repo';
const listPage = 'pulls/pulls#list-pull-requests';
const reviewsPage = 'pulls/reviews#list-reviews-for-a-pull-request';

const ordered = (pulls: readonly PullRow[], { query }: Call): PullRow[] => {
  const sort = query.get('sort') ?? 'created';
  // Newest first, but for other orders than the default one (docs: direction).
  const direction = query.get('direction') ?? (sort === 'created' || !query.has('sort') ? 'desc' : 'asc');
  const key = (pull: PullRow): string => (sort === 'updated' ? pull.updatedAt : pull.createdAt);
  const rows = pulls.toSorted((a, b) => key(a).localeCompare(key(b)) || a.number - b.number);
  return direction === 'desc' ? rows.reverse() : rows;
};

export const pullRoutes = [
  route({
    method: 'GET',
    path: `${repo}/pulls`,
    accepts: 'pull_requests=read',
    documentation: listPage,
    handle: (call) => {
      const { state, query, places } = call;
      const wanted = query.get('state') ?? 'open';
      const head = query.get('head');
      const rows = state.pulls.filter(
        (pull) =>
          (wanted === 'all' || pull.state === wanted) &&
          (head === null || head === `${pull.headOwner}:${pull.headRef}`) &&
          (query.get('base') ?? pull.baseRef) === pull.baseRef,
      );
      return new Rows(ordered(rows, call).map((row) => () => pullView(places, state, row)));
    },
  }),
  route({
    method: 'GET',
    path: `${repo}/pulls/:number`,
    accepts: 'pull_requests=read',
    documentation: 'pulls/pulls#get-a-pull-request',
    handle: ({ state, places, params }) => {
      const row = state.pulls.find(({ number }) => String(number) === params['number']);
      if (row === undefined) throw notFound('pulls/pulls#get-a-pull-request');
      return fullPullView(places, state, row);
    },
  }),
  route({
    method: 'GET',
    path: `${repo}/pulls/:number/reviews`,
    accepts: 'pull_requests=read',
    documentation: reviewsPage,
    handle: ({ state, places, params }) => {
      const row = state.pulls.find(({ number }) => String(number) === params['number']);
      if (row === undefined) throw notFound(reviewsPage);
      const reviews = state.reviews.filter(({ pull }) => pull === row.number);
      return new Rows(reviews.map((review) => () => listedReviewView(places, state, review)));
    },
  }),
];

export const peopleRoutes = [
  route({
    method: 'GET',
    path: repo,
    accepts: 'metadata=read',
    documentation: 'repos/repos#get-a-repository',
    handle: ({ state, places }) => repositoryView(places, state, fullName(state.repository)),
  }),
  route({
    method: 'GET',
    path: `${repo}/collaborators/:login/permission`,
    accepts: 'metadata=read',
    documentation: 'collaborators/collaborators#get-repository-permissions-for-a-user',
    handle: ({ state, places, params }) => {
      const login = params['login'] ?? '';
      const documentation = 'collaborators/collaborators#get-repository-permissions-for-a-user';
      const user = state.users.find((one) => one.login.toLowerCase() === login.toLowerCase());
      // Bots are no users to this endpoint (believed).
      const known = user?.type === 'User' || state.roles[login.toLowerCase()] !== undefined;
      if (!known) throw new GitHubError(404, `${login} is not a user`, { documentation });
      const role = roleOf(state, login);
      return {
        permission: legacyPermission(role),
        user: userView(places, state, login),
        role_name: role === 'none' ? '' : role,
      };
    },
  }),
  route({
    method: 'GET',
    path: '/user',
    accepts: null,
    documentation: 'users/users#get-the-authenticated-user',
    handle: ({ state, places, token }) => {
      const documentation = 'users/users#get-the-authenticated-user';
      if (token.kind === 'installation')
        throw new GitHubError(403, 'Resource not accessible by integration', { documentation });
      return userView(places, state, token.login);
    },
  }),
];
