import { Failure, RegistryError } from '../domain/errors.ts';
import { imageFrom } from '../domain/image-reference.ts';
import type { ImageRegistry } from '../ports/image-registry.ts';
import { type AskRegistry, registryAt } from './login.ts';
import { digestAt, tagsOf } from './manifests.ts';
import { removeAtGithub } from './remove-github.ts';
import { removeAtHub } from './remove-hub.ts';
import { removePlain } from './remove-plain.ts';
import type { RegistryAccess } from './transport.ts';

const next = 'write it like acme/shop-web:1.4.2';
/** More of one pull request is no work of one run. */
const tagsMax = 200;

export const createImageRegistry = (access: RegistryAccess): ImageRegistry => {
  const registries = new Map<string, AskRegistry>();
  const at = (registry: string): AskRegistry => {
    const found = registries.get(registry) ?? registryAt(access, registry);
    registries.set(registry, found);
    return found;
  };
  const removeTag: ImageRegistry['removeTag'] = (text) => {
    const reference = imageFrom(text, 'removing a tag', next);
    if (reference.tag === undefined || reference.digest !== undefined)
      throw new Failure(`${text} names no tag to remove`, { next });
    if (reference.registry === 'docker.io') return removeAtHub(access, reference);
    if (reference.registry === 'ghcr.io') return removeAtGithub(access, reference);
    return removePlain(access, at(reference.registry), reference);
  };
  return {
    digestOf: (text) => {
      const reference = imageFrom(text, 'looking up an image', next);
      return reference.digest === undefined
        ? digestAt(access, at(reference.registry), reference)
        : Promise.resolve(reference.digest);
    },
    removeTag,
    removeTags: async (pullRequests, repositories) => {
      const closed = (tag: string): boolean => pullRequests.some((number) => tag.startsWith(`pr-${number}-`));
      const removed: string[] = [];
      const stayed: string[] = [];
      for (const text of repositories) {
        const reference = imageFrom(text, 'removing tags', next);
        try {
          for (const tag of await tagsOf(access, at(reference.registry), reference, closed, tagsMax)) {
            const whole = `${reference.name}:${tag}`;
            if ((await removeTag(whole)) === 'removed') removed.push(whole);
          }
        } catch (error) {
          if (!(error instanceof RegistryError)) throw error;
          stayed.push(`tags of ${reference.name}: ${error.message}`);
        }
      }
      return { removed, stayed };
    },
  };
};
