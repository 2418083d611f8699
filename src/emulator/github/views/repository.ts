import { fullName, type GitHubState } from '../state.ts';
import { nodeId, type Places, userView } from './user.ts';

/** Addresses that every view of a repository carries, `{api}/repos/o/n` and the rest after it. */
const links = {
  forks_url: '/forks',
  keys_url: '/keys{/key_id}',
  collaborators_url: '/collaborators{/collaborator}',
  teams_url: '/teams',
  hooks_url: '/hooks',
  issue_events_url: '/issues/events{/number}',
  events_url: '/events',
  assignees_url: '/assignees{/user}',
  branches_url: '/branches{/branch}',
  tags_url: '/tags',
  blobs_url: '/git/blobs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  git_refs_url: '/git/refs{/sha}',
  trees_url: '/git/trees{/sha}',
  statuses_url: '/statuses/{sha}',
  languages_url: '/languages',
  stargazers_url: '/stargazers',
  contributors_url: '/contributors',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  commits_url: '/commits{/sha}',
  git_commits_url: '/git/commits{/sha}',
  comments_url: '/comments{/number}',
  issue_comment_url: '/issues/comments{/number}',
  contents_url: '/contents/{+path}',
  compare_url: '/compare/{base}...{head}',
  merges_url: '/merges',
  archive_url: '/{archive_format}{/ref}',
  downloads_url: '/downloads',
  issues_url: '/issues{/number}',
  pulls_url: '/pulls{/number}',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  labels_url: '/labels{/name}',
  releases_url: '/releases{/id}',
  deployments_url: '/deployments',
} as const;
/** Nobody looks at these here; they are there because they are there. */
const rest = {
  description: null,
  homepage: null,
  size: 0,
  stargazers_count: 0,
  watchers_count: 0,
  language: null,
  has_issues: true,
  has_projects: true,
  has_downloads: true,
  has_wiki: true,
  has_pages: false,
  has_discussions: false,
  forks_count: 0,
  mirror_url: null,
  archived: false,
  disabled: false,
  license: null,
  allow_forking: true,
  is_template: false,
  web_commit_signoff_required: false,
  topics: [],
  forks: 0,
  watchers: 0,
  custom_properties: {},
} as const;

/** `name`: the emulated repository, or a fork of it. */
export const repositoryView = (places: Places, state: GitHubState, name: string): Record<string, unknown> => {
  const { api, site } = places;
  const { repository } = state;
  const isFork = name.toLowerCase() !== fullName(repository).toLowerCase();
  const [owner = '', short = ''] = name.split('/');
  const url = `${api}/repos/${name}`;
  const html = `${site}/${name}`;
  const open = [...state.pulls, ...state.issues].filter(({ state: is }) => is === 'open').length;
  return {
    id: isFork ? repository.id + 1 : repository.id,
    node_id: nodeId('R', repository.id),
    name: short,
    full_name: name,
    private: repository.private,
    owner: userView(places, state, owner),
    html_url: html,
    fork: isFork,
    url,
    ...Object.fromEntries(Object.entries(links).map(([key, path]) => [key, `${url}${path}`])),
    created_at: repository.createdAt,
    updated_at: repository.createdAt,
    pushed_at: repository.createdAt,
    git_url: `${html.replace(/^https?/, 'git')}.git`,
    ssh_url: `git@github.com:${name}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    ...rest,
    visibility: repository.private ? 'private' : 'public',
    open_issues_count: isFork ? 0 : open,
    open_issues: isFork ? 0 : open,
    default_branch: repository.defaultBranch,
  };
};
