import type { CodeHost } from '../ports/code-host.ts';
import type { GitHubClient } from './client.ts';
import type { Needed } from './permissions.ts';
import { madeOnce } from './settle.ts';
import { fitted, marked } from './text.ts';
import { commentSchema, commentsSchema, type GitHubAccount, identified } from './wire.ts';

const perPage = 100;
const pagesMost = 10;
/** A comment on either needs one of the two; the first is the one to advise. */
const onPulls = 'pull_requests=write; issues=write';
const onIssues = 'issues=write; pull_requests=write';

/**
 * Whether we wrote it. Anybody can put our marker into a comment of theirs, and could change what we would then write
 * there: so only what has our own name on it is ours.
 */
export const isOurs = async (client: GitHubClient, author: GitHubAccount | null | undefined): Promise<boolean> => {
  if (author === null || author === undefined) return false;
  const me = await client.me();
  return me === null ? author.type === 'Bot' : author.login.toLowerCase() === me.toLowerCase();
};

export const commentsOf = (client: GitHubClient): Pick<CodeHost, 'putComment' | 'reply'> => ({
  putComment: async (number, { body, marker, known, first }) => {
    const text = marked(body, marker);
    if (known !== null && (await update(client, known, text))) return known;
    const find = (): Promise<number | null> => findComment(client, number, (found) => found.startsWith(marker));
    const found = first === true ? null : await find();
    // It may be deleted between the two.
    if (found !== null && found !== known && (await update(client, found, text))) return found;
    return madeOnce(client.clock, () => create(client, number, text, onPulls), find);
  },
  reply: (number, body) => reply(client, number, body, onPulls),
});

/** Clocks may differ by so much; it only bounds how far back a lost comment is looked for. */
const skewMs = 600_000;
/** Without a marker: what stands there word for word is ours. */
const reply = (client: GitHubClient, number: number, body: string, needs: Needed): Promise<number> => {
  const text = fitted(body);
  const since = new Date(client.clock.now() - skewMs).toISOString();
  return madeOnce(
    client.clock,
    () => create(client, number, text, needs),
    () => findComment(client, number, (found) => sameText(found, text), since),
  );
};
export const replyOnIssue = (client: GitHubClient, number: number, body: string): Promise<number> =>
  reply(client, number, body, onIssues);
const sameText = (a: string, b: string): boolean =>
  a.replaceAll('\r\n', '\n').trim() === b.replaceAll('\r\n', '\n').trim();

const create = async (client: GitHubClient, number: number, body: string, needs: Needed): Promise<number> =>
  (
    await client.call({
      what: `comment on ${number}`,
      route: 'POST /repos/{owner}/{repo}/issues/{number}/comments',
      params: { number, body },
      needs,
      schema: identified,
    })
  ).id;

/** False: it is gone. */
const update = async (client: GitHubClient, id: number, body: string): Promise<boolean> =>
  (await client.attempt({
    what: `change comment ${id}`,
    route: 'PATCH /repos/{owner}/{repo}/issues/comments/{id}',
    params: { id, body },
    needs: onPulls,
    schema: commentSchema,
    repeatable: true,
  })) !== null;

/** The oldest of ours; people's own comments are not read further than a thousand. */
const findComment = async (
  client: GitHubClient,
  number: number,
  matches: (body: string) => boolean,
  since?: string,
): Promise<number | null> => {
  for (let page = 1; page <= pagesMost; page += 1) {
    const { data, more } = await client.page({
      what: `read the comments on ${number}`,
      route: 'GET /repos/{owner}/{repo}/issues/{number}/comments',
      params: { number, per_page: perPage, page, ...(since === undefined ? {} : { since }) },
      needs: 'pull_requests=read; issues=read',
      schema: commentsSchema,
    });
    for (const { id, body, user } of data) if (matches(body ?? '') && (await isOurs(client, user))) return id;
    if (!more) return null;
  }
  return null;
};
