import type { GitHubState, TokenRow } from './state.ts';

/** What somebody may do with the repository; `role_name` of the API. */
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';
/** installation: GITHUB_TOKEN of a workflow. classic: everything its user may. */
export type TokenKind = 'installation' | 'fine-grained' | 'classic';
export type Level = 'read' | 'write';
export type TokenPermissions = Readonly<Record<string, Level>>;

/**
 * What an endpoint asks for, in the form of the header X-Accepted-GitHub-Permissions: sets parted by a semicolon, of which
 * one is enough; within a set a comma means both. (docs.github.com, Troubleshooting the REST API.)
 */
export type Accepted = string;

const holds = (permissions: TokenPermissions, wanted: string): boolean => {
  const [name = '', level = ''] = wanted.trim().split('=');
  // Every token may read metadata.
  const held = permissions[name] ?? (name === 'metadata' ? 'read' : undefined);
  return held === 'write' || held === level;
};
const grants = (permissions: TokenPermissions, accepted: Accepted): boolean =>
  accepted.split(';').some((set) => set.split(',').every((wanted) => holds(permissions, wanted)));
const readsOnly = (accepted: Accepted): boolean => !accepted.includes('=write');

/** Public things may be read with any token. */
export const mayDo = (state: GitHubState, token: TokenRow, accepted: Accepted): boolean => {
  if (readsOnly(accepted) && !state.repository.private) return true;
  if (token.kind !== 'classic') return grants(token.permissions, accepted);
  const role = roleOf(state, token.login);
  return readsOnly(accepted) ? role !== 'none' : ['admin', 'maintain', 'write'].includes(role);
};

export const roleOf = (state: GitHubState, login: string): Role =>
  state.roles[login.toLowerCase()] ?? (state.repository.private ? 'none' : 'read');

/** What an older field of the API makes of the finer roles. */
export const legacyPermission = (role: Role): string =>
  role === 'maintain' ? 'write' : role === 'triage' ? 'read' : role;

/** What GitHub says of an author beside everything they wrote. */
export const associationOf = (state: GitHubState, login: string): string => {
  if (login.toLowerCase() === state.repository.owner.toLowerCase()) return 'OWNER';
  if ((state.roles[login.toLowerCase()] ?? 'none') !== 'none') return 'COLLABORATOR';
  const theirs = state.pulls.filter((pull) => pull.author.toLowerCase() === login.toLowerCase());
  return theirs.some((pull) => pull.mergedAt !== null) ? 'CONTRIBUTOR' : 'NONE';
};
