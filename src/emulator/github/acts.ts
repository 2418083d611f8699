import type { Delivery } from './deliveries.ts';
import type { Role } from './permissions.ts';

/*
 * What people do to the emulated repository. Each act changes the state and gives the webhook that GitHub would send of it
 * (an Error where nobody could do that). Tests replay, double, reorder or lose these as they like.
 */
export interface OpenPull {
  readonly author: string;
  /** Branch; default `change-<number>`. */
  readonly ref?: string;
  readonly title?: string;
  readonly body?: string;
  readonly draft?: boolean;
  /** From a fork of the author's, not from a branch of the repository. */
  readonly fork?: boolean;
  readonly base?: string;
  readonly sha?: string;
  readonly labels?: readonly string[];
}
export interface Said {
  readonly by: string;
  readonly body: string;
}
export interface GitHubPeople {
  openPull(pull: OpenPull): Delivery & { readonly number: number; readonly sha: string };
  /** Commits to the head branch; `sha` of it in the answer. */
  push(number: number, push?: { readonly by?: string; readonly sha?: string }): Delivery & { readonly sha: string };
  draft(number: number, by?: string): Delivery;
  ready(number: number, by?: string): Delivery;
  close(number: number, by?: string): Delivery;
  merge(number: number, by?: string): Delivery;
  reopen(number: number, by?: string): Delivery;
  rename(number: number, title: string, by?: string): Delivery;
  label(number: number, name: string, by?: string): Delivery;
  unlabel(number: number, name: string, by?: string): Delivery;
  comment(number: number, said: Said): Delivery & { readonly id: number };
  editComment(id: number, said: Said): Delivery;
  deleteComment(id: number, by?: string): Delivery;
  review(
    number: number,
    review: { by: string; state?: 'approved' | 'commented' | 'changes_requested'; body?: string },
  ): Delivery;
  /** A comment on a line of code. */
  codeComment(number: number, said: Said): Delivery;
  openIssue(issue: { author: string; title: string; body?: string; labels?: readonly string[] }): number;
  /** To the default branch. */
  pushMain(push?: { readonly by?: string; readonly sha?: string }): Delivery & { readonly sha: string };
  setPermission(login: string, role: Role): void;
  /** The fork of a pull request is deleted: its head repository is null from then on. */
  deleteFork(number: number): void;
  /** The old name answers 301. */
  renameRepository(name: string): void;
}
