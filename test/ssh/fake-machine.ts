import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Connection, type ParsedKey, Server, type ServerChannel, utils } from 'ssh2';
import { soundSshKey } from './sound-key.ts';

/*
 * A machine in a folder: ssh2's own server, whose commands are run by a real sh with the paths of the machine moved
 * below the folder, and with commands of its own for what only a real machine has (ssh-keygen, systemctl). Each of
 * those is a step, at which the machine can be made to die.
 */
export interface FakeMachine {
  readonly port: number;
  readonly root: string;
  readonly file: (path: string) => string;
  readonly write: (path: string, text: string) => void;
  readonly has: (path: string) => boolean;
  /** Public line of the key that sshd shows now. */
  readonly shows: () => string;
  /** Steps taken so far. */
  readonly steps: () => number;
  /** At this step the shell, and the connection with it, dies; 0: never. */
  readonly dieAt: (step: number) => void;
  /** sshd begins anew with what lies on the disk; connections end. */
  readonly reboot: () => void;
  /** Connections accepted, commands run, channels forwarded so far; commands as they were sent. */
  readonly seen: { connections: number; readonly commands: string[]; forwards: string[] };
  /** Commands are taken and never answered. */
  silent: boolean;
  /** Connections open now. */
  readonly open: () => number;
  readonly drop: () => void;
  readonly close: () => Promise<void>;
}

const hostKeyPath = '/etc/ssh/ssh_host_ed25519_key';

export const startFakeMachine = async (given: {
  readonly firstKey: { readonly privateKey: string; readonly publicKey: string };
  readonly authorized: string;
}): Promise<FakeMachine> => {
  const root = mkdtempSync(join(tmpdir(), 'fake-machine-'));
  const at = (path: string) => join(root, path);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  const file = (path: string) => readFileSync(at(path), 'utf8');
  write(hostKeyPath, given.firstKey.privateKey);
  write(`${hostKeyPath}.pub`, given.firstKey.publicKey);
  chmodSync(at(hostKeyPath), 0o600);
  write('/var/log/cloud-init-output.log', '');
  writeCommands(root, given.firstKey);

  const seen: FakeMachine['seen'] = { connections: 0, commands: [], forwards: [] };
  const open = new Set<Socket>();
  const children = new Set<ChildProcess>();
  const machine = { silent: false };
  let loaded = file(hostKeyPath);
  let server = sshd(loaded);

  function sshd(key: string): Server {
    return new Server({ hostKeys: [key] }, (connection: Connection) => {
      connection.on('error', () => {});
      connection.on('authentication', (attempt) => {
        const wanted = utils.parseKey(given.authorized) as ParsedKey;
        if (attempt.method !== 'publickey' || !attempt.key.data.equals(wanted.getPublicSSH()))
          return attempt.reject(['publickey']);
        if (attempt.signature === undefined || attempt.blob === undefined) return attempt.accept();
        return wanted.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true
          ? attempt.accept()
          : attempt.reject();
      });
      connection.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, { command }) => exec(acceptExec(), command));
      });
      connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
        seen.forwards.push(`${destIP}:${destPort}`);
        // Whatever address the machine has, the test's servers listen on loopback.
        const outgoing = tcpConnect(destPort, '127.0.0.1');
        outgoing.once('error', () => reject());
        outgoing.once('connect', () => {
          const channel = accept();
          outgoing.removeAllListeners('error').on('error', () => channel.destroy());
          channel.on('error', () => outgoing.destroy());
          channel.on('close', () => outgoing.destroy());
          channel.pipe(outgoing).pipe(channel);
        });
      });
    });
  }

  const exec = (channel: ServerChannel, command: string): void => {
    seen.commands.push(command);
    if (machine.silent) return;
    const input: Buffer[] = [];
    channel.on('data', (part: Buffer) => input.push(part));
    channel.on('end', () => {
      const child = spawn('sh', ['-c', moved(command, root)], {
        detached: true,
        env: { PATH: `${root}/bin:${process.env['PATH']}` },
      });
      children.add(child);
      child.stdout.on('data', (part: Buffer) => channel.write(part));
      child.stderr.on('data', (part: Buffer) => channel.stderr.write(part));
      child.stdin.on('error', () => {});
      child.stdin.end(moved(Buffer.concat(input).toString('utf8'), root));
      child.on('close', (status, signal) => {
        children.delete(child);
        if (signal !== null) return drop();
        channel.exit(status ?? 1);
        channel.end();
      });
    });
  };
  const drop = (): void => {
    for (const socket of open) socket.destroy();
  };
  const load = (): void => {
    rmSync(at('reload'), { force: true });
    loaded = file(hostKeyPath);
    server = sshd(loaded);
  };
  const listener = createServer((socket) => {
    seen.connections += 1;
    socket.setNoDelay(true);
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    if (existsSync(at('reload'))) load();
    server.injectSocket(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));

  return Object.assign(machine, {
    port: (listener.address() as AddressInfo).port,
    root,
    file,
    write,
    seen,
    drop,
    open: () => open.size,
    has: (path: string) => existsSync(at(path)),
    shows: () => {
      if (existsSync(at('reload'))) load();
      return publicLine(loaded);
    },
    steps: () => (existsSync(at('steps')) ? Number(file('steps')) : 0),
    dieAt: (step: number) => write('die-at', `${step}\n`),
    reboot: () => {
      drop();
      load();
    },
    close: async () => {
      drop();
      for (const child of children) child.kill('SIGKILL');
      await new Promise((resolve) => listener.close(resolve));
      rmSync(root, { recursive: true, force: true });
    },
  });
};

/** `ssh-ed25519 AAAA…` of a private key. */
export const publicLine = (privateKey: string): string => {
  const key = utils.parseKey(privateKey) as ParsedKey;
  return `ssh-ed25519 ${key.getPublicSSH().toString('base64')}`;
};

/** The places our scripts speak of, below the machine's folder; its own commands first. */
const moved = (text: string, root: string): string =>
  text
    .replaceAll('PATH=/usr/local/sbin', `PATH=${root}/bin:/usr/local/sbin`)
    .replaceAll('cd /etc/ssh', `cd ${root}/etc/ssh`)
    .replaceAll(
      /(?<![\w/.-])\/(var\/lib\/bootstrap|usr\/local\/sbin\/install-delivery|run\/cloud-init|run\/sshd\.pid|var\/log\/cloud-init)/g,
      `${root}/$1`,
    );

/** Built-in commands of the shell only: a fork costs more than all the rest of a test. */
const step = (root: string): string =>
  `n=0; [ ! -e ${root}/steps ] || read -r n <${root}/steps
n=$((n + 1)); echo $n >${root}/steps
d=0; [ ! -e ${root}/die-at ] || read -r d <${root}/die-at
[ $n != $d ] || kill -9 0`;

const writeCommands = (root: string, firstKey: { privateKey: string; publicKey: string }): void => {
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'keys'));
  const command = (name: string, body: string): void =>
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const keep = (key: { privateKey: string; publicKey: string }, name?: string): void => {
    // The third line of a private key holds random bytes: it tells keys apart.
    appendFileSync(join(root, 'keys', 'index'), `${key.privateKey.split('\n')[2]} ${key.publicKey}\n`);
    if (name === undefined) return;
    writeFileSync(join(root, 'keys', name), key.privateKey);
    writeFileSync(join(root, 'keys', `${name}.pub`), `${key.publicKey}\n`);
  };
  keep(firstKey);
  for (let n = 1; n <= 3; n += 1) {
    const made = soundSshKey('made by the machine');
    keep({ privateKey: made.privateKey.reveal(), publicKey: made.publicKey }, `new-${n}`);
  }
  command('sync', step(root));
  for (const name of ['mv', 'rm', 'chmod', 'mktemp']) command(name, `${step(root)}\nexec /bin/${name} "$@"`);
  command(
    'ssh-keygen',
    `f= y=0
while [ $# -gt 0 ]; do case "$1" in -f) f=$2; shift;; -y) y=1;; esac; shift; done
if [ $y = 1 ]; then
  [ -s "$f" ] || exit 1
  { read -r line; read -r line; read -r line; } <"$f"
  while read -r id key; do [ "$id" != "$line" ] || { echo "$key"; exit 0; }; done <${root}/keys/index
  exit 1
fi
${step(root)}
n=1; while [ -e ${root}/keys/made-$n ]; do n=$((n + 1)); done; : >${root}/keys/made-$n
cp ${root}/keys/new-$n "$f"
cp ${root}/keys/new-$n.pub "$f.pub"`,
  );
  command(
    'systemctl',
    `case "$1" in
reload) ${step(root)}
  touch ${root}/reload ;;
is-failed) cat ${root}/units 2>/dev/null; exit 1 ;;
esac`,
  );
  command('journalctl', `echo "$@"; echo 'the last line'`);
};
