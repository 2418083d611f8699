import { type FieldError, invalid, notFound } from '../errors.ts';
import { type Call, Rows, route } from '../route.ts';
import { type IssueRow, issueOf, newId, type PullRow, userOf } from '../state.ts';
import { issueView } from '../views/issue.ts';
import { issueBody, issueChange } from '../wire.ts';

const repo = '/repos/:owner/:repo';
export const eitherRead = 'issues=read; pull_requests=read';
export const eitherWrite = 'issues=write; pull_requests=write';
export const bodyLimit = 65_536;
const titleLimit = 256;
const pages = {
  issues: 'issues/issues#list-repository-issues',
  createIssue: 'issues/issues#create-an-issue',
  updateIssue: 'issues/issues#update-an-issue',
} as const;

/** Characters, not bytes and not halves of surrogate pairs (believed). */
export const length = (text: string): number => [...text].length;

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
export const theIssue = ({ state, params }: Call<unknown>, page: string): IssueRow | PullRow => {
  const row = issueOf(state, Number(params['number']));
  if (row === undefined) throw notFound(page);
  return row;
};
const sorted = (rows: readonly (IssueRow | PullRow)[], query: URLSearchParams): (IssueRow | PullRow)[] => {
  const key = (row: IssueRow): string => (query.get('sort') === 'updated' ? row.updatedAt : row.createdAt);
  const ascending = rows.toSorted((a, b) => key(a).localeCompare(key(b)) || a.number - b.number);
  return query.get('direction') === 'asc' ? ascending : ascending.reverse();
};

export const issueRoutes = [
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
