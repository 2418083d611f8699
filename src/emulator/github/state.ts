import { type Randomness, randomness } from '../random.ts';
import type { Role, TokenKind, TokenPermissions } from './permissions.ts';

/*
 * Everything the emulated GitHub knows: one repository and who works on it. Plain data, so that it can be saved; moments
 * are ISO 8601 without fractions, as GitHub writes them. Issues and pull requests share their numbers and comments.
 */
export interface GitHubState {
  random: number;
  nextId: number;
  nextNumber: number;
  repository: RepositoryRow;
  /** Who has a role of their own, by login in lower case; of a public repository everybody else reads. */
  roles: Record<string, Role>;
  users: UserRow[];
  tokens: TokenRow[];
  pulls: PullRow[];
  issues: IssueRow[];
  comments: CommentRow[];
  reviews: ReviewRow[];
  deployments: DeploymentRow[];
  statuses: StatusRow[];
  checks: CheckRow[];
  /** What can be deployed and checked; pushes add to it. */
  commits: string[];
}
export interface RepositoryRow {
  readonly id: number;
  owner: string;
  name: string;
  private: boolean;
  readonly defaultBranch: string;
  /** Commit of the default branch. */
  head: string;
  readonly createdAt: string;
  /** `owner/name` it had before: they answer 301. */
  readonly formerly: string[];
}
export interface UserRow {
  readonly login: string;
  readonly id: number;
  readonly type: 'User' | 'Bot' | 'Organization';
}
export interface TokenRow {
  readonly token: string;
  readonly kind: TokenKind;
  /** Who acts with it. */
  readonly login: string;
  readonly permissions: TokenPermissions;
  /** `owner/name` it opens; absent: the emulated one. */
  readonly repository?: string;
  revoked?: boolean;
}
export interface IssueRow {
  readonly number: number;
  readonly id: number;
  readonly author: string;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  labels: string[];
  locked: boolean;
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
}
export interface PullRow extends IssueRow {
  draft: boolean;
  mergedAt: string | null;
  mergedBy: string | null;
  mergeSha: string | null;
  readonly baseRef: string;
  baseSha: string;
  readonly headRef: string;
  headSha: string;
  /** `owner/name`; null: the fork is gone. */
  headRepository: string | null;
  readonly headOwner: string;
}
export interface CommentRow {
  readonly id: number;
  readonly issue: number;
  readonly author: string;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
}
/** A comment on the code is one as well, without a body of its own. */
export interface ReviewRow {
  readonly id: number;
  readonly pull: number;
  readonly author: string;
  readonly state: 'approved' | 'commented' | 'changes_requested';
  readonly body: string | null;
  readonly sha: string;
  readonly submittedAt: string;
}
export interface DeploymentRow {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly creator: string;
  readonly transient: boolean;
  readonly production: boolean;
  readonly createdAt: string;
  updatedAt: string;
}
export interface StatusRow {
  readonly id: number;
  readonly deployment: number;
  readonly state: string;
  readonly creator: string;
  readonly description: string;
  readonly environment: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly createdAt: string;
}
export interface CheckRow {
  readonly id: number;
  readonly sha: string;
  name: string;
  status: string;
  conclusion: string | null;
  detailsUrl: string | null;
  externalId: string;
  startedAt: string;
  completedAt: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
}

export interface NewState {
  /** `owner/name` */
  readonly repository: string;
  readonly seed: number;
  readonly private: boolean;
  readonly at: string;
}
export const newState = ({ repository, seed, private: isPrivate, at }: NewState): GitHubState => {
  const [owner = '', name = ''] = repository.split('/');
  const state: GitHubState = {
    random: seed,
    // Ids are of one sequence, so that an id of the wrong kind finds nothing.
    nextId: 5_000_001,
    nextNumber: 1,
    repository: {
      id: 5_000_000,
      owner,
      name,
      private: isPrivate,
      defaultBranch: 'main',
      head: '',
      createdAt: at,
      formerly: [],
    },
    roles: { [owner.toLowerCase()]: 'admin' },
    users: [],
    tokens: [],
    pulls: [],
    issues: [],
    comments: [],
    reviews: [],
    deployments: [],
    statuses: [],
    checks: [],
    commits: [],
  };
  state.repository.head = newCommit(state);
  return state;
};

export const chance = (state: GitHubState): Randomness => randomness(state);
export const newId = (state: GitHubState): number => {
  state.nextId += 1;
  return state.nextId - 1;
};
/** A commit that exists from now on. */
export const newCommit = (state: GitHubState, sha = chance(state).hex(20)): string => {
  if (!state.commits.includes(sha)) state.commits.push(sha);
  return sha;
};
export const fullName = ({ owner, name }: Pick<RepositoryRow, 'owner' | 'name'>): string => `${owner}/${name}`;
/** An account, made when it is first heard of. */
export const userOf = (state: GitHubState, login: string): UserRow => {
  const known = state.users.find((user) => user.login.toLowerCase() === login.toLowerCase());
  if (known !== undefined) return known;
  const made: UserRow = { login, id: newId(state), type: login.endsWith('[bot]') ? 'Bot' : 'User' };
  state.users.push(made);
  return made;
};
export const issueOf = (state: GitHubState, number: number): IssueRow | PullRow | undefined =>
  state.pulls.find((pull) => pull.number === number) ?? state.issues.find((issue) => issue.number === number);
export const isPull = (row: IssueRow | PullRow): row is PullRow => 'headSha' in row;
