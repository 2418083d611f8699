import { RegistryError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { type Asked, ask, hostOf, jsonOf, type RegistryAccess } from './transport.ts';

/** A registry, as one asks it: requests that log in as far as it wants that. */
export type AskRegistry = (
  asked: Omit<Asked, 'url'> & { readonly path: string; readonly scope: string },
) => Promise<Response>;

/** Docker's own rule: plain HTTP only for registries on this machine. */
const isLocal = (registry: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3})(?::\d+)?$/.test(registry);

export const originOf = (registry: string): string =>
  registry === 'docker.io' ? 'https://registry-1.docker.io' : `${isLocal(registry) ? 'http' : 'https'}://${registry}`;

/**
 * Asks without a login first and does what the 401 says (distribution.github.io/distribution/spec/auth/token): a token
 * for this scope from the realm it names, with our login where we have one, or the login itself. Tokens are kept for as
 * long as the command runs.
 */
export const registryAt = (access: RegistryAccess, registry: string): AskRegistry => {
  const own = access.login?.registry === registry ? access.login : undefined;
  const basic = own && `Basic ${Buffer.from(`${own.username}:${own.token.reveal()}`).toString('base64')}`;
  const known = new Map<string, string>();
  return async ({ path, scope, headers, ...rest }) => {
    const send = (authorization: string | undefined): Promise<Response> =>
      ask(access, {
        ...rest,
        url: `${originOf(registry)}${path}`,
        headers: { ...headers, ...(authorization !== undefined && { authorization }) },
      });
    const reply = await send(known.get(scope));
    if (reply.status !== 401) return reply;
    const challenge = challengeIn(reply.headers.get('www-authenticate') ?? '');
    if (challenge === undefined) return reply;
    if (challenge.scheme === 'basic') return basic === undefined ? reply : keep(known, scope, basic, send);
    const token = await tokenFrom(access, registry, challenge, scope, basic);
    return token === undefined ? reply : keep(known, scope, `Bearer ${token.reveal()}`, send);
  };
};

const keep = (
  known: Map<string, string>,
  scope: string,
  authorization: string,
  send: (authorization: string) => Promise<Response>,
): Promise<Response> => {
  known.set(scope, authorization);
  return send(authorization);
};

interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly realm: string;
  readonly service: string | undefined;
}

/** `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="…"` */
const challengeIn = (header: string): Challenge | undefined => {
  const [, scheme = '', rest = ''] = /^\s*(basic|bearer)\s+(.*)$/i.exec(header) ?? [];
  const values = new Map([...rest.matchAll(/([a-z]+)="([^"]*)"/gi)].map(([, key = '', value = '']) => [key, value]));
  if (/^basic$/i.test(scheme)) return { scheme: 'basic', realm: '', service: undefined };
  const realm = values.get('realm');
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  return { scheme: 'bearer', realm, service: values.get('service') };
};

/** Undefined: this realm gives nobody like us a token. The login goes over HTTPS only, or stays on this machine. */
const tokenFrom = async (
  access: RegistryAccess,
  registry: string,
  { realm, service }: Challenge,
  scope: string,
  basic: string | undefined,
): Promise<Secret | undefined> => {
  const url = new URL(realm);
  if (url.protocol !== 'https:' && !(isLocal(registry) && isLocal(url.host)))
    throw new RegistryError(`${registry} wants a login at ${url.origin}, which is no https address`, 'refused');
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope);
  const reply = await ask(access, {
    method: 'GET',
    url: url.href,
    ...(basic !== undefined && { headers: { authorization: basic } }),
  });
  if (reply.status === 401 || reply.status === 403) return undefined;
  const body = jsonOf(await reply.text()) as { readonly token?: unknown; readonly access_token?: unknown } | undefined;
  const token = body?.token ?? body?.access_token;
  if (reply.ok && typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return new Secret(token);
  throw new RegistryError(
    `${hostOf(url.href)}, where ${registry} sends us for a token, answered ${reply.status} and no token`,
    'refused',
    {
      next: 'run the command again in a minute',
    },
  );
};
