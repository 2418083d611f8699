import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import type { Pace } from './durations.ts';
import { createEmulator } from './emulator.ts';
import type { Limits } from './limits.ts';
import { createLocalClock } from './local-clock.ts';
import { createMachineModels } from './machines/models.ts';
import type { CreateMachineModels } from './machines/types.ts';
import { findServed } from './served.ts';
import { createWallClock } from './wall-clock.ts';
import type { World } from './world.ts';
import { LocalWorldError, readWorldFile, writeWorldFile } from './world-file.ts';
import { createWorldStore, lockWorld, type WorldStore } from './world-store.ts';

export interface LocalWorldOptions {
  readonly directory: string;
  /** Day of the catalogue; for an existing world a change of it. Default: that of the world, or today. */
  readonly date?: string | undefined;
  readonly vatPercent?: number | undefined;
  /** RECONCILE_EMULATOR_DATE and RECONCILE_EMULATOR_VAT are read where the options are not given. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
export interface LocalWorld {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly clock: Clock;
  readonly token: string;
  /** Base of the API, with `/v1`; in process it is a name that never resolves. */
  readonly endpoint: string;
  readonly description: string;
  /** How what runs on the servers is reached: through this cloud, or at their own addresses. */
  readonly machines: 'gateway' | 'ssh';
  close(): Promise<void>;
}
export const worldFileName = 'world.json';

interface WorldSettings {
  readonly date: string | undefined;
  readonly vatPercent: number | undefined;
}
/** Throws LocalWorldError: what is no date or no rate would be saved, and the world could not be read again. */
export const worldSettings = (options: Omit<LocalWorldOptions, 'directory'>): WorldSettings => ({
  date: options.date ?? dateOf(options.env['RECONCILE_EMULATOR_DATE']),
  vatPercent: options.vatPercent ?? vatOf(options.env['RECONCILE_EMULATOR_VAT']),
});

const dateOf = (text: string | undefined): string | undefined => {
  if (text === undefined || text === '') return undefined;
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new LocalWorldError(`RECONCILE_EMULATOR_DATE is no date: ${text}`, 'Write it like 2024-12-01, or unset it');
};

const vatOf = (text: string | undefined): number | undefined => {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (value >= 0 && value <= 100) return value;
  throw new LocalWorldError(
    `RECONCILE_EMULATOR_VAT is no percentage: ${text}`,
    'Write a number from 0 to 100, or unset it',
  );
};

/** The world's file, made if there is none: a token of 64 characters is drawn once and kept in it. */
const begin = async (file: string, settings: WorldSettings): Promise<void> => {
  if ((await readWorldFile(file)) !== undefined) return;
  const held = await lockWorld(file);
  try {
    if ((await readWorldFile(file)) !== undefined) return;
    const fresh = createEmulator({
      clock: createWallClock(),
      seed: randomBytes(4).readUInt32LE(),
      tokens: [{ token: randomBytes(32).toString('hex'), write: true }],
      ...(settings.date === undefined ? {} : { date: settings.date }),
      ...(settings.vatPercent === undefined ? {} : { vatPercent: settings.vatPercent }),
    });
    await writeWorldFile(file, fresh.world.snapshot());
  } finally {
    await held.release();
  }
};

export interface OpenedWorld {
  readonly store: WorldStore;
  readonly emulator: ReturnType<typeof createEmulator>;
}
export interface WorldHooks {
  readonly onLoad?: (offset: number) => void;
  readonly onSave?: () => number | undefined;
  readonly wallRateLimit?: boolean;
  /** Default: simulated ones. */
  readonly machines?: CreateMachineModels;
  readonly pace?: Pace;
  readonly limits?: Partial<Limits>;
  readonly onTrouble?: (error: Error) => void;
  /** Runs within a first transaction, before machines are made true for the first time. */
  readonly prepare?: (world: World) => Promise<void>;
}
/** An emulator on the world in `file`, with this clock; `clockFor` gets the world's offset to the wall clock. */
export const openWorldFile = async (
  file: string,
  settings: WorldSettings,
  clockFor: (offset: () => number) => Clock,
  hooks: WorldHooks = {},
): Promise<OpenedWorld> => {
  await begin(file, settings);
  const saved = await readWorldFile(file);
  if (saved === undefined) throw new Error(`${file} vanished while it was being opened`);
  const opened: { emulator?: ReturnType<typeof createEmulator> } = {};
  const offset = (): number => (opened.emulator?.world.state ?? saved.state).clockOffset;
  const emulator = createEmulator({
    world: saved,
    clock: clockFor(offset),
    machines: hooks.machines ?? createMachineModels,
    ...(hooks.pace === undefined ? {} : { pace: hooks.pace }),
    ...(hooks.limits === undefined ? {} : { limits: hooks.limits }),
    // Clients of a served world compare RateLimit-Reset with their own clocks.
    ...(hooks.wallRateLimit ? { rateLimitNow: Date.now } : {}),
  });
  opened.emulator = emulator;
  const { state } = emulator.world;
  const store = createWorldStore({
    file,
    emulator,
    machines: emulator.machines,
    ...(hooks.onTrouble === undefined ? {} : { onTrouble: hooks.onTrouble }),
    onLoad: () => hooks.onLoad?.(state.clockOffset),
    onSave: () => {
      state.clockOffset = hooks.onSave?.() ?? state.clockOffset;
    },
  });
  const { date = state.date, vatPercent = state.vatPercent } = settings;
  // What can't be made true yet must not keep anybody from opening the world: it is told, and tried again.
  if (date !== state.date || vatPercent !== state.vatPercent || hooks.prepare !== undefined)
    await store.change(async () => {
      Object.assign(state, { date, vatPercent });
      await hooks.prepare?.(emulator.world);
    }, false);
  return { store, emulator };
};

/** The world that `npm run emulator` serves from this directory, if it does. */
export const openServed = async (directory: string, file: string): Promise<LocalWorld | undefined> => {
  const served = await findServed(directory);
  if (served === undefined) return undefined;
  const { url, token, kind, now } = served;
  return {
    fetch: (request) => fetch(request),
    // Real seconds, but from the world's moment on: what was written at world time is never in the future.
    clock: createWallClock({ offset: now - Date.now() }),
    token,
    endpoint: `${url}/v1`,
    description: `emulated cloud (${kind}), served at ${url}, world ${file}`,
    machines: kind === 'docker' ? 'ssh' : 'gateway',
    close: async () => undefined,
  };
};

/**
 * The world of `--local`: in this process on `<directory>/world.json`, or, while `npm run emulator` serves that very
 * world, a client of it. Throws LocalWorldError.
 */
export const openLocalWorld = async (options: LocalWorldOptions): Promise<LocalWorld> => {
  const file = join(options.directory, worldFileName);
  const served = await openServed(options.directory, file);
  if (served !== undefined) return served;
  let local: ReturnType<typeof createLocalClock> | undefined;
  const opened = await openWorldFile(file, worldSettings(options), (offset) => {
    local = createLocalClock(offset);
    return local.inside;
  });
  if (local === undefined) throw new Error('the local world was opened without a clock');
  const { clock, holding, attach } = local;
  attach(opened);
  return {
    fetch: (request) => holding(() => opened.store.fetch(request)),
    clock,
    token: opened.emulator.token,
    endpoint: 'http://emulated.invalid/v1',
    description: `emulated cloud (simulated), world ${file}`,
    machines: 'gateway',
    close: async () => undefined,
  };
};
