import { type GitHubState, userOf } from '../state.ts';

/** Where the API and the site are, without a slash at the end; views are full of addresses. */
export interface Places {
  readonly api: string;
  readonly site: string;
}

/** `simple-user` of the API and of webhooks. */
export const userView = ({ api, site }: Places, state: GitHubState, login: string): Record<string, unknown> => {
  const user = userOf(state, login);
  const url = `${api}/users/${encodeURIComponent(user.login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId('U', user.id),
    avatar_url: `https://avatars.githubusercontent.com/u/${user.id}?v=4`,
    gravatar_id: '',
    url,
    html_url: user.type === 'Bot' ? `${site}/apps/${user.login.replace('[bot]', '')}` : `${site}/${user.login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: user.type,
    user_view_type: 'public',
    site_admin: false,
  };
};

/** Opaque to clients; theirs are base64 of kind and id, too. */
export const nodeId = (kind: string, id: number): string => `${kind}_${btoa(String(id)).replaceAll('=', '')}`;
