import type { z } from 'zod';
import { CodeHostError } from '../domain/errors.ts';
import { type CodeHost, type Permission, type PullRequest, permissions } from '../ports/code-host.ts';
import type { GitHubClient, Page } from './client.ts';
import { quoted } from './text.ts';
import { permissionSchema, pullSchema, pullsSchema } from './wire.ts';

const perPage = 100;
/** 2,000 open pull requests are no repository of ours; the list says that it is incomplete. */
const pagesMost = 20;
/** GitHub's numbers are 32 bits wide. */
const numberMost = 2 ** 31 - 1;
export const isPullNumber = (number: number): boolean =>
  Number.isInteger(number) && number >= 1 && number <= numberMost;
/** Of users, of enterprise-managed ones (`_`), of bots; others are nobody's and not sent anywhere. */
const loginPattern = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})(?:\[bot\])?$/;

type PullAnswer = z.infer<typeof pullSchema>;
const pullOf = (row: PullAnswer): PullRequest => ({
  number: row.number,
  state: row.state,
  merged: (row.merged_at ?? null) !== null,
  draft: row.draft ?? false,
  // An account that was deleted is shown as `ghost`.
  author: { login: row.user?.login ?? 'ghost', association: row.author_association },
  title: row.title,
  headSha: row.head.sha,
  headRef: row.head.ref,
  headRepository: row.head.repo?.full_name ?? null,
  baseRef: row.base.ref,
  labels: row.labels.map(({ name }) => name),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  closedAt: row.closed_at ?? null,
});

/** What a proxy or a cache mixed up is no answer: everything that is made or destroyed hangs on it. */
const assertOf = (row: PullAnswer, repository: string, number: number): void => {
  const { full_name: name } = row.base.repo;
  if (row.number === number && name.toLowerCase() === repository.toLowerCase()) return;
  throw new CodeHostError(
    `GitHub was asked for pull request ${number} of ${repository}, and answered with ${row.number} of ${quoted(name, 140)}`,
    { kind: 'refused' },
    { next: 'check GITHUB_API_URL and what stands between it and this machine, then run the command again' },
  );
};

export const pullsOf = (
  client: GitHubClient,
  repository: string,
): Pick<CodeHost, 'pullRequest' | 'openPullRequests' | 'permissionOf'> => ({
  pullRequest: async (number) => {
    if (!isPullNumber(number)) return null;
    const row = await client.find({
      what: `read pull request ${number}`,
      route: 'GET /repos/{owner}/{repo}/pulls/{number}',
      params: { number },
      needs: 'pull_requests=read',
      schema: pullSchema,
    });
    if (row === null) return null;
    assertOf(row, repository, number);
    return pullOf(row);
  },
  openPullRequests: () => openPulls(client, repository),
  permissionOf: async (login) => {
    if (!loginPattern.test(login)) return 'none';
    const answer = await client.find({
      what: `read what ${login} may do`,
      route: 'GET /repos/{owner}/{repo}/collaborators/{login}/permission',
      params: { login },
      needs: 'metadata=read',
      schema: permissionSchema,
    });
    return answer === null ? 'none' : permissionIn(answer);
  },
});

/** What a role is worth; an organisation may call a role of its own anything, also "write". */
const worth: Readonly<Record<Permission, string>> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: 'none',
};
/** `permission` counts; `role_name` is finer where it agrees. */
const permissionIn = ({ permission, role_name }: z.infer<typeof permissionSchema>): Permission =>
  permissions.find((one) => one === role_name && worth[one] === permission) ??
  permissions.find((one) => one === permission) ??
  'none';

/**
 * Oldest first, so that one opened meanwhile comes last. One that is closed meanwhile moves its successors up, past the
 * edge of a page: what is missing here is no proof that it is closed. Ask for it by its number.
 */
const openPulls = async (client: GitHubClient, repository: string): ReturnType<CodeHost['openPullRequests']> => {
  const found = new Map<number, PullRequest>();
  for (let page = 1; page <= pagesMost; page += 1) {
    const answer = await pageOrEnd(client, page);
    if (answer === null) return { complete: false, items: [...found.values()] };
    for (const row of answer.data) {
      assertOf(row, repository, row.number);
      if (row.state === 'open') found.set(row.number, pullOf(row));
    }
    if (!answer.more) return { complete: true, items: [...found.values()] };
    // A page before the last one is full, or something is missing in it.
    if (answer.data.length < perPage) return { complete: false, items: [...found.values()] };
  }
  return { complete: false, items: [...found.values()] };
};

/** null: it did not come. Without the first page there is nothing to go on, so its failure is one. */
const pageOrEnd = async (client: GitHubClient, page: number): Promise<Page<PullAnswer[]> | null> => {
  try {
    return await client.page({
      what: 'list open pull requests',
      route: 'GET /repos/{owner}/{repo}/pulls',
      params: { state: 'open', sort: 'created', direction: 'asc', per_page: perPage, page },
      needs: 'pull_requests=read',
      schema: pullsSchema,
    });
  } catch (error) {
    if (page > 1 && error instanceof CodeHostError && error.kind !== 'no-permission') return null;
    throw error;
  }
};
