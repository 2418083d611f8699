import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { dirname, resolve } from 'node:path';
import type { WorkspaceOptions } from '../../src/cli/io.ts';
import type { Secret as SecretText } from '../../src/domain/secret.ts';
import type { Fetch } from '../../src/ports/machines.ts';
import type { Workspace } from '../../src/ports/session.ts';
import { type ChildOptions, commandEnds } from './child-options.ts';

/*
 * The whole product as a process of its own, composed as src/reconcile.ts does it: over HTTP to the emulated cloud, over
 * HTTP to the object store. Only its time is virtual, and stands still while a request is under way.
 */
enableCompileCache();
const { exitWhenWritten, processIo } = await import('../../src/cli/process-io.ts');
const { nodeFiles } = await import('../../src/cli/node-files.ts');
const { runCli } = await import('../../src/cli/run.ts');
const { loadAssets } = await import('../../src/compose/assets.ts');
const { buildContext } = await import('../../src/compose/build.ts');
const { createWorkspace } = await import('../../src/compose/workspace.ts');
const { initTemplate } = await import('../../src/config/init.ts');
const { loadProject } = await import('../../src/config/project.ts');
const { Secret } = await import('../../src/domain/secret.ts');
const { systemClock } = await import('../../src/local/clock.ts');
const { seededRandom } = await import('../../src/local/random.ts');
const { createRecoveryFiles } = await import('../../src/local/recovery-files.ts');
const { openStateSealer } = await import('../../src/compose/sealing.ts');
const { openStateStore } = await import('../../src/compose/state-store.ts');
const { virtualClockOver } = await import('../../src/emulator/clock.ts');
const { openSharedTime } = await import('./shared-clock.ts');
const { sabotaged } = await import('./sabotage.ts');

const given = JSON.parse(process.env['KILL_CHILD'] ?? '{}') as ChildOptions;
const root = resolve(import.meta.dirname, '../..');
const assets = loadAssets(resolve(root, 'infra.yaml'));
const clock = virtualClockOver(openSharedTime(given.time));
const token = new Secret(given.token);

/** The body belongs to the exchange: time stands still until all of it is here. */
const overHttp: Fetch = async (request) => {
  const letGo = clock.hold();
  try {
    const reply = await fetch(request);
    const body = await reply.arrayBuffer();
    const { status, statusText, headers } = reply;
    return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
  } finally {
    letGo();
  }
};

const openWorkspace = async ({ reporter }: WorkspaceOptions, secrets: SecretText[]): Promise<Workspace> => {
  const { env } = process;
  const config = loadProject({ text: readFileSync(given.config, 'utf8'), file: given.config, env: {} });
  const onSecret = (secret: SecretText): void => void secrets.push(secret);
  // A store waits between its tries in real time: while it is asked, the virtual one stands.
  const ownTime = { now: clock.now, sleep: systemClock.sleep };
  const state = { configFile: given.config, env, clock: ownTime, random, reporter, onSecret };
  const off = sabotaged(given.sabotage, openStateStore(config.state, state));
  const context = await buildContext({
    config,
    assets,
    access: {
      fetch: overHttp,
      clock,
      endpoint: `${given.cloud}/v1`,
      token,
      description: 'emulated cloud',
      machines: 'gateway',
    },
    store: off.store,
    sealer: openStateSealer(config.state, state),
    recovery: createRecoveryFiles(dirname(given.config)),
    random,
    reporter,
    waitClock: systemClock,
    version: '0.0.0',
    holder: { host: given.host, pid: process.pid, user: 'ci' },
    onSecret,
    env: {},
  });
  return createWorkspace(off.context(context));
};

const notHere = async (): Promise<never> => {
  throw new Error('a killed process has no doctor and makes no keys');
};

const random = seededRandom(given.seed);
let exitCode = 0;
for (const command of given.commands) {
  const secrets: SecretText[] = [token];
  exitCode = await runCli({
    argv: command.split(' '),
    env: {},
    io: processIo(process),
    files: nodeFiles(process.pid),
    clock: systemClock,
    version: '0.0.0',
    openWorkspace: (options) => openWorkspace(options, secrets),
    initTemplate,
    makeIdentity: notHere,
    examine: notHere,
    openCodeHost: notHere,
    secrets: () => secrets,
  });
  for (const stream of [process.stdout, process.stderr]) stream.write(commandEnds);
  if (exitCode !== 0) break;
}
await exitWhenWritten(process, exitCode);
