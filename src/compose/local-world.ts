import { join } from 'node:path';
import { environmentName, type Target } from '../domain/environment.ts';
import { Failure } from '../domain/errors.ts';
import { createDirectoryStore } from '../local/directory-store.ts';
import type { CloudAccess } from './context.ts';

export type LocalKind = 'simulated' | 'docker';

/** The two kinds of local world; passed in so that only the entry imports the emulator. */
export interface LocalWorlds {
  /**
   * Why no server could be booted here, and the way out; null: they can. Looks only, and only for a moment. The mirror
   * of infra.yaml stands in for the vendors' sites.
   */
  missingForDocker(mirror: string | undefined): Promise<{ readonly why: string; readonly next: string } | null>;
  /** `directory` holds the world, and the states of its environments. */
  open(kind: LocalKind, directory: string, say: (text: string) => void): Promise<CloudAccess>;
}

export interface LocalWish {
  /** What `--local` asked for; `either` is the plain one. */
  readonly choice: LocalKind | 'either';
  /** Undefined: the command spans all environments. */
  readonly target: Target | undefined;
  readonly directory: string;
  /** `artifacts.mirror`. */
  readonly mirror?: string | undefined;
  readonly worlds: LocalWorlds;
  readonly say: (text: string) => void;
}

/** Each kind has a world and states of its own: what runs in one is unknown to the other. */
export const directoryOf = (kind: LocalKind, directory: string): string =>
  kind === 'docker' ? join(directory, 'docker') : directory;

/**
 * A plain `--local` stays where the environment lives; else it takes docker where that can be had. It says what it
 * took and why. Throws Failure where docker is wanted, or lived in, and can't be had.
 */
export const chooseLocal = async ({
  choice,
  target,
  directory,
  mirror,
  worlds,
  say,
}: LocalWish): Promise<LocalKind> => {
  if (choice === 'simulated') return 'simulated';
  const home = choice === 'either' ? await homeOf(directory, target) : undefined;
  const lives = `because ${target === undefined ? 'its environments live' : `${environmentName(target)} lives`} there`;
  if (home === 'simulated') {
    say(`--local: simulated, ${lives}`);
    return 'simulated';
  }
  const missing = await worlds.missingForDocker(mirror);
  if (choice === 'either' && home === undefined && missing !== null) {
    const next = besidesSimulated(missing.next);
    say(`--local: simulated, because ${missing.why}${next === '' ? '' : `: ${next}`}`);
    return 'simulated';
  }
  if (missing !== null) {
    const wanted =
      home === undefined
        ? 'servers of --local=docker'
        : `${lives.replace(/^because /, '').replace(/ there$/, '')} in --local=docker, whose servers`;
    throw new Failure(`${wanted} can't run: ${missing.why}`, {
      done: ['nothing was changed'],
      next: [besidesSimulated(missing.next), 'write --local=simulated'].filter((part) => part !== '').join(', or '),
    });
  }
  if (choice === 'either')
    say(`--local: docker, ${home === undefined ? 'because an engine and the programs are there' : lives}`);
  return 'docker';
};

/** What to do, without the way out that is named, or taken, here. */
const besidesSimulated = (next: string): string => next.replace(/(?:, or )?choose --local=simulated$/, '');

/** Docker first: an environment that is in both worlds costs more to lose there. */
const homeOf = async (directory: string, target: Target | undefined): Promise<LocalKind | undefined> => {
  for (const kind of ['docker', 'simulated'] as const)
    if (await livesIn(directoryOf(kind, directory), target)) return kind;
  return undefined;
};

const livesIn = async (directory: string, target: Target | undefined): Promise<boolean> => {
  const store = createDirectoryStore(directory);
  const keys = target === undefined ? await store.list() : [`${environmentName(target)}.json`];
  for (const key of keys.filter((name) => /^(production|staging|pool|pr-\d+)\.json$/.test(name)))
    if (hasResources((await store.get(key))?.text)) return true;
  return false;
};

/** A state that can't be read counts: its environment must not be begun anew elsewhere. */
const hasResources = (text: string | undefined): boolean => {
  if (text === undefined) return false;
  try {
    const { resources } = JSON.parse(text) as { readonly resources?: object };
    return Object.keys(resources ?? {}).length > 0;
  } catch {
    return true;
  }
};
