import { RegistryError } from '../domain/errors.ts';
import type { ImageReference } from '../domain/image-reference.ts';
import type { AskRegistry } from './login.ts';
import { digestAt, tagsOf } from './manifests.ts';
import { isOfPullRequest, removal } from './refusal.ts';
import type { RegistryAccess } from './transport.ts';

/** Others of the same image are looked for among so many tags; with more nothing is deleted. */
const tagsLookedAt = 100;

/**
 * Any other registry: DELETE of the tag (OCI distribution spec, "Deleting tags"). Distribution refuses that and deletes
 * by digest only, which takes every tag of the image along: done when no tag but those of pull requests is on it.
 */
export const removePlain = async (
  access: RegistryAccess,
  asked: AskRegistry,
  reference: ImageReference,
): Promise<'removed' | 'absent'> => {
  const { registry, repository, tag = '' } = reference;
  const tried = { registry, what: `remove the tag ${repository}:${tag}` };
  const scope = `repository:${repository}:pull,delete`;
  const remove = (what: string) => asked({ method: 'DELETE', path: `/v2/${repository}/manifests/${what}`, scope });
  const byTag = await remove(tag);
  if (byTag.status !== 405 && byTag.status !== 400) return removal(access, tried, byTag);
  const digest = await digestAt(access, asked, reference);
  if (digest === null) return 'absent';
  const others = await sameImage(access, asked, reference, digest);
  if (others.length > 0)
    throw notOffered(
      `${repository}:${tag} is the same image as ${others.join(', ').slice(0, 200)}, and ${registry} removes images only as a whole`,
    );
  const byDigest = await remove(digest);
  if (byDigest.status === 405) throw notOffered(`${registry} removes nothing: deleting is switched off there`);
  return removal(access, tried, byDigest);
};

const notOffered = (message: string): RegistryError =>
  new RegistryError(message, 'not-offered', { done: ['the tag is still there'] });

const sameImage = async (
  access: RegistryAccess,
  asked: AskRegistry,
  reference: ImageReference,
  digest: string,
): Promise<string[]> => {
  const others = await tagsOf(access, asked, reference, (tag) => !isOfPullRequest(tag), tagsLookedAt + 1);
  if (others.length > tagsLookedAt)
    throw notOffered(
      `${reference.registry} removes images only as a whole, and ${reference.repository} has too many tags that may be on it`,
    );
  const digests = await Promise.all(others.map((tag) => digestAt(access, asked, { ...reference, tag })));
  return others.filter((_tag, nth) => digests[nth] === digest);
};
