import type { Secret } from '../domain/secret.ts';
import { createGatewayMachines } from '../machines/gateway.ts';
import type { Fetch, Machines } from '../ports/machines.ts';

/**
 * On an emulated cloud machines are reached through its gateway. An endpoint that is not Hetzner's own is asked once
 * who it is (`GET <origin>/_emulator`); Hetzner's is not.
 */
export const machinesFor = async (access: {
  readonly fetch: Fetch;
  readonly endpoint: string;
  readonly token: Secret;
  readonly emulated: boolean;
}): Promise<{ readonly machines: Machines; readonly unreachable: string | null }> => {
  if (access.emulated || (await isEmulator(access)))
    return { machines: createGatewayMachines(access), unreachable: null };
  return { machines: unreachableMachines, unreachable: because };
};

const isEmulator = async ({
  fetch,
  endpoint,
  token,
}: {
  readonly fetch: Fetch;
  readonly endpoint: string;
  readonly token: Secret;
}): Promise<boolean> => {
  const { origin, hostname } = new URL(endpoint);
  if (hostname === 'api.hetzner.cloud') return false;
  try {
    const reply = await fetch(
      new Request(`${origin}/_emulator`, { headers: { authorization: `Bearer ${token.reveal()}` } }),
    );
    return reply.ok;
  } catch {
    // Nobody answers: the first request to the API itself says so better than this probe could.
    return false;
  }
};

/** Says plainly what this version can't do, instead of waiting for a machine it has no way to. */
const because = 'this version reaches machines on the emulated cloud only; SSH to real ones is not built yet';
const unreachableMachines: Machines = {
  bootStatus: async () => ({ stage: 'error', detail: because }),
  fetchThrough: () => () => Promise.reject(new Error(because)),
};
