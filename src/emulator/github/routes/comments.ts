import { GitHubError, invalid, notFound } from '../errors.ts';
import { roleOf } from '../permissions.ts';
import { type Call, Rows, route } from '../route.ts';
import { type CommentRow, newId, userOf } from '../state.ts';
import { commentView } from '../views/issue.ts';
import { commentBody } from '../wire.ts';
import { bodyLimit, eitherRead, eitherWrite, length, theIssue } from './issues.ts';

const repo = '/repos/:owner/:repo';
const pages = {
  list: 'issues/comments#list-issue-comments',
  get: 'issues/comments#get-an-issue-comment',
  create: 'issues/comments#create-an-issue-comment',
  update: 'issues/comments#update-an-issue-comment',
  remove: 'issues/comments#delete-an-issue-comment',
} as const;

const checkComment = (body: string, page: string): void => {
  const about = { resource: 'IssueComment', code: 'unprocessable', field: 'data' } as const;
  if (body.trim() === '') throw invalid(page, { ...about, message: 'Body cannot be blank' });
  if (length(body) > bodyLimit)
    throw invalid(page, { ...about, message: `Body is too long (maximum is ${bodyLimit} characters)` });
};
const theComment = ({ state, params }: Call<unknown>, page: string): CommentRow => {
  const row = state.comments.find(({ id }) => String(id) === params['id']);
  if (row === undefined) throw notFound(page);
  return row;
};

export const commentRoutes = [
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
