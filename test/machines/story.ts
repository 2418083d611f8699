import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/* What a user does: the command line in a process of its own, curl, docker. */
const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command as typed, in the docker world of `directory`. */
export const reconcile = async (directory: string, command: string): Promise<Ran> => {
  const args = [join(root, 'src/reconcile.ts'), ...command.split(' '), '--local=docker'];
  const env = { ...process.env, RECONCILE_LOCAL_DIR: directory };
  try {
    const { stdout, stderr } = await run(process.execPath, args, { cwd: root, env, maxBuffer: 1e8 });
    return { exitCode: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
};

export const docker = async (...args: string[]): Promise<string> =>
  (await run('docker', args, { maxBuffer: 1e8 })).stdout.trim();

/** Inside a machine, by its name in Hetzner's list. */
export const inside = async (container: string, script: string): Promise<string> =>
  docker('exec', container, 'bash', '-c', script);

/** The container behind each server, by server name. */
export const machinesOf = async (directory: string): Promise<Map<string, string>> => {
  const world = JSON.parse(readFileSync(join(directory, 'docker/world.json'), 'utf8'));
  const id: string = world.state.docker.id;
  const listed = await docker('ps', '-a', '--filter', `label=emulated-cloud=${id}`, '--format', '{{.Names}}');
  const containers = listed.split('\n').filter((name) => name.includes('-server-'));
  const machines = new Map<string, string>();
  for (const container of containers)
    machines.set(await docker('inspect', '--format', '{{.Config.Hostname}}', container), container);
  return machines;
};

/** Everything of this world that the engine still has. */
export const leftOf = async (worldId: string): Promise<string[]> => {
  const label = ['--filter', `label=emulated-cloud=${worldId}`];
  const lists = await Promise.all([
    docker('ps', '-aq', ...label),
    docker('network', 'ls', '-q', ...label),
    docker('volume', 'ls', '-q', ...label),
  ]);
  return lists.flatMap((text) => text.split('\n')).filter((line) => line !== '');
};

export interface Visit {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a visitor of the domain gets, with the load balancer's address in place of DNS. */
export const visit = (to: {
  readonly address: string;
  readonly domain: string;
  readonly path: string;
  readonly ca: string;
  readonly timeoutMs?: number;
}): Promise<Visit> =>
  new Promise((done, fail) => {
    const { address, domain, path, ca, timeoutMs = 15_000 } = to;
    const asked = request(
      { host: address, port: 443, path, ca, servername: domain, headers: { host: domain }, agent: false },
      (reply) => {
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.on('end', () =>
          done({ status: reply.statusCode ?? 0, body: Buffer.concat(parts).toString(), headers: reply.headers }),
        );
        reply.on('error', fail);
      },
    );
    asked.setTimeout(timeoutMs, () => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    asked.on('error', fail);
    asked.end();
  });

/** Of these ports, those that take a connection from here. */
export const openPorts = async (address: string, ports: readonly number[]): Promise<number[]> => {
  const open = await Promise.all(ports.map((port) => takesConnection(address, port)));
  return ports.filter((_, index) => open[index]);
};
const takesConnection = (host: string, port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host, port, timeout: 1_500 });
    const end = (open: boolean) => {
      socket.destroy();
      done(open);
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });

/** Why the story can't be told here; undefined: it can. */
export const lacking = (): string | undefined => {
  if (spawnSync('docker', ['version', '--format', '{{.Server.Version}}']).status !== 0) return 'no docker engine';
  for (const program of ['nomad', 'consul', 'caddy']) {
    const named = process.env[`${program.toUpperCase()}_BIN`];
    if (named === undefined && spawnSync('which', [program]).status !== 0) return `no ${program}`;
  }
  return undefined;
};
