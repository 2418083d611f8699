import { RegistryError } from '../domain/errors.ts';
import type { ImageReference } from '../domain/image-reference.ts';
import { Secret } from '../domain/secret.ts';
import { refusal, removal } from './refusal.ts';
import { ask, jsonOf, type RegistryAccess } from './transport.ts';

const hub = 'https://hub.docker.com';

/**
 * Docker Hub's registry refuses DELETE (docker/hub-feedback#2360); its own API removes one tag and leaves the others of
 * the same image. The token needs "Read, Write, Delete" (docs.docker.com/reference/api/hub).
 */
export const removeAtHub = async (
  access: RegistryAccess,
  { registry, repository, tag = '' }: ImageReference,
): Promise<'removed' | 'absent'> => {
  const tried = {
    registry,
    what: `remove the tag ${repository}:${tag}`,
    permission: 'give the access token of REGISTRY_TOKEN "Read, Write, Delete" at hub.docker.com, account settings',
  };
  const token = await hubToken(access, tried.what);
  const reply = await ask(access, {
    method: 'DELETE',
    url: `${hub}/v2/repositories/${repository}/tags/${tag}/`,
    headers: { authorization: `Bearer ${token.reveal()}` },
  });
  return removal(access, tried, reply);
};

const hubToken = async (access: RegistryAccess, what: string): Promise<Secret> => {
  const { login } = access;
  if (login?.registry !== 'docker.io')
    throw new RegistryError(`docker.io lets nobody ${what} without a login`, 'no-login', {
      done: ['the tag is still there'],
      next: 'write images.username into infra.yaml and set REGISTRY_TOKEN to a token that may delete',
    });
  const reply = await ask(access, {
    method: 'POST',
    url: `${hub}/v2/auth/token`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: login.username, secret: login.token.reveal() }),
  });
  if (!reply.ok) throw await refusal(access, { registry: 'docker.io', what }, reply);
  const { access_token: token } = (jsonOf(await reply.text()) ?? {}) as { readonly access_token?: unknown };
  if (typeof token === 'string' && token !== '') return new Secret(token);
  throw new RegistryError('hub.docker.com took the login and gave no token', 'refused');
};
