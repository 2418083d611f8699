import { createHash } from 'node:crypto';
import type { Fetch } from '../../src/ports/machines.ts';

/*
 * Registries of container images in a function: docker.io, ghcr.io and any other, as far as they are asked. Behind a
 * Bearer challenge like theirs, with tags that move and are removed the way each of them offers.
 */
export interface RegistryModel {
  readonly fetch: Fetch;
  /** `GET ghcr.io/v2/…`, in turn; with the user's name where a login came along. */
  readonly asked: string[];
  /** By `registry/repository`, tag by tag: the digest. */
  readonly tags: Map<string, Map<string, string>>;
  /** `docker.io/acme/web`, `1.4.2`: gives the tag an image of this content. */
  push(repository: string, tag: string, content: string): string;
  /** Answers these before all else, in turn; undefined: the model answers. */
  readonly instead: ((request: Request) => Response | undefined)[];
}

export interface RegistryOptions {
  /** By user, and what each may do; absent: everybody reads everything. */
  readonly accounts?: Readonly<Record<string, { readonly token: string; readonly may: 'read' | 'delete' }>>;
  readonly challenge?: 'bearer' | 'basic';
  /** What a plain registry deletes. */
  readonly deletes?: 'tags' | 'digests' | 'nothing';
  /** Leaves out Docker-Content-Digest. */
  readonly silent?: boolean;
  readonly pageSize?: number;
}

export const digestOfContent = (content: string): string =>
  `sha256:${createHash('sha256').update(manifestOf(content)).digest('hex')}`;
const manifestOf = (content: string): string => JSON.stringify({ schemaVersion: 2, content });

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
const refused = (status: number, code: string, message: string, headers: Record<string, string> = {}): Response =>
  json({ errors: [{ code, message }] }, status, headers);

export const createRegistryModel = (options: RegistryOptions = {}): RegistryModel => {
  const { accounts, challenge = 'bearer', deletes = 'digests', pageSize = 1000 } = options;
  const tags: RegistryModel['tags'] = new Map();
  const contents = new Map<string, string>();
  const asked: string[] = [];
  const instead: RegistryModel['instead'] = [];

  /** The user of a Basic login, or of one of our tokens; undefined: nobody, null: a login that is wrong. */
  const userOf = (request: Request): string | undefined | null => {
    const header = request.headers.get('authorization') ?? '';
    if (header === '') return undefined;
    if (header.startsWith('Basic ')) {
      const [user = '', token] = Buffer.from(header.slice(6), 'base64').toString().split(/:(.*)/s);
      return accounts?.[user]?.token === token ? user : null;
    }
    const [, user] = /^Bearer token-of-(.*)$/.exec(header) ?? [];
    return user === 'nobody' ? undefined : (user ?? githubUser(header));
  };
  const githubUser = (header: string): string | null =>
    Object.entries(accounts ?? {}).find(([, { token }]) => header === `Bearer ${token}`)?.[0] ?? null;

  const registry = (request: Request, url: URL, name: string): Response => {
    const user = userOf(request);
    const anyToken = request.headers.get('authorization') !== null;
    const deleting = request.method === 'DELETE';
    const allowed =
      accounts === undefined || (typeof user === 'string' && (!deleting || accounts[user]?.may === 'delete'));
    const needsToken = challenge === 'bearer' && (name === 'docker.io' || name === 'ghcr.io' || accounts !== undefined);
    if (needsToken ? !anyToken : !allowed && user === undefined)
      return refused(401, 'UNAUTHORIZED', 'authentication required', {
        'www-authenticate':
          challenge === 'basic'
            ? 'Basic realm="registry"'
            : `Bearer realm="https://auth.${name}/token",service="${name}"`,
      });
    if (!allowed)
      return user === null || user === undefined
        ? refused(401, 'UNAUTHORIZED', 'access to the resource is denied')
        : refused(403, 'DENIED', `${user} may only read`);
    const [, repository = '', what, reference = ''] = /^\/v2\/(.+)\/(manifests|tags)\/(.+)$/.exec(url.pathname) ?? [];
    const own = tags.get(`${name}/${repository}`);
    if (own === undefined) return refused(404, 'NAME_UNKNOWN', 'repository name not known to registry');
    if (what === 'tags') return listed(url, [...own.keys()].sort());
    const digest = reference.startsWith('sha256:')
      ? [...own.values()].find((one) => one === reference)
      : own.get(reference);
    if (deleting) {
      if (name === 'docker.io' || name === 'ghcr.io' || deletes === 'nothing')
        return refused(405, 'UNSUPPORTED', 'The operation is unsupported.');
      if (deletes === 'digests' && !reference.startsWith('sha256:'))
        return refused(405, 'UNSUPPORTED', 'The operation is unsupported.');
      if (digest === undefined) return refused(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      for (const [tag, one] of own)
        if (reference.startsWith('sha256:') ? one === digest : tag === reference) own.delete(tag);
      return new Response(null, { status: 202 });
    }
    if (digest === undefined) return refused(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    const headers: Record<string, string> = options.silent ? {} : { 'docker-content-digest': digest };
    return new Response(request.method === 'HEAD' ? null : manifestOf(contents.get(digest) ?? ''), { headers });
  };

  const listed = (url: URL, all: readonly string[]): Response => {
    const last = url.searchParams.get('last');
    const rest = last === null ? all : all.slice(all.indexOf(last) + 1);
    const page = rest.slice(0, pageSize);
    const link =
      rest.length > page.length ? { link: `<${url.pathname}?last=${page.at(-1)}&n=${pageSize}>; rel="next"` } : {};
    return json({ tags: page.length === 0 ? null : page }, 200, link);
  };

  const hub = async (request: Request, url: URL): Promise<Response> => {
    if (url.pathname === '/v2/auth/token') {
      const { identifier, secret } = (await request.json()) as { identifier: string; secret: string };
      return accounts?.[identifier]?.token === secret
        ? json({ access_token: `token-of-${identifier}` })
        : json({ message: 'incorrect authentication credentials' }, 401);
    }
    const user = userOf(request);
    if (typeof user !== 'string' || accounts?.[user]?.may !== 'delete')
      return json({ message: 'permission denied' }, 403);
    const [, repository, tag = ''] = /^\/v2\/repositories\/(.+)\/tags\/([^/]+)\/$/.exec(url.pathname) ?? [];
    return new Response(null, { status: tags.get(`docker.io/${repository}`)?.delete(tag) ? 204 : 404 });
  };

  /** Versions are images; only organisations' packages are here. */
  const github = (request: Request, url: URL): Response => {
    const user = userOf(request);
    if (typeof user !== 'string') return json({ message: 'Bad credentials' }, 401);
    const [, kind, owner, name = '', id] =
      /^\/(orgs|users)\/([^/]+)\/packages\/container\/([^/]+)\/versions(?:\/(\d+))?$/.exec(url.pathname) ?? [];
    const own = kind === 'orgs' ? tags.get(`ghcr.io/${owner}/${decodeURIComponent(name)}`) : undefined;
    if (own === undefined) return json({ message: 'Package not found.' }, 404);
    const digests = [...new Set(own.values())];
    const versions = digests.map((digest, nth) => ({
      id: nth + 1,
      name: digest,
      metadata: {
        package_type: 'container',
        container: { tags: [...own].filter(([, one]) => one === digest).map(([tag]) => tag) },
      },
    }));
    if (request.method === 'GET') return json(versions);
    if (accounts?.[user]?.may !== 'delete') return json({ message: 'Resource not accessible by integration' }, 403);
    for (const [tag, one] of own) if (one === digests[Number(id) - 1]) own.delete(tag);
    return new Response(null, { status: 204 });
  };

  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const user = userOf(request);
    asked.push(`${request.method} ${url.host}${url.pathname}${typeof user === 'string' ? ` as ${user}` : ''}`);
    const early = instead.shift()?.(request);
    if (early !== undefined) return early;
    if (url.host === 'hub.docker.com') return hub(request, url);
    if (url.host === 'api.github.com') return github(request, url);
    if (url.host.startsWith('auth.')) {
      if (user === null) return refused(401, 'UNAUTHORIZED', 'incorrect username or password');
      return json({ token: `token-of-${user ?? 'nobody'}`, expires_in: 300 });
    }
    return registry(request, url, url.host === 'registry-1.docker.io' ? 'docker.io' : url.host);
  };
  return {
    fetch: answer,
    asked,
    tags,
    instead,
    push: (repository, tag, content) => {
      const digest = digestOfContent(content);
      contents.set(digest, content);
      tags.set(repository, (tags.get(repository) ?? new Map()).set(tag, digest));
      return digest;
    },
  };
};
