import { type Clock, createVirtualClock } from '../clock.ts';
import type { GitHubPeople } from './acts.ts';
import { createGitHubControl } from './control.ts';
import { createDeliveries } from './deliveries.ts';
import { createGitHubFaults, type GitHubFaultRule, type GitHubFaults } from './faults.ts';
import { createGitHubBudget, type GitHubBudget, type GitHubLimits, gitHubLimits } from './limits.ts';
import { createGitHubPeople } from './people.ts';
import type { Role, TokenKind, TokenPermissions } from './permissions.ts';
import { createGitHubPipeline, type GitHubRequest, isoOf } from './pipeline.ts';
import { chance, type GitHubState, newState, userOf } from './state.ts';
import type { Places } from './views/user.ts';

export interface GitHubOptions {
  /** `owner/name` */
  readonly repository: string;
  /** Default: a virtual clock of its own. */
  readonly clock?: Clock;
  readonly seed?: number;
  /** Default true: reading needs permissions, too. */
  readonly private?: boolean;
  /** A state to go on from. */
  readonly state?: GitHubState;
  /** Who may do what, by login. */
  readonly people?: Readonly<Record<string, Role>>;
  readonly limits?: Partial<GitHubLimits>;
  readonly faults?: readonly GitHubFaultRule[];
  /** Where clients find it, for the addresses in its answers; default: as GitHub's own. */
  readonly places?: Places;
}
export interface TokenOptions {
  /** Default `installation`, as GITHUB_TOKEN is. */
  readonly kind?: TokenKind;
  /** Who acts with it; default `github-actions[bot]`, or the owner. */
  readonly login?: string;
  /** Default: what the life cycle of previews needs. */
  readonly permissions?: TokenPermissions;
  /** `owner/name` it opens, if another than the emulated one. */
  readonly repository?: string;
}
export interface EmulatedGitHub {
  /** The REST API under any origin, from `/repos` on, or below `/github` or `/api/v3`. Rejects with a TypeError where a reply is lost. */
  fetch(request: Request): Promise<Response>;
  /** What people do; each act gives the webhook it causes. */
  readonly people: GitHubPeople;
  readonly faults: GitHubFaults;
  readonly budget: GitHubBudget;
  /** Every request so far, oldest first. */
  readonly requests: readonly GitHubRequest[];
  /** Of an installation, with what previews need. */
  readonly token: string;
  makeToken(options?: TokenOptions): string;
  revokeToken(token: string): void;
  readonly clock: Clock;
  /** Live; plain data. */
  readonly state: GitHubState;
}

/** What docs/github.md asks for; `metadata=read` comes with every token. */
export const previewPermissions: TokenPermissions = {
  contents: 'read',
  pull_requests: 'write',
  issues: 'write',
  deployments: 'write',
  checks: 'write',
};
const prefixes: Readonly<Record<TokenKind, string>> = {
  installation: 'ghs_',
  'fine-grained': 'github_pat_',
  classic: 'ghp_',
};

/** The emulated GitHub: one repository, one closure, no globals. */
export const createGitHubEmulator = (options: GitHubOptions): EmulatedGitHub => {
  const clock = options.clock ?? createVirtualClock();
  const { repository, seed = 1 } = options;
  const now = (): number => clock.now();
  const state =
    options.state ?? newState({ repository, seed, private: options.private ?? true, at: isoOf(clock.now()) });
  const places = options.places ?? { api: 'https://api.github.com', site: 'https://github.com' };
  const faults = createGitHubFaults(options.faults);
  const budget = createGitHubBudget({ ...gitHubLimits, ...options.limits }, now);
  const requests: GitHubRequest[] = [];
  const live = (): GitHubState => state;
  const people = createGitHubPeople(live, createDeliveries(places, live), now);
  for (const [login, role] of Object.entries(options.people ?? {})) people.setPermission(login, role);

  const makeToken = ({ kind = 'installation', login, permissions, repository: opens }: TokenOptions = {}): string => {
    const token = `${prefixes[kind]}${chance(state).text(36)}`;
    const acting = login ?? (kind === 'installation' ? 'github-actions[bot]' : state.repository.owner);
    userOf(state, acting);
    const row = { token, kind, login: acting, permissions: permissions ?? previewPermissions };
    state.tokens.push(opens === undefined ? row : { ...row, repository: opens });
    return token;
  };
  const token = state.tokens[0]?.token ?? makeToken();
  const answer = createGitHubPipeline({ state: live, places, clock, faults, budget, requests });
  const control = createGitHubControl({ state: live, people, faults, budget, requests, makeToken });
  return {
    fetch: (request) =>
      new URL(request.url).pathname.startsWith('/_emulator/github') ? control(request) : answer(request),
    people,
    faults,
    budget,
    requests,
    token,
    makeToken,
    revokeToken: (revoked) => {
      for (const row of state.tokens) if (row.token === revoked) row.revoked = true;
    },
    clock,
    state,
  };
};
