import type { ClusterKeys, HostKeys } from '../domain/cluster-keys.ts';
import { Failure } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyRing } from '../ports/key-ring.ts';
import type { Random } from '../ports/random.ts';
import type { Connection } from './connect.ts';
import { ScriptError, UnreachableError } from './errors.ts';
import { keyBlob } from './host-key.ts';
import { program, type Ran, run } from './run.ts';

/*
 * The first host key was made by us and travelled in user data, which whatever runs on the server can read. So at the
 * first login the server makes its own beside it, we pin that, and only then it takes the first one's place. At every
 * moment the server offers a key that the ring knows, so a crash between any two steps is picked up by the next login.
 */
export interface FirstContact {
  readonly server: string;
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly reconnect: () => Promise<Connection>;
}

/** sshd's new key serves after a reload, which takes it some milliseconds; a loaded machine some more. */
const rounds = 40;
const pauseMs = 250;
const scriptMs = 30_000;

/**
 * Ends with a connection whose key is pinned, and with the first key gone from the server and from the ring; or throws,
 * and no connection is left open.
 */
export const finishFirstContact = async (contact: FirstContact, opened: Connection): Promise<Connection> => {
  let connection = opened;
  try {
    for (let round = 0; round < rounds; round += 1) {
      if (connection.offered === 'pinned') {
        await forgetFirst(contact, connection);
        return connection;
      }
      await handOver(contact, connection);
      connection.end();
      connection = await reconnectSoon(contact);
    }
    throw new Failure(
      `${contact.server} made its own SSH host key, but sshd still shows the first one after ${rounds} reloads`,
      { next: `look at sshd's log at the server's console: journalctl -u ssh` },
    );
  } catch (error) {
    connection.end();
    throw error;
  }
};

const keysOf = (ring: KeyRing, server: string): HostKeys => ring.current()?.hosts[server] ?? {};

const handOver = async (contact: FirstContact, connection: Connection): Promise<void> => {
  const { server, ring } = contact;
  const first = keysOf(ring, server).first?.publicKey;
  // Gone from the ring meanwhile: a reconnect will tell whether the pinned one is offered.
  if (first === undefined) return;
  const own = keyLine(server, await succeed(contact, connection, ownKeyScript(first)));
  if (keysOf(ring, server).pinned !== own)
    await ring.update((keys) => withHost(keys, server, first, (host) => ({ ...host, pinned: own })));
  await succeed(contact, connection, takeOverScript(own));
};

const forgetFirst = async (contact: FirstContact, connection: Connection): Promise<void> => {
  const { ring, server } = contact;
  const { first: { publicKey: first } = {}, pinned } = keysOf(ring, server);
  if (first === undefined || pinned === undefined) return;
  await succeed(contact, connection, takenOverScript(pinned));
  await ring.update((keys) => withHost(keys, server, first, ({ pinned }) => (pinned === undefined ? {} : { pinned })));
};

/** Only while the ring still holds this first key: a rebuild ordered meanwhile has put another there. */
const withHost = (
  keys: ClusterKeys,
  server: string,
  first: string,
  change: (host: HostKeys) => HostKeys,
): ClusterKeys => {
  const host = keys.hosts[server];
  if (host?.first?.publicKey !== first) return keys;
  return { ...keys, hosts: { ...keys.hosts, [server]: change(host) } };
};

const reconnectSoon = async ({ reconnect, clock, random, signal, server }: FirstContact): Promise<Connection> => {
  let last: unknown;
  for (let attempt = 0; attempt < rounds; attempt += 1) {
    try {
      return await reconnect();
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      last = error;
    }
    await clock.sleep(pauseMs * (0.5 + random.fraction()), signal);
  }
  throw new UnreachableError(server, `it does not come back after sshd was told its new key (${rounds} tries)`, last);
};

const succeed = async ({ clock, server }: FirstContact, connection: Connection, script: string): Promise<string> => {
  const ran: Ran = await run(connection, script, { clock, ms: scriptMs, what: 'the change of the host key' });
  if (ran.status === 0) return ran.stdout;
  throw new Failure(`${server} could not change its SSH host key: ${ran.stderr.trim().slice(-500)}`, {
    next: 'run the command again; it goes on from where this stands',
    cause: new ScriptError(ran.stderr.slice(-500), ran.status),
  });
};

const keyLine = (server: string, output: string): string => {
  const line = /^ssh-ed25519 [A-Za-z0-9+/]+=*$/m.exec(output)?.[0];
  if (line !== undefined && keyBlob(line).length === 51) return line;
  throw new Failure(`${server} answered with no ed25519 host key: ${output.trim().slice(0, 200)}`, {
    next: "look at /etc/ssh at the server's console",
  });
};

/** The private file is the truth; the .pub beside it may be of another moment. */
const common = `
umask 077
cd /etc/ssh
key=ssh_host_ed25519_key
public() { ssh-keygen -y -f "$1" 2>/dev/null | cut -d ' ' -f 1-2; }
`;

/** Prints the public half of the server's own key; makes it first where there is none. */
const ownKeyScript = (first: string): string =>
  program(`${common}
if [ "$(public "$key")" = '${twoWords(first)}' ]; then
  case "$(public "$key.own")" in ssh-ed25519\\ *) ;; *)
    rm -f "$key.own" "$key.making" "$key.making.pub"
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$key.making"
    sync "$key.making"
    mv -f "$key.making" "$key.own"
  esac
  public "$key.own"
else
  public "$key"
fi`);

/** Puts the pinned key in the first one's place, which ends the first one's file; leaves nothing else behind. */
const takeOver = (own: string): string => `${common}
if [ "$(public "$key.own")" = '${own}' ]; then mv -f "$key.own" "$key"; fi
if [ "$(public "$key")" != '${own}' ]; then echo 'neither file holds the pinned key' >&2; exit 3; fi
public "$key" >"$key.pub.making"
chmod 0644 "$key.pub.making"
mv -f "$key.pub.making" "$key.pub"
rm -f "$key.making" "$key.making.pub"
sync "$key" .`;

const takenOverScript = (own: string): string => program(takeOver(own));

const takeOverScript = (own: string): string =>
  program(`${takeOver(own)}
if timeout 15 systemctl reload ssh.service 2>/dev/null; then :
elif timeout 15 systemctl reload sshd.service 2>/dev/null; then :
else kill -HUP "$(cat /run/sshd.pid)"; fi`);

const twoWords = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(' ').replaceAll("'", '');
