#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import type { WorkspaceOptions } from './cli/io.ts';
import type { CloudAccess } from './compose/context.ts';
import type { Secret } from './domain/secret.ts';
import type { Workspace } from './ports/session.ts';

// V8 keeps compiled code between runs: a no-op plan as a whole process is mostly start-up. Modules are therefore
// imported after this line, and those that a command may not need only when it needs them.
enableCompileCache();
const { processIo, exitWhenWritten } = await import('./cli/process-io.ts');
const { nodeFiles } = await import('./cli/node-files.ts');
const { runCli } = await import('./cli/run.ts');
const { systemClock } = await import('./local/clock.ts');
const { initTemplate } = await import('./config/init.ts');

const packageFile = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
const { env } = process;
const secrets: Secret[] = [];

/** Only this file knows the emulator: the product runs without it. */
const openLocal = async (directory: string): Promise<CloudAccess> => {
  const { openLocalWorld } = await import('./emulator/local.ts');
  const { asFailure } = await import('./compose/local-failure.ts');
  const { Secret: SecretClass } = await import('./domain/secret.ts');
  const world = await openLocalWorld({ directory, env }).catch(asFailure);
  return { ...world, token: new SecretClass(world.token), machines: 'gateway' };
};

const openWorkspace = async (options: WorkspaceOptions): Promise<Workspace> => {
  const compose = await import('./compose/open.ts');
  return compose.openWorkspace({
    configFile: options.config ?? 'infra.yaml',
    local: options.local !== null,
    env,
    reporter: options.reporter,
    version,
    openLocal,
    onSecret: (secret) => secrets.push(secret),
  });
};

const exitCode = await runCli({
  argv: process.argv.slice(2),
  env,
  io: processIo(process),
  files: nodeFiles(process.pid),
  clock: systemClock,
  version,
  openWorkspace,
  initTemplate,
  secrets: () => secrets,
});
await exitWhenWritten(process, exitCode);
