import { spawn } from 'node:child_process';
import { open, realpath, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { LocalWorldError } from '../world-file.ts';

export type Architecture = 'amd64' | 'arm64';
export type Env = Readonly<Record<string, string | undefined>>;

/** A program on this machine that servers of this architecture can run. */
export interface FoundProgram {
  /** Absolute, symbolic links followed. */
  readonly path: string;
  /** Changes with the content: path, size and time of change. */
  readonly stamp: string;
}

/** The variable that names a program: `NOMAD_BIN`. */
export const variableOf = (program: string): string => `${program.toUpperCase()}_BIN`;

/**
 * The program by its variable, else on PATH; undefined: not there. Throws LocalWorldError when the variable names
 * something that is no such program: then PATH would be a guess.
 */
export const findProgram = async (
  program: string,
  env: Env,
  architecture: Architecture,
): Promise<FoundProgram | undefined> => {
  const variable = variableOf(program);
  const named = env[variable];
  if (named !== undefined && named !== '') {
    const found = await programAt(named, architecture);
    if (found !== undefined) return found;
    throw new LocalWorldError(
      `${variable} is ${named}, which is no Linux program for ${architecture}`,
      `Set ${variable} to the file of ${program} itself, or unset it`,
    );
  }
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((one) => one !== '')) {
    const found = await programAt(join(folder, program), architecture);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** e_machine of ELF: x86-64, AArch64. */
const machines: Readonly<Record<Architecture, number>> = { amd64: 62, arm64: 183 };

/** A script or another system's program would only fail inside of the servers. */
const programAt = async (path: string, architecture: Architecture): Promise<FoundProgram | undefined> => {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0);
      const isElf = bytesRead === 20 && buffer.subarray(0, 4).toString('latin1') === '\u007fELF';
      if (!isElf || buffer.readUInt16LE(18) !== machines[architecture]) return undefined;
    } finally {
      await handle.close();
    }
    const real = await realpath(path);
    const { size, mtimeMs } = await stat(real);
    return { path: real, stamp: `${real} ${size} ${Math.round(mtimeMs)}` };
  } catch {
    // Not there, not readable, a directory: not a program either way.
    return undefined;
  }
};

/** What the program says of itself, as `1.9.7`; null: it says nothing that looks like a version. */
export const versionOf = async (path: string): Promise<string | null> =>
  /\bv?(\d+\.\d+\.\d+)/.exec(await outputOf(path, ['version']))?.[1] ?? null;

const answerMs = 10_000;
const outputOf = (path: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: answerMs });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    // A program that can't be started here tells no version; its servers will say more.
    child.on('error', () => resolve(text));
    child.on('close', () => resolve(text));
  });
