import { Failure } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Entry, SeenServer } from '../ports/entry.ts';
import type { MachineTarget } from '../ports/machines.ts';
import { type Connection, connect } from './connect.ts';
import type { SshAddress } from './connections.ts';
import { reasonOf, UnreachableError } from './errors.ts';
import { filesRead, judgeFiles, readScript } from './files.ts';
import { fingerprint, keyBlob } from './host-key.ts';
import { type HumanKey, humanKeys, type IdentitySource } from './identity.ts';
import { program, run } from './run.ts';

export interface EntryAccess extends IdentitySource {
  readonly clock: Clock;
  /** Left out: port 22 of the public address. */
  readonly addressOf?: (target: MachineTarget) => SshAddress | null;
}

const readyMs = 10_000;
const scriptMs = 30_000;

/** Logs in as root with a human's key; the first key that one server takes is tried first at the next. */
export const createSshEntry = async (access: EntryAccess): Promise<Entry> => {
  const keys = [...(await humanKeys(access))];
  const closing = new AbortController();
  const open = new Map<string, Connection>();
  let opened: HumanKey | undefined;

  const login = async (target: MachineTarget): Promise<Connection> => {
    const address = addressOf(access, target);
    let refused: unknown;
    for (const key of opened === undefined ? keys : [opened, ...keys.filter((one) => one !== opened)]) {
      try {
        const door = { server: target.name, ...address, user: 'root', known: 'any', readyMs } as const;
        const connection = await connect({ ...door, login: key.login, signal: closing.signal });
        opened ??= key;
        return connection;
      } catch (error) {
        refused = error;
        if (!(error instanceof UnreachableError) || error.because !== 'the login was refused') break;
      }
    }
    throw noLogin(target, keys, refused);
  };
  const connectionTo = async (target: MachineTarget, hostKey: string | null): Promise<Connection> => {
    const held = open.get(target.name);
    const connection = held === undefined || held.broken() ? await login(target) : held;
    open.set(target.name, connection);
    if (hostKey !== null && !keyBlob(hostKey).equals(connection.hostKey)) throw anotherKey(target, hostKey, connection);
    return connection;
  };
  const ask = async (target: MachineTarget, hostKey: string | null, what: string, script: string): Promise<string> => {
    const connection = await connectionTo(target, hostKey);
    return judgeFiles(
      target.name,
      what,
      await run(connection, script, { clock: access.clock, ms: scriptMs, what }).catch((error: unknown) => {
        throw new Failure(`${what} on ${target.name} failed: ${reasonOf(error)}`, { cause: error });
      }),
    );
  };
  return {
    as: () => opened?.name ?? keys.map(({ name }) => name).join(' or '),
    look: async (target, peers) => {
      const seen = await ask(target, null, 'the look at its peers', peersScript(peers));
      const key = open.get(target.name)?.hostKey ?? Buffer.alloc(0);
      return seenServer(key, peers, seen);
    },
    readFiles: async (target, hostKey, paths) =>
      filesRead(paths, await ask(target, hostKey, 'reading its keys', readScript(paths))),
    admit: async (target, hostKey, publicKey) =>
      void (await ask(target, hostKey, 'letting our key in', admitScript(publicKey))),
    close: async () => {
      for (const connection of open.values()) connection.end();
      open.clear();
      closing.abort(new Error('the connections were closed'));
    },
  };
};

const addressOf = (access: EntryAccess, target: MachineTarget): SshAddress => {
  const address = access.addressOf?.(target) ?? (target.publicIp === null ? null : { host: target.publicIp, port: 22 });
  if (address === null) throw new Failure(`${target.name} has no public address to log in at`);
  return address;
};

const noLogin = (target: MachineTarget, keys: readonly HumanKey[], error: unknown): Failure => {
  if (!(error instanceof UnreachableError)) return error as Failure;
  const because =
    error.because === 'the login was refused'
      ? `root is not let in with ${keys.map(({ name }) => name).join(', nor with ')}`
      : error.because;
  return new Failure(`${target.name}: ${because}`, { cause: error });
};

const anotherKey = (target: MachineTarget, expected: string, { hostKey }: Connection): Failure =>
  new Failure(
    `${target.name} shows the SSH host key ${fingerprint(hostKey)}, and showed ${fingerprint(keyBlob(expected))} when the plan was made; nothing was sent`,
    { next: 'make a new plan, and compare the fingerprints with those at the console of the server' },
  );

/** Each peer's key as this server sees it on the private network: one line a peer, `<index> ssh-ed25519 AAAA…`. */
const peersScript = (peers: readonly MachineTarget[]): string =>
  program(
    [
      ...peers.map(
        ({ privateIp }, index) =>
          `(ssh-keyscan -T 5 -t ed25519 ${checkedIp(privateIp)} 2>/dev/null | sed -nE 's/^[^ ]+ (ssh-ed25519 [A-Za-z0-9+/=]+)$/${index} \\1/p') &`,
      ),
      'wait',
    ].join('\n'),
  );
const checkedIp = (ip: string): string => {
  if (!/^[0-9.]{7,15}$/.test(ip)) throw new Failure(`no private address: ${JSON.stringify(ip)}`);
  return ip;
};

const seenServer = (key: Buffer, peers: readonly MachineTarget[], output: string): SeenServer => {
  const seen = output.split('\n').flatMap((line): [string, string][] => {
    const [index = '', ...words] = line.trim().split(' ');
    const peer = peers[Number(index)];
    return index === '' || peer === undefined ? [] : [[peer.name, words.join(' ')]];
  });
  return {
    hostKey: `ssh-ed25519 ${key.toString('base64')}`,
    fingerprint: fingerprint(key),
    peers: Object.fromEntries(seen),
  };
};

/** Ours comes in the place of lost ones: they have its comment. The file is made beside and renamed. */
const admitScript = (publicKey: string): string => {
  const line = /^(ssh-ed25519 [A-Za-z0-9+/=]+) ([A-Za-z0-9 ._-]+)$/.exec(publicKey.trim());
  if (line === null) throw new Failure('our own public key is no line for authorized_keys');
  return program(`
umask 077
mkdir -p /root/.ssh
file=/root/.ssh/authorized_keys
touch "$file"
{ grep -vE '^ssh-ed25519 [A-Za-z0-9+/=]+ ${(line[2] ?? '').replaceAll('.', '\\.')}$' "$file" || [ $? = 1 ]; } >"$file.making"
if [ -s "$file.making" ] && [ -n "$(tail -c 1 "$file.making")" ]; then echo >>"$file.making"; fi
printf '%s\\n' '${line[0]}' >>"$file.making"
chown --reference="$file" "$file.making"
mv -f "$file.making" "$file"
sync "$file"`);
};
