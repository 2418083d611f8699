import pLimit from 'p-limit';
import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyRing } from '../ports/key-ring.ts';
import type { MachineTarget } from '../ports/machines.ts';
import type { Random } from '../ports/random.ts';
import { type Connection, connect } from './connect.ts';
import { UnreachableError } from './errors.ts';
import { finishFirstContact } from './first-contact.ts';
import { recognise } from './host-key.ts';

export interface SshAddress {
  readonly host: string;
  readonly port: number;
}

export interface SshAccess {
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  /** Spreads the tries of several servers. */
  readonly random: Random;
  /** null: there is no way to it. Left out: port 22 of the public address. */
  readonly addressOf?: (target: MachineTarget) => SshAddress | null;
  readonly user?: string;
  /** From the first packet to the login. Default: 10 s. */
  readonly readyMs?: number;
}

export interface Connections {
  /** Runs the work on the server's connection, which is opened when there is none and once anew when it had died. */
  use<T>(target: MachineTarget, work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** sshd refuses by chance when more than 10 log in at once (MaxStartups 10:30:100); all servers are ours, so few do. */
const connectsAtOnce = 6;

const publicAddress = ({ publicIp }: MachineTarget): SshAddress | null =>
  publicIp === null ? null : { host: publicIp, port: 22 };

interface Held {
  readonly where: string;
  readonly opening: Promise<Connection>;
}

/** One connection a server, opened at the first use and kept. */
export const createConnections = (access: SshAccess): Connections => {
  const held = new Map<string, Held>();
  const limit = pLimit(connectsAtOnce);
  let closing = new AbortController();

  const open = async (target: MachineTarget, { host, port }: SshAddress, signal: AbortSignal): Promise<Connection> => {
    const server = target.name;
    const login = () =>
      limit(() => {
        const keys = keysOf(access.keyRing, server);
        return connect({
          server,
          host,
          port,
          signal,
          user: access.user ?? 'root',
          login: keys.ssh.privateKey,
          known: keys.hosts[server] ?? {},
          readyMs: access.readyMs ?? 10_000,
        });
      });
    const connection = await login();
    if (!unfinished(access.keyRing, server)) return connection;
    const { clock, random, keyRing: ring } = access;
    return finishFirstContact({ server, ring, clock, random, signal, reconnect: login }, connection);
  };

  const connectionTo = async (target: MachineTarget): Promise<{ connection: Connection; fresh: boolean }> => {
    const address = (access.addressOf ?? publicAddress)(target);
    if (address === null) throw new UnreachableError(target.name, 'it has no public address');
    const where = `${address.host}:${address.port}`;
    const known = held.get(target.name);
    if (known?.where === where) {
      const connection = await known.opening;
      if (usable(access.keyRing, connection)) return { connection, fresh: false };
      connection.end();
    }
    // Whoever waited beside us may have opened one already.
    if (held.get(target.name) !== known) return connectionTo(target);
    const opening = open(target, address, closing.signal);
    held.set(target.name, { where, opening });
    try {
      return { connection: await opening, fresh: true };
    } catch (error) {
      if (held.get(target.name)?.opening === opening) held.delete(target.name);
      throw error;
    }
  };

  return {
    use: async (target, work) => {
      const { connection, fresh } = await connectionTo(target);
      try {
        return await work(connection);
      } catch (error) {
        if (fresh || !connection.broken() || !(error instanceof UnreachableError)) throw error;
        // It had died unnoticed, e.g. by a reboot. All that is asked of servers may be asked twice.
        const again = await connectionTo(target);
        return work(again.connection);
      }
    },
    close: async () => {
      const opened = [...held.values()];
      held.clear();
      closing.abort(new Error('the connections were closed'));
      closing = new AbortController();
      await Promise.allSettled(opened.map(async ({ opening }) => (await opening).end()));
    },
  };
};

const keysOf = (ring: KeyRing, server: string): ClusterKeys => {
  const keys = ring.current();
  const known = keys?.hosts[server];
  if (keys !== null && (known?.first !== undefined || known?.pinned !== undefined)) return keys;
  throw new Failure(
    keys === null
      ? `no key to log in at ${server} with: the state of this environment has none`
      : `the SSH host key of ${server} is not in the state, so whoever answers there can't be told from a stranger`,
    { next: 'reconcile state history shows earlier states; without one the server has to be replaced' },
  );
};

/** A look (a plan, a status) changes nothing, neither on the server nor in the state: the first key serves it. */
const unfinished = (ring: KeyRing, server: string): boolean =>
  ring.current()?.hosts[server]?.first !== undefined && ring.writable?.() !== false;

/** A rebuild gives a server a new first key: a connection to what it was before is no connection to it. */
const usable = (ring: KeyRing, connection: Connection): boolean => {
  const { server, hostKey } = connection;
  const known = recognise(ring.current()?.hosts[server] ?? {}, hostKey) !== undefined;
  return known && !connection.broken() && !unfinished(ring, server);
};
