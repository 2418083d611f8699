import type { Secret } from '../domain/secret.ts';
import { createGatewayMachines } from '../machines/gateway.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyRing } from '../ports/key-ring.ts';
import type { Fetch, Machines } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';

export interface MachineAccess {
  readonly fetch: Fetch;
  readonly endpoint: string;
  readonly token: Secret;
  readonly clock: Clock;
  /** How machines are reached where that is known; null: the endpoint is asked who it is. */
  readonly machines: 'gateway' | 'ssh' | null;
}
/** The machines of one environment: its key ring opens them. */
export type ReachMachines = (keyRing: KeyRing) => Machines;

/**
 * Simulated machines are reached through the gateway of their emulated cloud, all others by SSH. An endpoint that is
 * not Hetzner's own is asked once what it is (`GET <origin>/_emulator`); Hetzner's is not.
 */
export const machinesFor = async (access: MachineAccess, random: Random): Promise<ReachMachines> => {
  if ((access.machines ?? (await askedOf(access))) === 'gateway') return () => createGatewayMachines(access);
  // Only a command that comes to real machines pays for loading SSH.
  const { createSshMachines } = await import('../ssh/machines.ts');
  return (keyRing) => createSshMachines({ keyRing, clock: access.clock, random });
};

const askedOf = async ({ fetch, endpoint, token }: MachineAccess): Promise<'gateway' | 'ssh'> => {
  const { origin, hostname } = new URL(endpoint);
  if (hostname === 'api.hetzner.cloud') return 'ssh';
  try {
    const headers = { authorization: `Bearer ${token.reveal()}` };
    const reply = await fetch(new Request(`${origin}/_emulator`, { headers }));
    if (!reply.ok) return 'ssh';
    const { kind } = (await reply.json()) as { readonly kind?: unknown };
    return kind === 'docker' ? 'ssh' : 'gateway';
  } catch {
    // Nobody answers: the first request to the API itself says so better than this probe could.
    return 'ssh';
  }
};
