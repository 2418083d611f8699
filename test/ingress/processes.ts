import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** The binary named by the variable or found on PATH; undefined: there is none, and the tests that need it are skipped. */
export const binary = (name: string, variable: string, versionArgument = 'version'): string | undefined => {
  const candidate = process.env[variable] ?? name;
  return spawnSync(candidate, [versionArgument], { stdio: 'ignore' }).status === 0 ? candidate : undefined;
};
export const caddyBinary = binary('caddy', 'CADDY_BIN');
export const consulBinary = binary('consul', 'CONSUL_BIN');
const pythonBinary = binary('python3', 'PYTHON_BIN', '--version');

/** '' or ` (skipped: no caddy, no consul)`, for the title of a test that needs these. */
export const lacking = (needs: readonly ('caddy' | 'consul' | 'python3')[]): string => {
  const found = { caddy: caddyBinary, consul: consulBinary, python3: pythonBinary };
  const absent = needs.filter((name) => found[name] === undefined);
  return absent.length === 0 ? '' : ` (skipped: ${absent.map((name) => `no ${name}`).join(', ')})`;
};

/** Ports that were free a moment ago. Held all at once, so that they differ. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

export interface Running {
  readonly child: ChildProcess;
  /** What it has written so far, both streams. */
  log(): string;
  /** SIGTERM, or SIGKILL when it does not heed it within ten seconds; resolves when the process is gone. */
  end(): Promise<void>;
}

/** Starts a process whose output goes to `logFile`. */
export const start = (
  command: string,
  args: readonly string[],
  logFile: string,
  env: Readonly<Record<string, string>> = {},
): Running => {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
  closeSync(log);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    child,
    log: () => readFileSync(logFile, 'utf8'),
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(timer);
    },
  };
};

/** Looks until `look` gives something; throws with what it saw last after `seconds`. */
export const until = async <T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 15,
): Promise<T> => {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not within ${seconds} s; last: ${String(last)}`, { cause: last });
};
