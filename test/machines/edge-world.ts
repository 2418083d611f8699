import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../src/emulator/docker/engine.ts';
import { findContainers } from '../../src/emulator/docker/found.ts';
import { ensureMachineImage } from '../../src/emulator/docker/image.ts';
import { worldNames } from '../../src/emulator/docker/names.ts';
import { ensureNetworks, publicSideOf, removeEverything } from '../../src/emulator/docker/networks.ts';
import { machineFlags } from '../../src/emulator/docker/probe.ts';
import type { FoundContainer, Part, WorldContext } from '../../src/emulator/docker/types.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { docker } from './agents.ts';

/*
 * A world of the docker kind without its machines: each server row is a plain container at its addresses that answers
 * small questions. So the edge of a cluster is tried in seconds.
 */
// biome-ignore lint/suspicious/noExplicitAny: replies have many shapes; a wrong path fails the expectation
type Reply = any;

/** Port 80: name, headers, /health unless it is told to be sick; port 9000: the first bytes, as they come. */
const program = `
import http.server, socket, sys, threading, pathlib, json
name = sys.argv[1]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        sick = self.path == '/health' and pathlib.Path('/tmp/sick').exists()
        body = json.dumps({'name': name, 'path': self.path, 'headers': {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(503 if sick else 200)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
def raw():
    s = socket.create_server(('', 9000))
    while True:
        c, _ = s.accept()
        c.settimeout(2)
        try: c.sendall(c.recv(200))
        except OSError: pass
        c.close()
threading.Thread(target=raw, daemon=True).start()
http.server.ThreadingHTTPServer(('', 80), Handler).serve_forever()
`;

export interface EdgeWorld {
  readonly context: () => WorldContext;
  readonly directory: string;
  api(method: string, path: string, body?: unknown): Promise<Reply>;
  sync(...parts: readonly Part[]): Promise<void>;
  /** A container for each server row, at its public and private address. */
  startServers(): void;
  /** The context with what the engine has now. */
  found(): Promise<WorldContext>;
  /** A machine whose engine knows the world's registry as a mirror, and nothing else of it. Answers its name. */
  startEngine(): string;
  readonly said: string[];
  close(): Promise<void>;
}

export const openEdgeWorld = async (name: string): Promise<EdgeWorld> => {
  const engine = createEngine();
  const directory = mkdtempSync(join(tmpdir(), 'edge-'));
  const { tag, refused } = await ensureMachineImage({ engine, env: {}, progress: () => undefined });
  const names = worldNames(name);
  const emulator = createEmulator();
  const said: string[] = [];
  // The first range that the emulated cloud gives addresses from.
  const publicSide = publicSideOf('203.0.113.0/24');
  const context = (found: readonly FoundContainer[] = []): WorldContext => ({
    world: emulator.world,
    worldId: name,
    names,
    engine,
    flags: { cgroup: 'v1', refused, version: '' },
    publicSide,
    image: tag,
    directory,
    env: { ...process.env, XDG_CACHE_HOME: join(directory, 'cache') },
    found,
    now: Date.now,
    progress: (text) => said.push(text),
  });
  await ensureNetworks(context());
  return {
    context,
    directory,
    said,
    api: async (method, path, body) => {
      const reply = await emulator.fetch(
        new Request(`http://emulator.invalid/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${emulator.token}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      );
      const text = await reply.text();
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
      // Hetzner's actions take their time; here nobody waits for it.
      await emulator.clock.advance?.(60_000);
      emulator.settle();
      if (path === '/networks') await ensureNetworks(context());
      return text === '' ? {} : (JSON.parse(text) as Reply);
    },
    sync: async (...parts) => {
      for (const part of parts) await part.sync(context(await findContainers(engine, name)));
    },
    found: async () => context(await findContainers(engine, name)),
    startEngine: () => {
      const title = `${names.prefix}-engine`;
      docker([
        'run',
        '-d',
        ...['--name', title, ...names.labels('server', 0), '--network', names.publicNetwork],
        ...machineFlags({ cgroup: cgroupOf(), refused, version: '' }),
        tag,
      ]);
      docker(['exec', '-d', title, 'dockerd', `--registry-mirror=http://${publicSide.services}:5000`]);
      return title;
    },
    startServers: () => {
      for (const server of emulator.world.servers.all()) {
        const ip = emulator.world.primaryIps
          .all()
          .find((one) => one.assignee_id === server.id && one.type === 'ipv4')?.ip;
        const title = names.server(server.id);
        const [attached] = server.private_net;
        docker([
          'run',
          '-d',
          ...['--name', title, ...names.labels('server', server.id), '--cap-add', 'NET_ADMIN', '--init'],
          ...['--network', names.publicNetwork, '--ip', ip ?? ''],
          ...[tag, 'python3', '-c', program, server.name],
        ]);
        docker(['exec', title, 'ip', 'route', 'replace', '169.254.169.254/32', 'via', publicSide.services]);
        if (attached === undefined) continue;
        docker(['network', 'connect', names.wire(attached.network), title]);
        const range = emulator.world.networks.get(attached.network)?.ip_range ?? '';
        const set = `ip addr add ${attached.ip}/32 dev eth1 && ip route add ${range} dev eth1 src ${attached.ip}`;
        docker(['exec', title, 'sh', '-c', set]);
      }
    },
    close: async () => {
      await removeEverything(engine, name);
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

const cgroupOf = (): 'v1' | 'v2' => (docker(['info', '-f', '{{.CgroupVersion}}']).trim() === '2' ? 'v2' : 'v1');
