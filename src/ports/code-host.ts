/** Login and what the host says of it at this very pull request or comment; never proof of a permission by itself. */
export interface Account {
  readonly login: string;
  /** `OWNER`, `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR`, `FIRST_TIME_CONTRIBUTOR`, `NONE` … */
  readonly association: string;
}

/** By what the host says beside everything they write. Members who hide it show as CONTRIBUTOR or NONE. */
export const belongs = (association: string): boolean => memberLike.has(association);
const memberLike: ReadonlySet<string> = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

/** One pull request as the host tells it now. Title and names of branches are anybody's text. */
export interface PullRequest {
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  readonly draft: boolean;
  readonly author: Account;
  readonly title: string;
  readonly headSha: string;
  readonly headRef: string;
  /** `owner/name`; null: the fork is gone. */
  readonly headRepository: string | null;
  readonly baseRef: string;
  readonly labels: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly closedAt: string | null;
}

export const permissions = ['admin', 'maintain', 'write', 'triage', 'read', 'none'] as const;
export type Permission = (typeof permissions)[number];

export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'inactive';
export type CheckConclusion = 'success' | 'failure' | 'neutral' | 'action_required' | 'cancelled';

/**
 * The repository that previews belong to. Every call throws CodeHostError: which call, what the host said, and for a
 * refusal the permission that the token lacks. Each method is one request unless it says otherwise.
 */
export interface CodeHost {
  /** `owner/name`. */
  readonly repository: string;
  /** null: there is none of this number in this repository. */
  pullRequest(number: number): Promise<PullRequest | null>;
  /** All that are open, one request per hundred; `complete: false` when a page did not come. */
  openPullRequests(): Promise<{ readonly complete: boolean; readonly items: readonly PullRequest[] }>;
  permissionOf(login: string): Promise<Permission>;
  /**
   * When somebody who belongs to the repository, and is no bot, last reviewed it or commented on its code (ISO 8601);
   * null: nobody did. One request; from a hundred and one reviews on two, at most four.
   */
  reviewedAt(number: number): Promise<string | null>;
  /**
   * Our one comment: updates `known`, and when that is gone or unknown looks for the one with `marker` and makes it
   * otherwise (up to three requests). `first`: there never was one, so it is made without looking (one request).
   * Returns its id.
   */
  putComment(
    number: number,
    wanted: {
      readonly body: string;
      readonly marker: string;
      readonly known: number | null;
      readonly first?: boolean;
    },
  ): Promise<number>;
  /** A further comment, for what is answered once. */
  reply(number: number, body: string): Promise<number>;
  /** Makes a deployment when `known` is null, then sets its state: two requests, or one. */
  putDeployment(wanted: {
    readonly known: number | null;
    readonly sha: string;
    readonly environment: string;
    readonly state: DeploymentState;
    readonly url: string | null;
    readonly logUrl: string | null;
  }): Promise<number>;
  /** Makes a check run when `known` is null, else updates it. `conclusion` null: in progress. */
  putCheck(wanted: {
    readonly known: number | null;
    readonly sha: string;
    readonly name: string;
    readonly conclusion: CheckConclusion | null;
    readonly title: string;
    readonly summary: string;
    readonly url: string | null;
  }): Promise<number>;
  /** Opens the issue with `marker`, or updates the open one; `body` null closes it if it is open. Number, or null. */
  putIssue(wanted: {
    readonly marker: string;
    readonly title: string;
    readonly body: string | null;
    readonly closing: string;
  }): Promise<number | null>;
  /** Requests so far, and what the host says is left of its budget; null before the first. */
  usage(): { readonly requests: number; readonly remaining: number | null };
}
