#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ServedGitHub } from './github/served.ts';
import type { OpenedWorld } from './local.ts';
import type { WallClock } from './wall-clock.ts';

// V8 keeps compiled code between runs; so the rest is imported after this line.
enableCompileCache();
const { openWorldFile, worldFileName, worldSettings } = await import('./local.ts');
const { announce, findServed, withdraw } = await import('./served.ts');
const { serveEmulator } = await import('./server.ts');
const { createWallClock } = await import('./wall-clock.ts');
const { isForGitHub, openServedGitHub } = await import('./github/served.ts');

const usage = `Usage: npm run emulator -- [options]

Serves the emulated Hetzner Cloud, the very world of --local, on 127.0.0.1.

  --port N           default 8087; 0 takes a free one
  --speed X          how fast its time goes: default 20 (a server is there after a second)
  --date YYYY-MM-DD  day of the catalogue: types, prices, deprecations
  --vat N            VAT in percent, default 21
  --directory DIR    default state/local, or RECONCILE_LOCAL_DIR
  --github OWNER/REPO  an emulated GitHub with this repository beside it, kept in DIR/github.json
  --machines KIND    simulated (default), or docker: servers are containers, in real time, in DIR/docker
`;
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
/** 64: wrong usage, as everywhere in this project. */
const wrong = (text: string): never => {
  say(`${text}\n\n${usage}`);
  process.exit(64);
};

const options = (() => {
  try {
    const option = { type: 'string' } as const;
    return parseArgs({
      options: {
        port: option,
        speed: option,
        date: option,
        vat: option,
        directory: option,
        machines: option,
        github: option,
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
})();
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const numberOf = (name: string, text: string | undefined, fallback: number, most: number): number => {
  const value = text === undefined ? fallback : Number(text);
  return Number.isFinite(value) && value >= 0 && value <= most
    ? value
    : wrong(`--${name} ${text} is not a number from 0 to ${most}`);
};
const port = numberOf('port', options.port, 8087, 65_535);
const speed = numberOf('speed', options.speed, 20, 100_000);
if (speed === 0) wrong('--speed 0 would let no action end');
const vat = options.vat === undefined ? undefined : numberOf('vat', options.vat, 21, 100);
if (options.date !== undefined && Number.isNaN(Date.parse(options.date))) wrong(`--date ${options.date} is no date`);
const kind = options.machines ?? 'simulated';
if (kind !== 'simulated' && kind !== 'docker') wrong(`--machines ${kind} is neither simulated nor docker`);
const isDocker = kind === 'docker';
if (isDocker && options.speed !== undefined) wrong('--speed is for simulated machines: containers live in real time');
const home = options.directory ?? process.env['RECONCILE_LOCAL_DIR'] ?? 'state/local';
/** The very directory of `--local=docker`. */
const directory = isDocker ? join(home, 'docker') : home;

const settings = { date: options.date, vatPercent: vat, env: process.env };
const openSimulated = async (): Promise<OpenedWorld> => {
  let clock: WallClock | undefined;
  return openWorldFile(
    join(directory, worldFileName),
    worldSettings(settings),
    (offset) => {
      clock = createWallClock({ speed, offset: offset() });
      return clock;
    },
    {
      onLoad: (offset) => clock?.reach(Date.now() + offset),
      wallRateLimit: true,
      onSave: () => (clock === undefined ? undefined : clock.now() - Date.now()),
    },
  );
};
const openDocker = async (): Promise<OpenedWorld> => {
  const { openDockerWorldFile } = await import('./docker/open.ts');
  return openDockerWorldFile({ ...settings, directory, progress: say });
};

const run = async (): Promise<void> => {
  const other = await findServed(directory);
  if (other !== undefined)
    throw new Error(`an emulator already serves ${directory} at ${other.url} (pid ${other.pid}): stop it first`);
  const opened = await (isDocker ? openDocker() : openSimulated());
  let github: ServedGitHub | undefined;
  const answer = (request: Request): Promise<Response> =>
    github !== undefined && isForGitHub(request) ? github.fetch(request) : opened.store.fetch(request);
  const server = await serveEmulator(answer, {
    port,
    onBug: (error) => say(`bug in the emulated cloud: ${error instanceof Error ? error.stack : String(error)}`),
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Error(`port ${port} of 127.0.0.1 is taken: choose another with --port N, or 0 for a free one`);
  });
  if (options.github !== undefined) {
    const { clock } = opened.emulator;
    github = await openServedGitHub({ directory, repository: options.github, clock, api: `${server.url}/github` });
  }
  await announce(directory, { url: server.url, token: opened.emulator.token, pid: process.pid });

  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) return;
    ending = true;
    await withdraw(directory);
    await server.close();
    // What has landed since the last change is kept, and how far the clock has come.
    await opened.store.change(() => undefined);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      end().catch(fail);
    });
  const pace = isDocker ? 'servers are containers' : `time ${speed} times as fast`;
  say(`emulated Hetzner Cloud, world ${join(directory, worldFileName)}, ${pace}; Ctrl-C ends it`);
  process.stdout.write(`export HCLOUD_ENDPOINT=${server.url}/v1\nexport HCLOUD_TOKEN=${opened.emulator.token}\n`);
  // `hcloud all list` also asks for storage boxes, which are in an API of their own.
  process.stdout.write(`export HETZNER_ENDPOINT=${server.url}/v1\n`);
  if (github === undefined) return;
  process.stdout.write(`export GITHUB_API_URL=${server.url}/github\nexport GITHUB_TOKEN=${github.emulator.token}\n`);
  process.stdout.write(`export GITHUB_REPOSITORY=${options.github}\n`);
};
const fail = (error: unknown): void => {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
};
run().catch(fail);
