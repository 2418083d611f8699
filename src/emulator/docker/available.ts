import { LocalWorldError } from '../world-file.ts';
import { hostArchitecture, programsToDownload } from './binaries.ts';
import { type Env, variableOf } from './binaries-find.ts';
import { createEngine } from './engine.ts';
import { type Host, probeEngine, thisHost } from './probe.ts';
import type { Engine } from './types.ts';

/** Why no server could be booted here, and what to do about it. */
export interface Lacking {
  readonly why: string;
  readonly next: string;
}
export interface Surroundings {
  /** Where infra.yaml has everything downloaded from, in place of the vendors' sites. */
  readonly mirror?: string | undefined;
  // The rest is given in tests.
  readonly engine?: Engine;
  readonly host?: Host;
  readonly greet?: (url: string) => Promise<boolean>;
}
/** Where each program would be downloaded from. */
const sites: Readonly<Record<string, string>> = {
  nomad: 'https://releases.hashicorp.com',
  consul: 'https://releases.hashicorp.com',
  caddy: 'https://github.com',
};
/** A site that does not greet in this time is taken for out of reach: a plain `--local` must not hang on it. */
const greetMs = 400;

/**
 * What is missing for servers that really boot; null: nothing. Looks at the engine, at its room, and for the programs:
 * of this machine, in the cache, or at their vendors' or the mirror. Nothing is downloaded.
 */
export const lackingForDocker = async (
  env: Env,
  { mirror, engine = createEngine(), host = thisHost, greet = greets }: Surroundings = {},
): Promise<Lacking | null> => {
  const found = await probeEngine(engine, host);
  if (!found.ok) return { why: found.because, next: lowered(found.next) };
  const architecture = hostArchitecture();
  try {
    const missing = await programsToDownload(env, architecture);
    const reached = await Promise.all(missing.map((program) => greet(mirror ?? sites[program] ?? '')));
    const lacking = missing.filter((_program, index) => !reached[index]);
    if (lacking.length === 0) return null;
    const names = lacking.map(variableOf).join(', ');
    return { why: `no ${lacking.join(', no ')}`, next: `set ${names}, or put ${lacking.join(', ')} on PATH` };
  } catch (error) {
    // A variable that names no program is a mistake to tell of, not a reason to look elsewhere.
    if (!(error instanceof LocalWorldError)) throw error;
    return { why: error.message.replace(`. ${error.next}`, ''), next: lowered(error.next) };
  }
};

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const greets = async (url: string): Promise<boolean> => {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(greetMs) });
    return true;
  } catch {
    // Whatever the reason: there it can't be downloaded.
    return false;
  }
};
