import { spawn } from 'node:child_process';
import { LocalWorldError } from '../world-file.ts';
import type { Engine, RunOptions, RunResult } from './types.ts';

const defaultTimeoutMs = 60_000;
/** What is kept of one stream: a build talks a lot. */
const keptCharacters = 8_000_000;
const tailLines = 6;

/** The last lines that say something. */
export const tailOf = (text: string, lines: number = tailLines): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-lines)
    .join('; ');

/** `docker network create` of `docker network create --label …`: enough to know the call, none of what it carries. */
const nameOf = (args: readonly string[]): string => {
  const words = args.slice(0, ['network', 'volume', 'image', 'container'].includes(args[0] ?? '') ? 2 : 1);
  return ['docker', ...words].join(' ');
};

const linesOf = (tell: ((line: string) => void) | undefined) => {
  let rest = '';
  return (chunk: string): void => {
    if (tell === undefined) return;
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
  };
};

/** One command, to its end or its bound. `command` is `docker` but in tests of this file. */
const attemptWith = (command: string, args: readonly string[], options: RunOptions): Promise<RunResult> => {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const tell = linesOf(options.onLine);
    let stdout = '';
    let stderr = '';
    let late = false;
    const bound = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout = `${stdout}${chunk}`.slice(-keptCharacters);
      tell(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = `${stderr}${chunk}`.slice(-keptCharacters);
      tell(chunk);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(bound);
      if (error.code !== 'ENOENT') return reject(error);
      const next = 'Install Docker (on Debian: apt-get install docker.io), or choose --local=simulated';
      reject(new LocalWorldError(`the command ${command} is not there`, next, error));
    });
    child.on('close', (code, signal) => {
      clearTimeout(bound);
      if (!late)
        return resolve({ code: code ?? 128, stdout, stderr: signal === null ? stderr : `${stderr}\n${signal}` });
      const what = `${nameOf(args)} took longer than ${Math.round(timeoutMs / 1000)} s`;
      reject(new LocalWorldError(what, 'Look whether the engine answers (docker info), then run the command again'));
    });
    // A command that ends without reading its input closes the pipe; its exit status says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
};

/** The engine behind the `docker` command, as its own settings (DOCKER_HOST, contexts) choose it. */
export const createEngine = (command = 'docker'): Engine => {
  const attempt = (args: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
    attemptWith(command, args, options);
  return {
    attempt,
    run: async (args, options) => {
      const { code, stdout, stderr } = await attempt(args, options);
      if (code === 0) return stdout;
      const why = tailOf(stderr) || tailOf(stdout) || `exit status ${code}`;
      throw new LocalWorldError(`${nameOf(args)} failed: ${why}`, 'When that is mended, run the command again');
    },
  };
};
