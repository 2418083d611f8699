import type { z } from 'zod';
import type { CodeHost } from '../ports/code-host.ts';
import type { GitHubClient } from './client.ts';
import { isOurs, replyOnIssue } from './comments.ts';
import { madeOnce } from './settle.ts';
import { fittedTitle, marked } from './text.ts';
import { issueSchema, issuesSchema } from './wire.ts';

const perPage = 100;
const pagesMost = 10;
type Issue = z.infer<typeof issueSchema>;

export const issuesOf = (client: GitHubClient): Pick<CodeHost, 'putIssue'> => ({
  putIssue: async ({ marker, title, body, closing }) => {
    const open = await findIssue(client, marker);
    if (body === null) return open === null ? null : close(client, open.number, closing);
    const wanted = { title: fittedTitle(title), body: marked(body, marker) };
    if (open !== null) return update(client, open, wanted);
    const made = await madeOnce(
      client.clock,
      () => create(client, wanted),
      () => findIssue(client, marker),
    );
    return made.number;
  },
});

/** Ours with the marker, among the open ones; it was changed lately, so it is on the first page as a rule. */
const findIssue = async (client: GitHubClient, marker: string): Promise<Issue | null> => {
  for (let page = 1; page <= pagesMost; page += 1) {
    const { data, more } = await client.page({
      what: 'list open issues',
      route: 'GET /repos/{owner}/{repo}/issues',
      params: { state: 'open', sort: 'updated', direction: 'desc', per_page: perPage, page },
      needs: 'issues=read',
      schema: issuesSchema,
    });
    for (const issue of data)
      if (issue.pull_request === undefined && issue.body?.includes(marker) && (await isOurs(client, issue.user)))
        return issue;
    if (!more) return null;
  }
  return null;
};

const create = (client: GitHubClient, wanted: { readonly title: string; readonly body: string }): Promise<Issue> =>
  client.call({
    what: 'open an issue',
    route: 'POST /repos/{owner}/{repo}/issues',
    params: wanted,
    needs: 'issues=write',
    schema: issueSchema,
  });

const change = (client: GitHubClient, number: number, params: Readonly<Record<string, string>>): Promise<Issue> =>
  client.call({
    what: `change issue ${number}`,
    route: 'PATCH /repos/{owner}/{repo}/issues/{number}',
    params: { number, ...params },
    needs: 'issues=write',
    schema: issueSchema,
    repeatable: true,
  });

/** Nobody is told of a change that is none. */
const update = async (
  client: GitHubClient,
  issue: Issue,
  wanted: { readonly title: string; readonly body: string },
): Promise<number> => {
  if (issue.title !== wanted.title || issue.body !== wanted.body) await change(client, issue.number, wanted);
  return issue.number;
};

const close = async (client: GitHubClient, number: number, closing: string): Promise<number> => {
  await replyOnIssue(client, number, closing);
  await change(client, number, { state: 'closed' });
  return number;
};
