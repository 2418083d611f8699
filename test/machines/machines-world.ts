import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createEngine } from '../../src/emulator/docker/engine.ts';
import { linesOf } from '../../src/emulator/docker/found.ts';
import { ofWorld, worldNames } from '../../src/emulator/docker/names.ts';
import { removeEverything } from '../../src/emulator/docker/networks.ts';
import { openDockerWorld } from '../../src/emulator/docker/open.ts';
import { readWorldFile } from '../../src/emulator/world-file.ts';
import { docker } from './agents.ts';

/** A world of containers in a directory of its own, asked over its API as anybody would. */
// biome-ignore lint/suspicious/noExplicitAny: replies have many shapes; a wrong path fails the expectation
type Reply = any;

export interface MachinesWorld {
  readonly id: string;
  readonly said: string[];
  /** Throws unless the reply is a success. */
  api(method: string, path: string, body?: unknown): Promise<Reply>;
  /** As `api`, and waits until its actions have ended well. */
  act(method: string, path: string, body?: unknown): Promise<Reply>;
  /** Another process on the same world file. */
  again(): Promise<MachinesWorld>;
  container(server: number): string;
  /** Runs a shell line in a server; its output. */
  inside(server: number, line: string): string;
  booted(server: number): Promise<void>;
  /** Everything of this world on the engine, one line each. */
  left(): Promise<string[]>;
  close(): Promise<void>;
}

const actionsOf = (reply: Reply): Reply[] =>
  [reply.action, ...(reply.next_actions ?? []), ...(reply.actions ?? [])].filter(
    (one: Reply) => one !== undefined && one !== null,
  );

export const openMachinesWorld = async (
  directory: string = mkdtempSync(join(tmpdir(), 'machines-')),
): Promise<MachinesWorld> => {
  const said: string[] = [];
  const engine = createEngine();
  const world = await openDockerWorld({ directory, env: process.env, progress: (text) => said.push(text) });
  const id = (await readWorldFile(join(directory, 'world.json')))?.state.docker?.id ?? '';
  const names = worldNames(id);
  const api = async (method: string, path: string, body?: unknown): Promise<Reply> => {
    const reply = await world.fetch(
      new Request(`${world.endpoint}${path}`, {
        method,
        headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };
  const ended = async ({ id: action }: { id: number }): Promise<void> => {
    for (const end = Date.now() + 60_000; Date.now() < end; await wait(50)) {
      const { action: row } = await api('GET', `/actions/${action}`);
      if (row.status === 'success') return;
      if (row.status === 'error') throw new Error(`${row.command}: ${row.error.message}`);
    }
    throw new Error(`action ${action} did not end within 60 s`);
  };
  const container = (server: number): string => names.server(server);
  const list = async (kind: string, ...args: string[]): Promise<string[]> =>
    linesOf(await engine.run([...args, ...ofWorld(id)])).map((line) => `${kind} ${line}`);
  return {
    id,
    said,
    api,
    act: async (method, path, body) => {
      const reply = await api(method, path, body);
      await Promise.all(actionsOf(reply).map(ended));
      return reply;
    },
    again: () => openMachinesWorld(directory),
    container,
    inside: (server, line) => docker(['exec', container(server), 'sh', '-c', line]).trim(),
    booted: async (server) => {
      for (const end = Date.now() + 60_000; ; await wait(100)) {
        const { code, stdout } = await engine.attempt(['exec', container(server), 'cloud-init', 'status', '--wait']);
        if (code === 0) return;
        if (code === 1 && stdout.includes('error')) throw new Error(`cloud-init of ${server}: ${stdout}`);
        if (Date.now() > end) throw new Error(`server ${server} was not booted within 60 s: ${stdout}`);
      }
    },
    left: async () => [
      ...(await list('container', 'ps', '-a', '--format', '{{.Names}}')),
      ...(await list('network', 'network', 'ls', '--format', '{{.Name}}')),
      ...(await list('volume', 'volume', 'ls', '--format', '{{.Name}}')),
    ],
    close: async () => {
      await removeEverything(engine, id);
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

/** Whether a TCP connection to this port comes about within a second. */
export const answers = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const end = (result: boolean) => (): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', end(true)).on('timeout', end(false)).on('error', end(false));
  });

/** What a service says first, within a second; empty: nothing, or there is none. */
export const greeting = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const end = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (part) => end(part.toString())).on('timeout', () => end(''));
    socket.on('error', () => end('')).on('close', () => end(''));
  });

export const eventually = async (
  what: string,
  look: () => boolean | Promise<boolean>,
  bound: number,
): Promise<void> => {
  for (const end = Date.now() + bound; !(await look()); await wait(100))
    if (Date.now() > end) throw new Error(`${what}: not within ${bound / 1000} s`);
};
