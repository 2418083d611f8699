#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import type { CliInput, WorkspaceOptions } from './cli/io.ts';
import type { LocalWorlds } from './compose/local-world.ts';
import type { OpenOptions } from './compose/open.ts';
import type { Supply } from './compose/supplies.ts';
import type { Secret } from './domain/secret.ts';
import type { Workspace } from './ports/session.ts';
import type { Check } from './ports/state-access.ts';

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
const localWorlds: LocalWorlds = {
  missingForDocker: async (mirror) =>
    (await import('./emulator/docker/available.ts')).lackingForDocker(env, { mirror }),
  open: async (kind, directory, say) => {
    const { asFailure } = await import('./compose/local-failure.ts');
    const { Secret: SecretClass } = await import('./domain/secret.ts');
    if (kind === 'docker') {
      const { openSuppliedWorld } = await import('./emulator/docker/supplied-world.ts');
      const world = await openSuppliedWorld({ directory, env, progress: say }).catch(asFailure);
      const supply: Supply = (wants) => world.supply(wants).catch(asFailure);
      return { ...world, token: new SecretClass(world.token), supply };
    }
    const { openLocalWorld } = await import('./emulator/local.ts');
    const world = await openLocalWorld({ directory, env }).catch(asFailure);
    return { ...world, token: new SecretClass(world.token) };
  },
};

const optionsOf = ({ config, local, target, reporter }: WorkspaceOptions): OpenOptions => ({
  configFile: config ?? 'infra.yaml',
  local,
  target,
  env,
  reporter,
  version,
  localWorlds,
  onSecret: (secret) => secrets.push(secret),
});
const openWorkspace = async (options: WorkspaceOptions): Promise<Workspace> =>
  (await import('./compose/open.ts')).openWorkspace(optionsOf(options));
const examine = async (options: WorkspaceOptions): Promise<readonly Check[]> =>
  (await import('./compose/open-doctor.ts')).openDoctor(optionsOf(options));
const openCodeHost: CliInput['openCodeHost'] = async ({ config }) =>
  (await import('./compose/project-code-host.ts')).openProjectCodeHost({
    configFile: config ?? 'infra.yaml',
    env,
    onSecret: (secret) => secrets.push(secret),
  });
const makeIdentity = async (): Promise<{ text: string; recipient: string }> => {
  const age = await import('./age/identity.ts');
  const made = await age.makeIdentity();
  return { text: age.identityFileText(made, new Date(systemClock.now()).toISOString()), recipient: made.recipient };
};

const exitCode = await runCli({
  argv: process.argv.slice(2),
  env,
  io: processIo(process),
  files: nodeFiles(process.pid),
  clock: systemClock,
  version,
  openWorkspace,
  openCodeHost,
  initTemplate,
  examine,
  makeIdentity,
  secrets: () => secrets,
});
await exitWhenWritten(process, exitCode);
