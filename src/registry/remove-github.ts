import { RegistryError } from '../domain/errors.ts';
import type { ImageReference } from '../domain/image-reference.ts';
import { isOfPullRequest, refusal, removal, type Tried } from './refusal.ts';
import { type Asked, ask, jsonOf, type RegistryAccess } from './transport.ts';

interface Version {
  readonly id: number;
  readonly tags: readonly string[];
}
const perPage = 100;
const pagesMax = 30;

/**
 * ghcr.io refuses DELETE (405); GitHub's API deletes whole versions of a package, with all their tags
 * (docs.github.com/rest/packages). So one goes only when nothing but tags of pull requests is on it.
 */
export const removeAtGithub = async (
  access: RegistryAccess,
  { registry, repository, tag = '' }: ImageReference,
): Promise<'removed' | 'absent'> => {
  const tried = {
    registry,
    what: `remove the tag ${repository}:${tag}`,
    permission:
      'the token needs packages=write, and the package must give the repository the role admin (package settings, Manage Actions access)',
  };
  const [owner = '', ...rest] = repository.split('/');
  const name = encodeURIComponent(rest.join('/'));
  const found = await versionWith(access, tried, owner, name, tag);
  if (found === undefined) return 'absent';
  const kept = found.version.tags.filter((one) => !isOfPullRequest(one));
  if (kept.length > 0)
    throw new RegistryError(
      `${repository}:${tag} is the same image as ${kept.join(', ').slice(0, 200)}, and ghcr.io removes images only as a whole`,
      'not-offered',
      { done: ['the tag is still there'] },
    );
  const reply = await ask(access, request(access, 'DELETE', `${found.packages}/${found.version.id}`));
  return removal(access, tried, reply);
};

/** Owners are users or organisations, and only the address that fits answers. */
const versionWith = async (
  access: RegistryAccess,
  tried: Tried,
  owner: string,
  name: string,
  tag: string,
): Promise<{ readonly packages: string; readonly version: Version } | undefined> => {
  for (const kind of ['orgs', 'users']) {
    const packages = `/${kind}/${owner}/packages/container/${name}/versions`;
    for (let page = 1; page <= pagesMax; page += 1) {
      const reply = await ask(access, request(access, 'GET', `${packages}?per_page=${perPage}&page=${page}`));
      if (reply.status === 404) break;
      if (!reply.ok) throw await refusal(access, tried, reply);
      const versions = versionsIn(await reply.text());
      const version = versions.find(({ tags }) => tags.includes(tag));
      if (version !== undefined) return { packages, version };
      if (versions.length < perPage) return undefined;
    }
  }
  return undefined;
};

const versionsIn = (text: string): Version[] => {
  const list = jsonOf(text);
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: { id?: unknown; metadata?: { container?: { tags?: unknown } } }) => {
    const tags = one?.metadata?.container?.tags;
    return typeof one?.id === 'number' && Array.isArray(tags) ? [{ id: one.id, tags: tags.map(String) }] : [];
  });
};

const request = ({ github, login }: RegistryAccess, method: Asked['method'], path: string): Asked => {
  const token = github?.token ?? login?.token;
  return {
    method,
    url: `${github?.api ?? 'https://api.github.com'}${path}`,
    headers: {
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      ...(token !== undefined && { authorization: `Bearer ${token.reveal()}` }),
    },
  };
};
