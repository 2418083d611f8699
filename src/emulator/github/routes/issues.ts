import { type FieldError, GitHubError, invalid, notFound } from '../errors.ts';
import { roleOf } from '../permissions.ts';
import { type Call, Rows, route } from '../route.ts';
import { type CommentRow, type IssueRow, issueOf, newId, type PullRow, userOf } from '../state.ts';
import { commentView, issueView } from '../views/issue.ts';
import { commentBody, issueBody, issueChange } from '../wire.ts';

const repo = '/repos/:owner/:repo';
const eitherRead = 'issues=read; pull_requests=read';
const eitherWrite = 'issues=write; pull_requests=write';
export const bodyLimit = 65_536;
const titleLimit = 256;
const pages = {
  list: 'issues/comments#list-issue-comments',
  get: 'issues/comments#get-an-issue-comment',
  create: 'issues/comments#create-an-issue-comment',
  update: 'issues/comments#update-an-issue-comment',
  remove: 'issues/comments#delete-an-issue-comment',
  issues: 'issues/issues#list-repository-issues',
  createIssue: 'issues/issues#create-an-issue',
  updateIssue: 'issues/issues#update-an-issue',
} as const;

/** Characters, not bytes and not halves of surrogate pairs (believed). */
const length = (text: string): number => [...text].length;

const checkComment = (body: string, page: string): void => {
  const about = { resource: 'IssueComment', code: 'unprocessable', field: 'data' } as const;
  if (body.trim() === '') throw invalid(page, { ...about, message: 'Body cannot be blank' });
  if (length(body) > bodyLimit)
    throw invalid(page, { ...about, message: `Body is too long (maximum is ${bodyLimit} characters)` });
};
const checkIssue = (
  { title, body }: { title?: string | undefined; body?: string | null | undefined },
  page: string,
): void => {
  const errors: FieldError[] = [];
  const custom = (field: string, message: string) => errors.push({ resource: 'Issue', code: 'custom', field, message });
  if (title !== undefined && title.trim() === '')
    errors.push({ resource: 'Issue', code: 'missing_field', field: 'title' });
  if (length(title ?? '') > titleLimit) custom('title', `title is too long (maximum is ${titleLimit} characters)`);
  if (length(body ?? '') > bodyLimit) custom('body', `body is too long (maximum is ${bodyLimit} characters)`);
  if (errors.length > 0) throw invalid(page, ...errors);
};
const theIssue = ({ state, params }: Call<unknown>, page: string): IssueRow | PullRow => {
  const row = issueOf(state, Number(params['number']));
  if (row === undefined) throw notFound(page);
  return row;
};
const theComment = ({ state, params }: Call<unknown>, page: string): CommentRow => {
  const row = state.comments.find(({ id }) => String(id) === params['id']);
  if (row === undefined) throw notFound(page);
  return row;
};

const commentRoutes = [
  route({
    method: 'GET',
    path: `${repo}/issues/:number/comments`,
    accepts: eitherRead,
    documentation: pages.list,
    handle: (call) => {
      const { number } = theIssue(call, pages.list);
      const since = Date.parse(call.query.get('since') ?? '1970-01-01');
      const rows = call.state.comments.filter((row) => row.issue === number && Date.parse(row.updatedAt) >= since);
      return new Rows(rows.map((row) => () => commentView(call.places, call.state, row)));
    },
  }),
  route({
    method: 'POST',
    path: `${repo}/issues/:number/comments`,
    accepts: eitherWrite,
    documentation: pages.create,
    body: commentBody,
    handle: (call) => {
      const issue = theIssue(call, pages.create);
      checkComment(call.body.body, pages.create);
      if (issue.locked && roleOf(call.state, call.token.login) === 'none' && call.token.kind === 'classic')
        throw new GitHubError(403, 'Unable to create comment because issue is locked.', {
          documentation: pages.create,
        });
      // --- writes begin ---
      const at = { createdAt: call.iso, updatedAt: call.iso };
      const author = userOf(call.state, call.token.login).login;
      const row = { id: newId(call.state), issue: issue.number, author, body: call.body.body, ...at };
      call.state.comments.push(row);
      issue.updatedAt = call.iso;
      return commentView(call.places, call.state, row);
    },
  }),
  route({
    method: 'GET',
    path: `${repo}/issues/comments/:id`,
    accepts: eitherRead,
    documentation: pages.get,
    handle: (call) => commentView(call.places, call.state, theComment(call, pages.get)),
  }),
  route({
    method: 'PATCH',
    path: `${repo}/issues/comments/:id`,
    accepts: eitherWrite,
    documentation: pages.update,
    body: commentBody,
    handle: (call) => {
      const row = theComment(call, pages.update);
      checkComment(call.body.body, pages.update);
      row.body = call.body.body;
      row.updatedAt = call.iso;
      return commentView(call.places, call.state, row);
    },
  }),
  route({
    method: 'DELETE',
    path: `${repo}/issues/comments/:id`,
    accepts: eitherWrite,
    documentation: pages.remove,
    handle: (call) => {
      const row = theComment(call, pages.remove);
      call.state.comments.splice(call.state.comments.indexOf(row), 1);
      return null;
    },
  }),
];

const sorted = (rows: readonly (IssueRow | PullRow)[], query: URLSearchParams): (IssueRow | PullRow)[] => {
  const key = (row: IssueRow): string => (query.get('sort') === 'updated' ? row.updatedAt : row.createdAt);
  const ascending = rows.toSorted((a, b) => key(a).localeCompare(key(b)) || a.number - b.number);
  return query.get('direction') === 'asc' ? ascending : ascending.reverse();
};

export const issueRoutes = [
  ...commentRoutes,
  route({
    method: 'GET',
    path: `${repo}/issues`,
    accepts: eitherRead,
    documentation: pages.issues,
    handle: ({ state, query, places }) => {
      const wanted = query.get('state') ?? 'open';
      const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '');
      const creator = query.get('creator')?.toLowerCase();
      const rows = [...state.issues, ...state.pulls].filter(
        (row) =>
          (wanted === 'all' || row.state === wanted) &&
          labels.every((label) => row.labels.includes(label)) &&
          (creator === undefined || row.author.toLowerCase() === creator),
      );
      return new Rows(sorted(rows, query).map((row) => () => issueView(places, state, row)));
    },
  }),
  route({
    method: 'POST',
    path: `${repo}/issues`,
    accepts: 'issues=write',
    documentation: pages.createIssue,
    body: issueBody,
    handle: ({ state, body, places, iso, token }) => {
      checkIssue(body, pages.createIssue);
      // --- writes begin ---
      const number = state.nextNumber;
      state.nextNumber += 1;
      const row: IssueRow = {
        number,
        id: newId(state),
        author: userOf(state, token.login).login,
        title: body.title,
        body: body.body ?? null,
        state: 'open',
        labels: [...body.labels],
        locked: false,
        createdAt: iso,
        updatedAt: iso,
        closedAt: null,
      };
      state.issues.push(row);
      return issueView(places, state, row);
    },
  }),
  route({
    method: 'PATCH',
    path: `${repo}/issues/:number`,
    accepts: eitherWrite,
    documentation: pages.updateIssue,
    body: issueChange,
    handle: (call) => {
      const row = theIssue(call, pages.updateIssue);
      checkIssue(call.body, pages.updateIssue);
      // --- writes begin ---
      const { title, body, state, labels } = call.body;
      if (title !== undefined) row.title = title;
      if (body !== undefined) row.body = body;
      if (labels !== undefined) row.labels = labels;
      if (state !== undefined && state !== row.state) {
        row.state = state;
        row.closedAt = state === 'closed' ? call.iso : null;
      }
      row.updatedAt = call.iso;
      return issueView(call.places, call.state, row);
    },
  }),
];
