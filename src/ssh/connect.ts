import { type Algorithms, type BaseAgent, Client, type ClientCallback, type ClientChannel } from 'ssh2';
import type { HostKeys } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { reasonOf, UnreachableError } from './errors.ts';
import { type Offered, recognise, wrongHostKey } from './host-key.ts';

/** One SSH connection: many channels. */
export interface Connection {
  readonly server: string;
  readonly client: Client;
  /** Which key the server proved to hold (`unknown`: one that nobody knew before), and that key itself. */
  readonly offered: Offered | 'unknown';
  readonly hostKey: Buffer;
  readonly broken: () => boolean;
  /** At once; open channels end with it. */
  readonly end: () => void;
}

export interface Door {
  readonly server: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** An OpenSSH private key, or what signs without giving its key away. */
  readonly login: Secret | BaseAgent;
  /** `any`: there is nothing to compare with, so whoever asks shows what was offered to a human. */
  readonly known: HostKeys | 'any';
  /** From the first packet to the login. */
  readonly readyMs: number;
  readonly signal: AbortSignal;
}

/**
 * Opens a channel by `ask`. ssh2 throws at once when the socket has ended and its own 'close' is still to come, and tells
 * the callback otherwise; either way a connection that is gone is an UnreachableError.
 */
export const openChannel = (
  connection: Connection,
  ask: (client: Client, done: ClientCallback) => void,
  refused: (error: Error) => Error,
): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    const gone = (error: unknown): void => {
      connection.end();
      reject(new UnreachableError(connection.server, 'the connection broke', error));
    };
    try {
      ask(connection.client, (error, channel) => {
        if (!error) resolve(channel);
        else if (connection.broken() || !('reason' in error)) gone(error);
        else reject(refused(error));
      });
    } catch (error) {
      gone(error);
    }
  });

/** What Debian 12's and Ubuntu 24.04's OpenSSH offer; ssh2's own defaults still hold ssh-rsa and hmac-sha1. */
const algorithms: Algorithms = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  compress: ['none'],
};

/** Throws UnreachableError on what waiting may heal, Failure on a host key that is not known. */
export const connect = (door: Door): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const client = new Client();
    let shown: { readonly key: Buffer; readonly as: Connection['offered'] | undefined } | undefined;
    let broken = false;
    const refuse = (because: string, cause?: unknown): void => {
      broken = true;
      const stranger = shown !== undefined && shown.as === undefined;
      reject(
        stranger
          ? wrongHostKey(door.server, door.host, knownOf(door), shown?.key ?? Buffer.alloc(0))
          : new UnreachableError(door.server, because, cause),
      );
    };
    const leave = (): void => {
      client.destroy();
      refuse('we are closing');
    };
    client.on('error', (error) => refuse(reasonOf(error), error));
    client.on('close', () => refuse('the connection was closed'));
    client.once('close', () => door.signal.removeEventListener('abort', leave));
    client.once('ready', () => {
      if (shown?.as === undefined) return leave();
      const { key, as } = shown;
      const end = (): void => {
        broken = true;
        client.destroy();
      };
      resolve({ server: door.server, client, offered: as, hostKey: key, broken: () => broken, end });
    });
    if (door.signal.aborted) return leave();
    door.signal.addEventListener('abort', leave, { once: true });
    const verify = (key: Buffer): boolean => {
      shown = { key: Buffer.from(key), as: door.known === 'any' ? 'unknown' : recognise(door.known, key) };
      return shown.as !== undefined;
    };
    open(client, door, verify);
  });

const knownOf = ({ known }: Door): HostKeys => (known === 'any' ? {} : known);

const open = (client: Client, door: Door, hostVerifier: (key: Buffer) => boolean): void => {
  try {
    client.connect({
      host: door.host,
      port: door.port,
      username: door.user,
      ...(door.login instanceof Secret ? { privateKey: door.login.reveal() } : { agent: door.login }),
      readyTimeout: door.readyMs,
      keepaliveInterval: 10_000,
      keepaliveCountMax: 3,
      algorithms,
      hostVerifier,
    });
    // Small messages to and fro: waiting to fill a packet costs 40 ms each.
    client.setNoDelay(true);
  } catch {
    // The text of a parser's error may hold a piece of what it could not read.
    throw new Failure("the environment's own SSH key can't be read", {
      next: 'its state file is damaged: reconcile state history shows earlier versions',
    });
  }
};
