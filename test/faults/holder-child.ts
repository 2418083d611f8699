import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { processIo } from '../../src/cli/process-io.ts';
import { runCli } from '../../src/cli/run.ts';
import { loadAssets } from '../../src/compose/assets.ts';
import { buildContext } from '../../src/compose/build.ts';
import type { Context } from '../../src/compose/context.ts';
import { createWorkspace } from '../../src/compose/workspace.ts';
import { initTemplate } from '../../src/config/init.ts';
import { loadProject } from '../../src/config/project.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createDirectoryStore } from '../../src/local/directory-store.ts';
import { systemRandom } from '../../src/local/random.ts';
import { createRecoveryFiles } from '../../src/local/recovery-files.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { plainSealer } from '../../src/statefile/plain-sealer.ts';
import { fastClock } from '../support/fast-clock.ts';
import { otherContext } from '../support/other-context.ts';

/**
 * One command in a process of its own, with a short lease. With `stopAt` it stops itself (SIGSTOP) as soon as the
 * intent of that step is stored and its request is about to leave, the worst moment there is.
 */
export interface HolderTask {
  readonly command: string;
  readonly config: string;
  readonly endpoint: string;
  readonly token: string;
  readonly directory: string;
  readonly ttlMs: number;
  /** All processes of one story share a clock that goes faster, from this moment on. */
  readonly time: { readonly from: number; readonly speed: number };
  readonly stopAt?: string;
  /** Never looks at the time right before a request: what the guard is there for. */
  readonly unguarded?: boolean;
}
const task = JSON.parse(process.argv[2] ?? '') as HolderTask;

const clock = fastClock(task.time);

const stopping = (store: ObjectStore): ObjectStore => {
  let stopped = false;
  const stopAfter = <T extends { readonly ok: boolean }>(text: string, outcome: T): T => {
    if (stopped || !outcome.ok || !intends(text, task.stopAt)) return outcome;
    stopped = true;
    writeSync(1, 'stopped\n');
    process.kill(process.pid, 'SIGSTOP');
    return outcome;
  };
  return {
    ...store,
    putIfAbsent: async (key, text) => stopAfter(text, await store.putIfAbsent(key, text)),
    putIfMatch: async (key, text, etag) => stopAfter(text, await store.putIfMatch(key, text, etag)),
  };
};

const intends = (text: string, step: string | undefined): boolean => {
  const { lastRun } = JSON.parse(text) as { lastRun?: { journal: readonly { step: string; event: string }[] } };
  return lastRun?.journal.some((event) => event.step === step && event.event === 'started') ?? false;
};

const unguarded = (context: Context): Context =>
  otherContext(context, {
    leases: {
      ...context.leases,
      take: async (wanted) => ({ ...(await context.leases.take(wanted)), mayMutate: () => true }),
    },
  });

const secrets: Secret[] = [];
process.exitCode = await runCli({
  argv: task.command.split(' '),
  env: {},
  io: processIo(process),
  files: { read: async () => undefined, write: async () => 'written' },
  clock,
  version: '0.0.0',
  makeIdentity: async () => ({ text: '', recipient: '' }),
  examine: async () => [],
  openCodeHost: async () => {
    throw new Error('nobody asks a code host here');
  },
  openWorkspace: async ({ reporter }) => {
    const context = await buildContext({
      config: loadProject({ text: task.config, file: 'infra.yaml', env: {} }),
      assets: loadAssets(resolve(import.meta.dirname, '../../infra.yaml')),
      access: {
        fetch: (request) => {
          if (request.method !== 'GET') writeSync(1, `sent ${request.method} ${new URL(request.url).pathname}\n`);
          return fetch(request);
        },
        clock,
        endpoint: task.endpoint,
        token: new Secret(task.token),
        description: 'emulated cloud',
        machines: 'gateway',
      },
      store: stopping(createDirectoryStore(task.directory)),
      sealer: plainSealer,
      recovery: createRecoveryFiles(task.directory),
      random: systemRandom,
      reporter,
      version: '0.0.0',
      holder: { host: hostname(), pid: process.pid, user: 'child' },
      onSecret: (secret) => secrets.push(secret),
      env: {},
      ttlMs: task.ttlMs,
    });
    return createWorkspace(task.unguarded ? unguarded(context) : context);
  },
  initTemplate,
  secrets: () => secrets,
});
process.exit();
