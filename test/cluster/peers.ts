import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serverNodes } from '../../src/desired/server.ts';
import type { ClusterKeys } from '../../src/domain/cluster-keys.ts';
import type { Environment } from '../../src/domain/environment.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { DeliveredFile, Fetch, Machines, MachineTarget } from '../../src/ports/machines.ts';
import { type ServerNode, serverView } from '../../src/render/server-view.ts';
import { renderTemplate } from '../../src/render/template.ts';
import { assets, environmentOf } from '../desired/inputs.ts';

/*
 * Real Consul and Nomad servers as processes of this machine, each on a loopback address of its own with the ports of a
 * real server. They read what we render, with paths and addresses bent; keys come to them as a delivery. The loopback
 * addresses exist on Linux without any set-up; Nomad's client half needs root.
 */
const binary = (name: string, variable: string): string | undefined => {
  const candidate = process.env[variable] ?? name;
  return spawnSync(candidate, ['version'], { stdio: 'ignore' }).status === 0 ? candidate : undefined;
};
export const consulBinary = binary('consul', 'CONSUL_BIN');
export const nomadBinary = binary('nomad', 'NOMAD_BIN');
const lacking = [
  consulBinary === undefined ? 'no consul' : '',
  nomadBinary === undefined ? 'no nomad' : '',
  process.platform === 'linux' ? '' : 'not Linux',
  process.getuid?.() === 0 ? '' : 'not root',
].filter((one) => one !== '');
/** Why there can't be real peers here; undefined: there can. */
export const noPeers: string | undefined = lacking.length === 0 ? undefined : lacking.join(', ');

export interface Peer {
  readonly target: MachineTarget;
  /** Unit to its process: `consul`, `nomad`. */
  readonly processes: Map<string, ChildProcess>;
}

export interface Peers {
  readonly machines: Machines;
  readonly targets: readonly MachineTarget[];
  /** Requests sent to any peer, `PUT /v1/acl/policy`. */
  readonly sent: string[];
  /** Ends a server's processes hard and waits until they are gone. */
  kill(name: string): Promise<void>;
  start(name: string, unit: 'consul' | 'nomad'): void;
  /** Ends all and removes their folders. */
  end(): Promise<void>;
}

/** `subnet`: `127.77.1`; the peers are .11, .12 and so on of it. */
export const createPeers = (count: 1 | 3, subnet: string, keys: ClusterKeys): Peers => {
  const root = mkdtempSync(join(tmpdir(), 'reconcile-peers-'));
  const environment = environmentOf({ type: count === 3 ? 'production' : 'staging' });
  const sent: string[] = [];
  // One for all: Nomad refuses more than 100 connections from one address.
  const agent = new Agent({ keepAlive: true, ca: keys.ca.certificate });
  const peers = serverNodes(environment).map((node): Peer => {
    const privateIp = `${subnet}.${10 + node.number}`;
    writeConfiguration(join(root, node.name), privateIp, subnet, environment, node);
    return { target: { name: node.name, privateIp, publicIp: null }, processes: new Map() };
  });
  const peerOf = (name: string): Peer => {
    const found = peers.find(({ target }) => target.name === name);
    if (found === undefined) throw new Error(`there is no peer ${name}`);
    return found;
  };
  const start = (name: string, unit: 'consul' | 'nomad'): void => {
    const folder = join(root, name);
    const log = openSync(join(folder, `${unit}.log`), 'a');
    const command = unit === 'consul' ? consulBinary : nomadBinary;
    const flag = unit === 'consul' ? '-config-dir' : '-config';
    const child = spawn(command ?? unit, ['agent', `${flag}=${join(folder, `etc/${unit}.d`)}`], {
      stdio: ['ignore', log, log],
    });
    child.on('error', (error) => appendFileSync(join(folder, `${unit}.log`), `${error.message}\n`));
    peerOf(name).processes.set(unit, child);
  };
  const delivered = new Set<string>();
  let ended = false;
  const fetchThrough: Machines['fetchThrough'] = () => (request) => {
    sent.push(`${request.method} ${new URL(request.url).pathname}`);
    return overTls(request, agent);
  };
  return {
    targets: peers.map(({ target }) => target),
    sent,
    start,
    machines: {
      bootStatus: async ({ name }) =>
        delivered.has(name)
          ? { stage: 'done', timings: [{ what: 'bootstrap: services', ms: 1 }] }
          : { stage: 'running', detail: 'bootstrap: waiting for files', awaitsFiles: true },
      deliver: async (target, files) => {
        install(join(root, target.name), files);
        delivered.add(target.name);
        start(target.name, 'consul');
        void untilTokenWorks((request) => overTls(request, agent), target, keys).then((works) => {
          if (works && !ended && !peerOf(target.name).processes.has('nomad')) start(target.name, 'nomad');
        });
      },
      fetchThrough,
      logTail: async (target, unit, lines) => {
        const text = readFileSync(join(root, target.name, `${unit.replace(/\.service$/, '')}.log`), 'utf8');
        return text.trimEnd().split('\n').slice(-lines).join('\n');
      },
      close: async () => undefined,
    },
    kill: (name) => endAll(peerOf(name)),
    end: async () => {
      ended = true;
      await Promise.all(peers.map(endAll));
      agent.destroy();
      endTasks(root);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** Only the two configurations; units, users and packages are the machines' suite's. */
const writeConfiguration = (
  folder: string,
  ip: string,
  subnet: string,
  environment: Environment,
  node: ServerNode,
): void => {
  const data = serverView(environment, node);
  for (const unit of ['consul', 'nomad'] as const) {
    const name = `templates/${unit}.hcl.hbs`;
    const text = renderTemplate({ name, source: assets.templates[name] ?? '', data });
    write(join(folder, `etc/${unit}.d/${unit}.hcl`), bend(text, folder, ip, subnet));
  }
  write(join(folder, 'etc/nomad.d/loopback.hcl'), loopbackNomad);
};

const bend = (text: string, folder: string, ip: string, subnet: string): string =>
  text
    .replaceAll(/10\.\d+\.1\.(\d+)/g, `${subnet}.$1`)
    .replaceAll('127.0.0.1', ip)
    .replaceAll(`${ip} ${ip}`, ip)
    .replaceAll(/\/(etc\/(?:consul|nomad)\.d|var\/lib\/(?:consul|nomad))/g, `${folder}/$1`)
    .replaceAll(/^( *network_interface +=).*$/gm, '$1 "lo"');

/** A job that proves identities needs some driver; Docker is the machines' suite's. */
const loopbackNomad = `client {
  options {
    "driver.allowlist" = "raw_exec"
  }
}

plugin "raw_exec" {
  config {
    enabled = true
  }
}
`;

const install = (folder: string, files: readonly DeliveredFile[]): void => {
  for (const { path, content } of files)
    write(join(folder, path), content instanceof Secret ? content.reveal() : content);
};
const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
};

/** What Nomad's unit waits for before it starts. Bounded; a peer that is ended meanwhile never starts it. */
const untilTokenWorks = async (consul: Fetch, { privateIp }: MachineTarget, keys: ClusterKeys): Promise<boolean> => {
  const headers = { 'x-consul-token': keys.consul.nomad.reveal() };
  for (let tries = 0; tries < 600; tries += 1) {
    try {
      const { status } = await consul(new Request(`https://${privateIp}:8501/v1/agent/self`, { headers }));
      if (status === 200) return true;
    } catch {
      // Not up yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
};

const endAll = async ({ processes }: Peer): Promise<void> => {
  await Promise.all(
    [...processes.values()].map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve();
          child.once('exit', () => resolve());
          child.kill('SIGKILL');
        }),
    ),
  );
  processes.clear();
};

/** A task outlives the agent that was killed, and so do the mounts of its folders. */
const endTasks = (root: string): void => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const ours = readlinkSync(`/proc/${pid}/cwd`).startsWith(root);
      if (ours || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${root}/`))
        process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const place = line.split(' ')[1] ?? '';
    if (place.startsWith(root)) spawnSync('umount', ['-l', place]);
  }
};

/** Node's own fetch can't be told which CA to trust. */
const overTls = async (request: Request, agent: Agent): Promise<Response> => {
  const body = request.body === null ? undefined : await request.text();
  return new Promise((resolve, reject) => {
    const url = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    const call = httpsRequest(url, { method: request.method, headers, agent, signal: request.signal }, (reply) => {
      const parts: Buffer[] = [];
      reply.on('data', (part: Buffer) => parts.push(part));
      reply.on('error', reject);
      reply.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        const empty = reply.statusCode === 204;
        const given = Object.entries(reply.headers).map(([name, value]): [string, string] => [name, String(value)]);
        resolve(new Response(empty ? null : text, { status: reply.statusCode ?? 0, headers: given }));
      });
    });
    call.on('error', reject);
    call.end(body);
  });
};
