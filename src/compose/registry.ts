import type { ImagesConfig } from '../config/project.ts';
import { type Environment, targetOfName } from '../domain/environment.ts';
import { parseImage } from '../domain/image-reference.ts';
import type { Previews } from '../domain/preview.ts';
import { Secret } from '../domain/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageRegistry } from '../ports/image-registry.ts';
import type { Fetch } from '../ports/machines.ts';
import { createImageRegistry } from '../registry/registry.ts';
import type { Context } from './context.ts';

export interface RegistryOptions {
  readonly images: ImagesConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly onSecret: (secret: Secret) => void;
}

/** `docker.io` of `docker.io/acme`: whom images.username logs in at. */
export const registryHost = ({ registry }: ImagesConfig): string =>
  parseImage(`${registry ?? 'docker.io'}/any`)?.registry ?? 'docker.io';

/** A value of the environment that is no secret of anybody while it is empty. */
export const secretIn = (env: RegistryOptions['env'], name: string): Secret | undefined => {
  const text = env[name]?.trim() ?? '';
  return text === '' ? undefined : new Secret(text);
};

/**
 * The registries of images, asked as REGISTRY_PUSH_TOKEN where a pipeline has it, which may delete, else as
 * REGISTRY_TOKEN. GITHUB_TOKEN deletes from ghcr.io, whose registry does not.
 */
export const openRegistry = ({ images, env, fetch, clock, onSecret }: RegistryOptions): ImageRegistry => {
  const token = secretIn(env, 'REGISTRY_PUSH_TOKEN') ?? secretIn(env, 'REGISTRY_TOKEN');
  const github = secretIn(env, 'GITHUB_TOKEN');
  for (const secret of [token, github]) if (secret !== undefined) onSecret(secret);
  const api = env['GITHUB_API_URL'];
  const username = images.username ?? env['REGISTRY_USERNAME'];
  return createImageRegistry({
    fetch,
    clock,
    ...(username !== undefined &&
      token !== undefined && { login: { registry: registryHost(images), username, token } }),
    ...(github !== undefined && { github: { token: github, ...(api !== undefined && { api }) } }),
  });
};

/** Names without tags of what the jobs of an environment run. */
export const repositoriesOf = ({ jobs }: Pick<Environment, 'jobs'>): string[] => [
  ...new Set(jobs.flatMap(({ image }) => parseImage(image)?.name ?? [])),
];

/**
 * Tags of pull requests that were seen closed go. Lines of what was done and what stayed; nothing here is worth a
 * failure. Only with a token that may delete: the one of the servers may not.
 */
export const tidyImages = async (
  { registry, env, config }: Pick<Context, 'registry' | 'env' | 'config'>,
  { jobs }: Pick<Environment, 'jobs'>,
  previews: Previews,
): Promise<readonly string[]> => {
  const mayDelete =
    secretIn(env, 'REGISTRY_PUSH_TOKEN') !== undefined ||
    (registryHost(config.images) === 'ghcr.io' && secretIn(env, 'GITHUB_TOKEN') !== undefined);
  const closed = Object.entries(previews).flatMap(([name, { seen }]) =>
    seen?.state === 'closed' ? [targetOfName(name)?.pullRequest ?? []].flat() : [],
  );
  if (registry === undefined || !mayDelete || closed.length === 0) return [];
  const { removed, stayed } = await registry.removeTags(closed, repositoriesOf({ jobs }));
  return [...removed.map((tag) => `removed the image ${tag}`), ...stayed];
};
