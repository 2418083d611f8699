import { type ChildProcess, spawn } from 'node:child_process';
import { commandEnds } from './child-options.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}
/** A process of the product, killed by its id when it is told to be. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  isOver(): boolean;
  send(signal: NodeJS.Signals): void;
  /** What it has printed on stderr so far. */
  said(): string;
}

/** The longest a run of virtual time may take here, or one of real time. */
const boundMs = 120_000;

export const start = (script: string, args: readonly string[], options: Parameters<typeof spawn>[2]): Running => {
  const child = spawn(process.execPath, [script, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  collect(child, output);
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${args.join(' ')} did not end within ${boundMs / 1000} s:\n${output.stderr}`));
    }, boundMs);
    child.once('error', reject);
    child.once('exit', () => {
      over = true;
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...output });
    });
  });
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    ended,
    isOver: () => over,
    send: (signal) => void child.kill(signal),
    said: () => output.stderr,
  };
};

const collect = (child: ChildProcess, output: { stdout: string; stderr: string }): void => {
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8');
    child[name]?.on('data', (text: string) => {
      output[name] += text;
    });
  }
};

/** What each command of one process has printed. */
export const outputsOf = ({ stdout, stderr }: Ended): { readonly stdout: string; readonly stderr: string }[] => {
  const errors = stderr.split(commandEnds);
  return stdout.split(commandEnds).map((text, nth) => ({ stdout: text, stderr: errors[nth] ?? '' }));
};
