import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { startQueue } from './proxy.ts';

/** A server that others wrote, with an empty bucket that keeps versions. */
export interface S3Server {
  readonly endpoint: string;
  readonly region: string;
  readonly env: Record<string, string>;
  readonly stop: () => Promise<void>;
}

export const onPath = (program: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

export const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Until something answers HTTP there; throws with the program's last words when it ends or a minute is over. */
export const answering = async (endpoint: string, child: ChildProcess, words: () => string): Promise<void> => {
  for (let left = 300; left > 0; left -= 1) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}: ${words()}`);
    try {
      await fetch(endpoint);
      return;
    } catch {
      await pause(200);
    }
  }
  throw new Error(`${child.spawnfile} does not answer at ${endpoint}: ${words()}`);
};

/** Starts a program and keeps the end of what it says. */
export const startChild = (program: string, args: readonly string[], env: Record<string, string> = {}) => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      said = (said + data).slice(-2000);
    });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
  };
  return { child, said: () => said, stop };
};

/**
 * Moto is the AWS model of the Python world. Its threads look at the ETag and write in two steps: of 1,000 contended
 * increments it lost 1 to 5 (5.2.1), so its requests go through a queue.
 */
export const queuedMoto = async (target: string, stop: () => Promise<void>): Promise<S3Server> => {
  const queue = await startQueue(target);
  return {
    endpoint: queue.endpoint,
    region: 'eu-central-1',
    env: { AWS_ACCESS_KEY_ID: 'TESTKEY', AWS_SECRET_ACCESS_KEY: 'test-secret-test-secret' },
    stop: async () => {
      await queue.stop();
      await stop();
    },
  };
};

/** As a process of its own. */
export const startMoto = async (program: string): Promise<S3Server> => {
  const port = await freePort();
  const { child, said, stop } = startChild(program, ['-H', '127.0.0.1', '-p', String(port)]);
  const target = `http://127.0.0.1:${port}`;
  await answering(target, child, said);
  return queuedMoto(target, stop);
};
