import { randomness } from './random.ts';
import { jsonReply } from './replies.ts';

/*
 * Tailscale's control API as far as a provisioner asks it: OAuth, auth keys, devices. How it lies: joining is a call
 * (`join`) and no protocol, so real clients can't; there is one tailnet; ephemeral devices stay until they are removed.
 */
export interface TailnetState {
  random: number;
  readonly tokens: { readonly token: string; readonly until: number }[];
  readonly keys: TailnetKey[];
  readonly devices: TailnetDevice[];
}
export interface TailnetKey {
  readonly id: string;
  readonly key: string;
  readonly until: number;
  readonly reusable: boolean;
  readonly ephemeral: boolean;
  readonly preauthorized: boolean;
  readonly tags: readonly string[];
  used: number;
}
export interface TailnetDevice {
  readonly nodeId: string;
  readonly id: string;
  readonly hostname: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly tags: readonly string[];
  readonly isEphemeral: boolean;
  readonly authorized: boolean;
}
export interface TailnetOptions {
  readonly clock: { now(): number };
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the client may hand out. */
  readonly tags: readonly string[];
  /** Kept by the caller, plain data. */
  readonly state: TailnetState;
}
export interface EmulatedTailnet {
  readonly fetch: (request: Request) => Promise<Response>;
  /** What `tailscale up --auth-key` does: the device, or why it was refused. */
  readonly join: (key: string, hostname: string) => TailnetDevice | string;
}

export const emptyTailnet = (seed: number): TailnetState => ({ random: seed, tokens: [], keys: [], devices: [] });

const hour = 3_600_000;
const domain = 'tail5eed.ts.net';
const refused = (status: number, message: string): Response => jsonReply({ message }, status);

export const createEmulatedTailnet = (options: TailnetOptions): EmulatedTailnet => ({
  fetch: async (request) => {
    const { pathname } = new URL(request.url);
    const route = `${request.method} ${pathname}`;
    if (route === 'POST /api/v2/oauth/token') return token(options, await request.text());
    const bearer = request.headers.get('authorization')?.replace(/^Bearer /, '');
    const now = options.clock.now();
    if (!options.state.tokens.some(({ token, until }) => token === bearer && now < until))
      return refused(401, 'API token invalid');
    if (route === 'POST /api/v2/tailnet/-/keys') return createKey(options, await request.text());
    if (route === 'GET /api/v2/tailnet/-/devices') return jsonReply({ devices: options.state.devices }, 200);
    const device = /^DELETE \/api\/v2\/device\/([^/]+)$/.exec(route)?.[1];
    return device === undefined ? refused(501, `not emulated: ${route}`) : removeDevice(options, device);
  },
  join: (key, hostname) => join(options, key, hostname),
});

const token = ({ clock, clientId, clientSecret, state }: TailnetOptions, body: string): Response => {
  const form = new URLSearchParams(body);
  if (form.get('grant_type') !== 'client_credentials') return refused(400, 'unsupported grant type');
  if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret)
    return refused(401, 'API token invalid');
  const made = `tskey-api-${randomness(state).text(32)}`;
  state.tokens.push({ token: made, until: clock.now() + hour });
  return jsonReply(
    { access_token: made, token_type: 'Bearer', expires_in: 3600, scope: 'auth_keys devices:core' },
    200,
  );
};

interface KeyWish {
  readonly capabilities?: { readonly devices?: { readonly create?: Partial<TailnetKey> } };
  readonly expirySeconds?: number;
  readonly description?: string;
}
const wishOf = (body: string): KeyWish | undefined => {
  try {
    return JSON.parse(body) as KeyWish;
  } catch {
    // Answered as the API answers it.
    return undefined;
  }
};

const createKey = ({ clock, tags: owned, state }: TailnetOptions, body: string): Response => {
  const wish = wishOf(body);
  const create = wish?.capabilities?.devices?.create;
  if (wish === undefined || create === undefined) return refused(400, 'invalid request body');
  const { reusable = false, ephemeral = false, preauthorized = false, tags = [] } = create;
  if (tags.length === 0) return refused(400, 'tailnet-owned auth key must have tags set');
  const foreign = tags.filter((tag) => !owned.includes(tag));
  if (foreign.length > 0) return refused(400, `requested tags [${foreign.join(' ')}] are invalid or not permitted`);
  if (!/^[A-Za-z0-9 -]{0,50}$/.test(wish.description ?? '')) return refused(400, 'description is invalid');
  const random = randomness(state);
  const id = `k${random.text(12)}CNTRL`;
  const until = clock.now() + (wish.expirySeconds ?? 90 * 86_400) * 1000;
  const key = `tskey-auth-${id}-${random.text(32)}`;
  state.keys.push({ id, key, until, reusable, ephemeral, preauthorized, tags, used: 0 });
  const capabilities = { devices: { create: { reusable, ephemeral, preauthorized, tags } } };
  return jsonReply({ id, key, expires: new Date(until).toISOString(), capabilities }, 200);
};

const removeDevice = ({ state }: TailnetOptions, id: string): Response => {
  const at = state.devices.findIndex((device) => device.nodeId === id || device.id === id);
  if (at < 0) return refused(404, 'no such device');
  state.devices.splice(at, 1);
  return jsonReply(null, 200);
};

const join = ({ clock, state }: TailnetOptions, text: string, hostname: string): TailnetDevice | string => {
  const key = state.keys.find((one) => one.key === text);
  if (key === undefined) return 'invalid key: unable to validate API key';
  if (clock.now() >= key.until) return 'invalid key: API key has expired';
  if (key.used > 0 && !key.reusable) return 'invalid key: API key has already been used';
  key.used += 1;
  const random = randomness(state);
  const taken = new Set(state.devices.map(({ name }) => name));
  const names = [hostname, ...[...Array(state.devices.length + 1).keys()].map((n) => `${hostname}-${n + 1}`)];
  const name = names.map((one) => `${one}.${domain}`).find((one) => !taken.has(one)) ?? `${hostname}.${domain}`;
  const device = {
    nodeId: `n${random.text(12)}CNTRL`,
    id: String(1_000_000 + random.below(9_000_000)),
    hostname,
    name,
    addresses: [`100.${64 + random.below(64)}.${random.below(256)}.${1 + random.below(254)}`],
    tags: key.tags,
    isEphemeral: key.ephemeral,
    authorized: key.preauthorized,
  };
  state.devices.push(device);
  return device;
};
