import { createHash } from 'node:crypto';
import { RegistryError } from '../domain/errors.ts';
import { type ImageReference, tagOf } from '../domain/image-reference.ts';
import type { AskRegistry } from './login.ts';
import { refusal } from './refusal.ts';
import type { RegistryAccess } from './transport.ts';

/** Lists of platforms first: what a tag stands for is the list, where there is one. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const pagesMax = 50;

export const pullScope = ({ repository }: ImageReference): string => `repository:${repository}:pull`;

export const digestAt = async (
  access: RegistryAccess,
  asked: AskRegistry,
  reference: ImageReference,
): Promise<string | null> => {
  const question = {
    path: `/v2/${reference.repository}/manifests/${tagOf(reference)}`,
    scope: pullScope(reference),
    headers: { accept: manifestTypes },
  };
  const reply = await asked({ method: 'HEAD', ...question });
  if (reply.status === 404) return null;
  const what = `read ${reference.repository}:${tagOf(reference)}`;
  if (!reply.ok) throw await refusal(access, { registry: reference.registry, what }, reply);
  const told = reply.headers.get('docker-content-digest');
  if (told !== null && /^sha256:[0-9a-f]{64}$/.test(told)) return told;
  // The header is not required of a registry; the digest is that of the manifest's bytes.
  const whole = await asked({ method: 'GET', ...question });
  if (!whole.ok) throw await refusal(access, { registry: reference.registry, what }, whole);
  return `sha256:${createHash('sha256')
    .update(Buffer.from(await whole.arrayBuffer()))
    .digest('hex')}`;
};

/** The first `max` wanted tags; registries page their lists (distribution spec, "Listing Tags"). Throws RegistryError on an endless one. */
export const tagsOf = async (
  access: RegistryAccess,
  asked: AskRegistry,
  reference: ImageReference,
  wanted: (tag: string) => boolean,
  max: number,
): Promise<string[]> => {
  const found: string[] = [];
  let path: string | undefined = `/v2/${reference.repository}/tags/list?n=1000`;
  for (let page = 0; path !== undefined && found.length < max; page += 1) {
    if (page >= pagesMax)
      throw new RegistryError(
        `${reference.registry} has more than ${pagesMax} pages of tags of ${reference.repository}`,
        'refused',
      );
    const reply: Response = await asked({ method: 'GET', path, scope: pullScope(reference) });
    if (reply.status === 404) return found;
    if (!reply.ok)
      throw await refusal(
        access,
        { registry: reference.registry, what: `list the tags of ${reference.repository}` },
        reply,
      );
    const { tags } = (await reply.json()) as { readonly tags?: readonly unknown[] | null };
    for (const tag of tags ?? []) if (typeof tag === 'string' && wanted(tag)) found.push(tag);
    path = nextPage(reply);
  }
  return found.slice(0, max);
};

/** `Link: </v2/acme/web/tags/list?last=b&n=2>; rel="next"`: only a path below /v2/ is followed. */
const nextPage = (reply: Response): string | undefined => {
  const target = /<([^>]+)>;\s*rel="?next"?/.exec(reply.headers.get('link') ?? '')?.[1];
  if (target === undefined) return undefined;
  const url = new URL(target, 'http://registry.invalid');
  return url.pathname.startsWith('/v2/') ? `${url.pathname}${url.search}` : undefined;
};
