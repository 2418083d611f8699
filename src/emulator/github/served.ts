import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { LocalWorldError } from '../world-file.ts';
import { createGitHubEmulator, type EmulatedGitHub } from './github.ts';
import { fullName, type GitHubState } from './state.ts';

const format = 1;
/** Enough of the file to trust the rest: it was written by this code or by hand. */
const rows = z.array(z.looseObject({}));
const fileSchema = z.object({
  format: z.literal(format),
  state: z.looseObject({
    random: z.number(),
    nextId: z.number(),
    nextNumber: z.number(),
    repository: z.looseObject({ owner: z.string(), name: z.string(), formerly: z.array(z.string()) }),
    roles: z.record(z.string(), z.string()),
    tokens: z.array(z.looseObject({ token: z.string().min(1) })).min(1),
    users: rows,
    pulls: rows,
    issues: rows,
    comments: rows,
    /** Since the host is asked for them. */
    reviews: rows.optional(),
    deployments: rows,
    statuses: rows,
    checks: rows,
    commits: z.array(z.string()),
  }),
});

export interface ServedGitHub {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly emulator: EmulatedGitHub;
}
export interface ServedGitHubOptions {
  readonly directory: string;
  /** `owner/name` */
  readonly repository: string;
  readonly clock: Clock;
  /** Where clients find it: `http://127.0.0.1:8087/github`. */
  readonly api: string;
}

/** The emulated GitHub of `<directory>/github.json`, saved after whatever may have changed it. Throws LocalWorldError. */
export const openServedGitHub = async (options: ServedGitHubOptions): Promise<ServedGitHub> => {
  const { directory, repository, clock, api } = options;
  if (!/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(repository))
    throw new LocalWorldError(`--github ${repository} names no repository`, 'Write it like acme/shop');
  const file = join(directory, 'github.json');
  const state = await readState(file);
  if (state !== undefined) assertSame(file, state, repository);
  const emulator = createGitHubEmulator({
    repository,
    clock,
    seed: randomBytes(4).readUInt32LE(),
    places: { api, site: 'https://github.com' },
    ...(state === undefined ? {} : { state }),
  });
  let saving: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    saving = saving.catch(() => undefined).then(() => writeState(file, emulator.state));
    return saving;
  };
  await save();
  return {
    emulator,
    fetch: async (request) => {
      if (request.method === 'GET') return emulator.fetch(request);
      try {
        return await emulator.fetch(request);
      } finally {
        // Also where the reply is lost: what was done stays done.
        await save();
      }
    },
  };
};

/** Which of the two is meant by a request to the one port. */
export const isForGitHub = (request: Request): boolean =>
  /^\/(?:github|_emulator\/github)(?:\/|$)/.test(new URL(request.url).pathname);

const assertSame = (file: string, { repository }: GitHubState, asked: string): void => {
  const names = [fullName(repository), ...repository.formerly].map((name) => name.toLowerCase());
  if (names.includes(asked.toLowerCase())) return;
  const next = `Name that one, or move ${file} away to begin with an empty ${asked}`;
  throw new LocalWorldError(`the emulated GitHub in ${file} is of ${fullName(repository)}, not of ${asked}`, next);
};

const readState = async (file: string): Promise<GitHubState | undefined> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LocalWorldError(`the emulated GitHub ${file} can't be read`, 'Look at its permissions', error);
  }
  const way = `Move ${file} away to begin with an empty repository`;
  try {
    const value: unknown = JSON.parse(text);
    fileSchema.parse(value);
    const { state } = value as { readonly state: Omit<GitHubState, 'reviews'> & Partial<GitHubState> };
    return { ...state, reviews: state.reviews ?? [] };
  } catch (error) {
    throw new LocalWorldError(`the emulated GitHub ${file} is damaged`, way, error);
  }
};

/** All or nothing, and readable by its owner only, for it holds tokens. */
const writeState = async (file: string, state: GitHubState): Promise<void> => {
  const temporary = `${file}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify({ format, state }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    throw new LocalWorldError(`the emulated GitHub ${file} can't be saved`, 'Look at its directory', error);
  }
};
