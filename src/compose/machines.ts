import { readFile } from 'node:fs/promises';
import { UsageError } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import { createGatewayEntry } from '../machines/entry.ts';
import { createGatewayMachines } from '../machines/gateway.ts';
import type { Clock } from '../ports/clock.ts';
import type { OpenMachines } from '../ports/entry.ts';
import type { KeyRing } from '../ports/key-ring.ts';
import type { Fetch, MachineTarget } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';
import type { IdentitySource } from '../ssh/identity.ts';

export interface MachineAccess {
  readonly fetch: Fetch;
  readonly endpoint: string;
  readonly token: Secret;
  readonly clock: Clock;
  /** How machines are reached where that is known; null: the endpoint is asked who it is. */
  readonly machines: 'gateway' | 'ssh' | null;
}
/** The machines of one environment: its key ring opens them. */
export type ReachMachines = (keyRing: KeyRing) => OpenMachines;

/**
 * Simulated machines are reached through the gateway of their emulated cloud, all others by SSH. An endpoint that is
 * not Hetzner's own is asked once what it is (`GET <origin>/_emulator`); Hetzner's is not.
 */
export const machinesFor = async (
  access: MachineAccess,
  random: Random,
  env: Env,
): Promise<{ readonly reach: ReachMachines; readonly emulated: boolean }> => {
  const cloud = access.machines ?? (await askedOf(access));
  const emulated = access.machines !== null || cloud !== 'hetzner';
  return { reach: await reachOf(access, random, env, cloud === 'gateway'), emulated };
};

const reachOf = async (access: MachineAccess, random: Random, env: Env, simulated: boolean): Promise<ReachMachines> => {
  const { clock } = access;
  // Only who asks for a human's login pays for loading SSH where machines are simulated.
  const keysOf = (identity: string | null): IdentitySource => ({
    identity: identity ?? env['RECONCILE_SSH_IDENTITY'] ?? null,
    agentSocket: env['SSH_AUTH_SOCK'],
    readFile: (path) => readFile(path, 'utf8'),
  });
  if (simulated)
    return (keyRing) => ({
      ...createGatewayMachines({ ...access, ourKey: () => keyRing.current()?.ssh.publicKey }),
      enter: async (identity) => {
        const { humanKeys } = await import('../ssh/identity.ts');
        return createGatewayEntry(access, await humanKeys(keysOf(identity)));
      },
    });
  // Only a command that comes to real machines pays for loading SSH.
  const { createSshMachines } = await import('../ssh/machines.ts');
  const way = isViaPrivate(env) ? { addressOf: privateAddress } : {};
  return (keyRing) => ({
    ...createSshMachines({ keyRing, clock, random, ...way }),
    enter: async (identity) => {
      const { createSshEntry } = await import('../ssh/entry.ts');
      return createSshEntry({ ...keysOf(identity), clock, ...way });
    },
  });
};
type Env = Readonly<Record<string, string | undefined>>;

/** RECONCILE_SSH_VIA=private: over a route into the private networks, as a tailnet's subnet router gives it. Throws UsageError. */
export const isViaPrivate = (env: Env): boolean => {
  const via = env['RECONCILE_SSH_VIA']?.trim() ?? '';
  if (via === 'private') return true;
  if (via === '' || via === 'public') return false;
  throw new UsageError(`RECONCILE_SSH_VIA is neither public nor private: ${via}`, {
    next: 'set it to private, or unset it',
  });
};

const privateAddress = ({ privateIp }: MachineTarget): { readonly host: string; readonly port: number } => ({
  host: privateIp,
  port: 22,
});

const askedOf = async ({ fetch, endpoint, token }: MachineAccess): Promise<'gateway' | 'ssh' | 'hetzner'> => {
  const { origin, hostname } = new URL(endpoint);
  if (hostname === 'api.hetzner.cloud') return 'hetzner';
  try {
    const headers = { authorization: `Bearer ${token.reveal()}` };
    const reply = await fetch(new Request(`${origin}/_emulator`, { headers }));
    if (!reply.ok) return 'hetzner';
    const { kind } = (await reply.json()) as { readonly kind?: unknown };
    return kind === 'docker' ? 'ssh' : 'gateway';
  } catch {
    // Nobody answers: the first request to the API itself says so better than this probe could.
    return 'hetzner';
  }
};
