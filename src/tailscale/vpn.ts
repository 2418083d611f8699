import { Secret } from '../domain/secret.ts';
import type { Vpn } from '../ports/vpn.ts';
import { type Answer, type Asked, ask, type ControlAccess, read, refusal } from './request.ts';
import { devicesSchema, keySchema, tokenSchema } from './wire.ts';

/** Long enough for a slow boot; the machine joins seconds after the delivery. */
const keySeconds = 600;

/** Tailscale's control API by an OAuth client, whose tailnet is `-`. */
export const createTailscale = (access: ControlAccess): Vpn => {
  const call = withToken(access);
  return {
    mintKey: async ({ server, ephemeral, tags }) => {
      const create = { reusable: false, ephemeral, preauthorized: true, tags };
      const asked = {
        method: 'POST',
        path: '/api/v2/tailnet/-/keys',
        // At most 50 letters, digits, blanks and hyphens.
        body: JSON.stringify({
          capabilities: { devices: { create } },
          expirySeconds: keySeconds,
          description: `one login of ${server}`.slice(0, 50),
        }),
      } as const;
      const [sent, answer] = await call(asked);
      const key = new Secret(read(access, sent, answer, keySchema).key);
      access.onSecret(key);
      return key;
    },
    devices: async () => {
      const [sent, answer] = await call({ method: 'GET', path: '/api/v2/tailnet/-/devices' });
      return read(access, sent, answer, devicesSchema).devices.map(({ nodeId, id, ...device }) => ({
        ...device,
        id: nodeId ?? id,
      }));
    },
    remove: async (id) => {
      await call({ method: 'DELETE', path: `/api/v2/device/${encodeURIComponent(id)}` }, [404]);
    },
  };
};

type Call = Pick<Asked, 'method' | 'path' | 'body'>;
type Sent = readonly [Asked, Answer];

interface Token {
  readonly secret: Secret;
  readonly until: number;
}

/** Calls with a token, which is good for an hour and is asked for anew when it was refused. */
const withToken = (access: ControlAccess) => {
  let token: Promise<Token> | undefined;
  const current = async (): Promise<Token> => {
    token ??= newToken(access);
    try {
      const known = await token;
      if (access.clock.now() < known.until) return known;
      token = newToken(access);
      return await token;
    } catch (error) {
      token = undefined;
      throw error;
    }
  };
  const once = async (call: Call): Promise<Sent> => {
    const { secret } = await current();
    const headers = {
      authorization: `Bearer ${secret.reveal()}`,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const asked = { ...call, headers, secrets: [access.clientSecret, secret] };
    return [asked, await ask(access, asked)];
  };
  return async (call: Call, alsoGood: readonly number[] = []): Promise<Sent> => {
    let [asked, answer] = await once(call);
    if (answer.status === 401) {
      token = undefined;
      [asked, answer] = await once(call);
    }
    if ((answer.status >= 200 && answer.status < 300) || alsoGood.includes(answer.status)) return [asked, answer];
    throw refusal(access, asked, answer);
  };
};

/** RFC 6749 §4.4, with the client's credentials in the body, which stays out of every log of addresses. */
const newToken = async (access: ControlAccess): Promise<Token> => {
  const { clientId, clientSecret, clock } = access;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret.reveal(),
  });
  const asked: Asked = {
    method: 'POST',
    path: '/api/v2/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    secrets: [clientSecret],
  };
  const answer = await ask(access, asked);
  if (answer.status !== 200) throw refusal(access, asked, answer);
  const { access_token, expires_in } = read(access, asked, answer, tokenSchema);
  const secret = new Secret(access_token);
  access.onSecret(secret);
  // Renewed before it ends, so that no call meets its last second.
  return { secret, until: clock.now() + expires_in * 900 };
};
