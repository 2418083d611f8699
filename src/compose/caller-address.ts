import type { CloudAccess } from './context.ts';

/** Where an emulated cloud sees our requests to its servers come from (`GET /_emulator`); undefined: the cloud is Hetzner's. */
export const callerAddress = async ({
  fetch,
  endpoint,
  token,
}: Pick<CloudAccess, 'fetch' | 'endpoint' | 'token'>): Promise<string | undefined> => {
  const { origin, hostname } = new URL(endpoint);
  if (hostname === 'api.hetzner.cloud') return undefined;
  try {
    const headers = { authorization: `Bearer ${token.reveal()}` };
    const reply = await fetch(new Request(`${origin}/_emulator`, { headers }));
    const { caller } = reply.ok ? ((await reply.json()) as { readonly caller?: unknown }) : {};
    return typeof caller === 'string' ? caller : undefined;
  } catch {
    // Nobody answers: the first request to the API itself says so better than this probe could.
    return undefined;
  }
};
