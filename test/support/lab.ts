import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runCli } from '../../src/cli/run.ts';
import { loadAssets } from '../../src/compose/assets.ts';
import { buildContext } from '../../src/compose/build.ts';
import { createWorkspace } from '../../src/compose/workspace.ts';
import { initTemplate } from '../../src/config/init.ts';
import { loadProject } from '../../src/config/project.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import { createMachineModels } from '../../src/emulator/machines/models.ts';
import { seededRandom } from '../../src/local/random.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';
import type { ImageRegistry } from '../../src/ports/image-registry.ts';
import type { Fetch } from '../../src/ports/machines.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import type { RecoveryFiles } from '../../src/ports/recovery-files.ts';
import type { Reporter } from '../../src/ports/reporter.ts';
import type { Sealer } from '../../src/ports/sealer.ts';
import type { Workspace } from '../../src/ports/session.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { createMemoryRecovery } from './memory-recovery.ts';
import { createMemoryStore } from './memory-store.ts';

/*
 * The whole product in one process: command line, planner, executor and adapters above an emulated cloud in virtual
 * time. Nothing is replaced but the process around it: files, terminal, clock, chance.
 */
const root = resolve(import.meta.dirname, '../..');
export const shippedConfig = readFileSync(resolve(root, 'infra.yaml'), 'utf8');
const assets = loadAssets(resolve(root, 'infra.yaml'));

export interface LabOptions {
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly emulator?: EmulatorOptions;
  readonly store?: ObjectStore;
  readonly sealer?: Sealer;
  /** Files beside infra.yaml that another process may find; left out, a set of its own. */
  readonly recovery?: RecoveryFiles;
  readonly seed?: number;
  /** Of each command anew: what it used is counted by it. */
  readonly codeHost?: () => CodeHost;
  /** False: as if the endpoint were just any endpoint; it is asked who it is. */
  readonly emulated?: boolean;
  /** Instead of the emulator's own token that may write. */
  readonly token?: string;
  /** Another process on the same cloud. */
  readonly over?: Emulator;
  /** Where the states of previews lie, if not in `store`: what infra.yaml says under state.previews. */
  readonly previews?: { readonly store: ObjectStore; readonly sealer: Sealer };
  /** Images are pinned by it, as on the real cloud. */
  readonly registry?: ImageRegistry;
  /** Wraps the way to the cloud: to count, to lose replies, to stop a run. */
  readonly wrap?: (fetch: Fetch) => Fetch;
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Lab {
  readonly emulator: Emulator;
  readonly store: ObjectStore;
  readonly files: Map<string, string>;
  config: string;
  /** The project as a command opens it. */
  open(reporter: Reporter, onSecret: (secret: Secret) => void): Promise<Workspace>;
  /** One command, as typed: `run('plan production --json')`. */
  run(command: string, how?: { readonly signal?: (stop: () => void) => void }): Promise<Ran>;
  json(command: string): Promise<{ readonly exitCode: number; readonly document: Document }>;
  /** The emulated API itself, as someone else would use it. Throws on a refusal. */
  api(method: string, path: string, body?: unknown): Promise<Document>;
  /** Requests to the Hetzner API since the last call, `GET /v1/servers` and so on. */
  requests(): string[];
}
// biome-ignore lint/suspicious/noExplicitAny: tests read documents of many shapes; a wrong path fails the expectation
export type Document = any;

export const createLab = (options: LabOptions = {}): Lab => {
  const emulator =
    options.over ?? createEmulator({ machines: createMachineModels, checkResponses: true, ...options.emulator });
  const store = options.store ?? createMemoryStore();
  const recovery = options.recovery ?? createMemoryRecovery();
  const files = new Map<string, string>();
  const random = seededRandom(options.seed ?? 7);
  let seen = 0;
  const fetch = (options.wrap ?? ((inner) => inner))((request) => emulator.fetch(request));
  const lab: Lab = {
    emulator,
    store,
    files,
    config: options.config ?? shippedConfig,
    async open(reporter, onSecret) {
      const config = loadProject({ text: lab.config, file: 'infra.yaml', env: options.env ?? {} });
      const context = await buildContext({
        config,
        ...(options.previews === undefined || config.previewState === undefined
          ? {}
          : { previews: { ...options.previews, state: config.previewState } }),
        assets,
        access: {
          fetch,
          clock: emulator.clock,
          endpoint: 'http://emulator.invalid/v1',
          token: new Secret(options.token ?? emulator.token),
          description: 'emulated cloud',
          machines: options.emulated === false ? null : 'gateway',
        },
        store,
        sealer: options.sealer ?? plainSealer,
        recovery,
        random,
        reporter,
        version: '0.0.0',
        holder: { host: 'lab', pid: process.pid, user: 'tester' },
        onSecret,
        env: options.env ?? {},
      });
      const { registry } = options;
      if (registry === undefined) return createWorkspace(context);
      // An emulated cloud asks none by itself.
      return createWorkspace({
        ...context,
        registry,
        contextFor: (type) => ({ ...context.contextFor(type), registry }),
      });
    },
    async run(command, how) {
      const secrets: Secret[] = [];
      const out: string[] = [];
      const err: string[] = [];
      const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
      how?.signal?.(() => {
        for (const listener of listeners) listener('SIGINT');
      });
      const exitCode = await runCli({
        argv: command.split(' ').filter((word) => word !== ''),
        env: options.env ?? {},
        io: {
          stdout: { write: (text) => void out.push(text), isTTY: false, columns: undefined },
          stderr: { write: (text) => void err.push(text), isTTY: false, columns: undefined },
          stdin: { isTTY: false },
          readSecret: async () => '',
          confirm: async () => false,
          onInterrupt: (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
          exit: () => undefined,
        },
        files: {
          read: async (path) => files.get(path),
          write: async (path, text) => {
            files.set(path, text);
            return 'written';
          },
        },
        clock: emulator.clock,
        version: '0.0.0',
        openWorkspace: ({ reporter }) => lab.open(reporter, (secret) => secrets.push(secret)),
        initTemplate,
        makeIdentity: async () => {
          throw new Error('a lab makes no keys');
        },
        examine: async () => {
          throw new Error('a lab has no doctor');
        },
        openCodeHost: async () => {
          if (options.codeHost === undefined) throw new Error('this lab has no code host');
          return options.codeHost();
        },
        secrets: () => [new Secret(emulator.token), ...secrets],
      });
      return { exitCode, stdout: out.join(''), stderr: err.join('') };
    },
    async json(command) {
      const ran = await lab.run(`${command} --json`);
      return { exitCode: ran.exitCode, document: JSON.parse(ran.stdout) as Document };
    },
    async api(method, path, body) {
      const reply = await emulator.fetch(
        new Request(`http://emulator.invalid/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${emulator.token}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      );
      const text = await reply.text();
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
      return text === '' ? {} : (JSON.parse(text) as Document);
    },
    requests() {
      const fresh = emulator.requests.slice(seen);
      seen = emulator.requests.length;
      return fresh.map((request) => `${request.method} ${request.path}`);
    },
  };
  return lab;
};
