import type { PreviewRecord } from '../domain/preview.ts';
import { belongs, type Permission, type PullRequest } from '../ports/code-host.ts';

/**
 * Of the head commit. presumed: the host calls its author a member, which saves asking until right before the first
 * create and grants nothing; unknown: the permission has to be asked for first.
 */
export type Trust = 'trusted' | 'presumed' | 'unknown' | 'untrusted';

export const canWrite = (permission: Permission): boolean =>
  permission === 'admin' || permission === 'maintain' || permission === 'write';

/**
 * Whose commit this is. A branch inside the repository proves nothing: anybody may open a pull request between two
 * branches of a public repository (Bike4Mind#47). A fork that belongs to a third person is pushed to by that person.
 * `permission`: of the author, as the host said it; undefined: not asked yet.
 */
export const trustOf = (
  pullRequest: PullRequest,
  record: PreviewRecord | undefined,
  permission: Permission | undefined,
  repository: string,
): Trust => {
  if (record?.approved?.sha === pullRequest.headSha) return 'trusted';
  if (!isAuthorsOwn(pullRequest, repository)) return 'untrusted';
  if (permission !== undefined) return canWrite(permission) ? 'trusted' : 'untrusted';
  // Members may hide it, so everybody else is asked for, not refused.
  return belongs(pullRequest.author.association) ? 'presumed' : 'unknown';
};

const isAuthorsOwn = ({ headRepository, author }: PullRequest, repository: string): boolean => {
  if (headRepository === null) return false;
  const owner = headRepository.split('/')[0] ?? '';
  return same(headRepository, repository) || same(owner, author.login);
};
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Our comment must have named the commit for so long before a plain `/deploy` counts for it: whoever had opened the page
 * before that has read another commit. With the commit's digits it counts at once.
 */
export const readMs = 60_000;

/**
 * Whoever pushes can make two commits that begin alike (of 12 digits within seconds), have one read and push the other:
 * only all digits name one commit.
 */
const fewDigits = 'a commit is named by all its digits: another one may begin like this';

export type Approval =
  | { readonly sha: string }
  /** `next`: what to write. */
  | { readonly because: string; readonly next: string };

/**
 * Which commit a writer's `/deploy` means. It must be the head now. Without digits it is the one that our comment had
 * named before the command was written: whoever read the pull request a push earlier has approved something else.
 */
export const approvalOf = (
  { sha, at }: { readonly sha: string | null; readonly at: string },
  headSha: string,
  asked: PreviewRecord['asked'],
): Approval => {
  const next = `/deploy ${headSha}`;
  const because = `the head commit is ${headSha.slice(0, 7)} now`;
  if (sha !== null) {
    if (sha.toLowerCase() === headSha) return { sha: headSha };
    return headSha.startsWith(sha.toLowerCase()) ? { because: fewDigits, next } : { because, next };
  }
  if (asked === undefined) return { because: 'nobody was asked about this commit yet', next };
  if (asked.sha !== headSha) return { because, next };
  return Date.parse(at) >= Date.parse(asked.at) + readMs
    ? { sha: headSha }
    : { because: `${because}, and our comment named it less than a minute before`, next };
};
