import { RegistryError } from '../domain/errors.ts';
import { type RegistryAccess, retryAfterMs, saidIn } from './transport.ts';

/** What was asked, for the sentence: `read acme/shop-web:1.4.2`, `remove the tag acme/shop-web:pr-7-1a2b`. */
export interface Tried {
  readonly registry: string;
  readonly what: string;
  /** What a token needs for it, in the registry's own words. */
  readonly permission?: string;
}

/** Tags that `npm run docker:check` gives to images of pull requests; every other one is somebody else's. */
export const isOfPullRequest = (tag: string): boolean => /^pr-\d+-/.test(tag);

/** What a DELETE came to; throws what `refusal` makes of everything else. */
export const removal = async (access: RegistryAccess, tried: Tried, reply: Response): Promise<'removed' | 'absent'> => {
  if (reply.ok) return 'removed';
  if (reply.status === 404) return 'absent';
  throw await refusal(access, tried, reply);
};

/** A refusal as an error that says which of the usual reasons it is, and what helps. */
export const refusal = async (access: RegistryAccess, tried: Tried, reply: Response): Promise<RegistryError> => {
  const { registry, what, permission } = tried;
  const own = access.login?.registry === registry ? access.login : undefined;
  const secrets = [access.login?.token, access.github?.token].filter((one) => one !== undefined);
  const words = await saidIn(reply, secrets);
  const said = words === '' ? '' : `: ${words}`;
  const done = ['nothing was changed'];
  if (reply.status === 401 && own !== undefined)
    return new RegistryError(`${registry} does not take the login of ${own.username} (401)${said}`, 'no-login', {
      done,
      next: 'set REGISTRY_TOKEN to a token of images.username that is still valid',
    });
  if (reply.status === 401)
    return new RegistryError(
      `${registry} lets nobody ${what} without a login (401): it is private, or not there${said}`,
      'no-login',
      { done, next: 'write images.username into infra.yaml and set REGISTRY_TOKEN' },
    );
  if (reply.status === 403)
    return new RegistryError(
      `${registry} does not let ${own?.username ?? 'us'} ${what} (403)${said}`,
      'no-permission',
      { done, next: permission ?? `give the token of REGISTRY_TOKEN the right to ${what}` },
    );
  if (reply.status === 429) {
    const ms = retryAfterMs(reply, access.clock);
    const when = ms === undefined ? 'later' : `in ${Math.ceil(ms / 1000)} s`;
    return new RegistryError(`${registry} has had too many requests (429)${said}`, 'rate-limited', {
      done,
      next:
        own === undefined
          ? `run it again ${when}; with images.username and REGISTRY_TOKEN the limit is higher`
          : `run it again ${when}`,
    });
  }
  const kind = reply.status >= 500 ? 'unreachable' : 'refused';
  return new RegistryError(`${registry} answered ${reply.status} when asked to ${what}${said}`, kind, {
    done,
    next: 'run the command again',
  });
};
