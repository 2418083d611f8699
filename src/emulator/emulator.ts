import { type ActionFault, createActions } from './actions.ts';
import { catalogueAt as realCatalogueAt } from './catalogue/catalogue.ts';
import type { CatalogueAt } from './catalogue/types.ts';
import { type Clock, createVirtualClock } from './clock.ts';
import { isoOf, type Kit } from './context.ts';
import { createControl } from './control.ts';
import { hetznerPace, type Pace } from './durations.ts';
import { effectRunner } from './effects.ts';
import { createFaultBook, type DrawnFaults, type FaultBook, type FaultRule } from './faults.ts';
import { defaultLimits, type Limits } from './limits.ts';
import type { CreateMachineModels, MachineModels } from './machines/types.ts';
import { createPipeline, type FetchOptions, type RequestRecord } from './pipeline.ts';
import { randomness } from './random.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';
import { createFinder } from './router.ts';
import { allEffects, allRoutes } from './routes.ts';
import { type ApiToken, createWorld, type SavedWorld, type World } from './world.ts';

/** The token of emulators that are given none: 64 characters, as Hetzner's are. */
export const testToken = 'emulated'.repeat(8);

export interface EmulatorOptions {
  /** Default: a virtual clock of its own. */
  readonly clock?: Clock;
  readonly seed?: number;
  /** A snapshot to go on from. */
  readonly world?: SavedWorld;
  readonly faults?: readonly FaultRule[];
  readonly drawnFaults?: DrawnFaults;
  readonly tokens?: readonly ApiToken[];
  /** Day of the catalogue, `YYYY-MM-DD`; default: the clock's. */
  readonly date?: string;
  /** Default 21. */
  readonly vatPercent?: number;
  readonly limits?: Partial<Limits>;
  readonly machines?: CreateMachineModels;
  /** Default: Hetzner's own. */
  readonly pace?: Pace;
  /** Time of the rate limit where it is not the world's. */
  readonly rateLimitNow?: () => number;
  /** Checks every reply against its wire schema and throws on a wrong one: for tests. */
  readonly checkResponses?: boolean;
  readonly catalogueAt?: CatalogueAt;
}

export interface Emulator {
  /** The API under any origin, paths from `/v1`; `/_emulator` beside it. Rejects with a TypeError where a reply is lost. */
  fetch(request: Request, options?: FetchOptions): Promise<Response>;
  readonly world: World;
  readonly clock: Clock;
  readonly faults: FaultBook;
  readonly rateLimit: RateLimit;
  readonly machines: MachineModels | undefined;
  /** Every request so far, oldest first: for tests of politeness. */
  readonly requests: readonly RequestRecord[];
  /** A token that may write. */
  readonly token: string;
  /** Lets everything land that is due by now. */
  settle(): void;
  /** Whether something would land by now. */
  isDue(): boolean;
}

/** The emulated Hetzner Cloud: one closure, no globals. */
export const createEmulator = (options: EmulatorOptions = {}): Emulator => {
  const clock = options.clock ?? createVirtualClock();
  const seed = options.seed ?? 1;
  const world = createWorld({
    date: options.date ?? isoOf(clock.now()).slice(0, 10),
    vatPercent: options.vatPercent ?? 21,
    seed,
    tokens: options.tokens ?? [{ token: testToken, write: true }],
    catalogueAt: options.catalogueAt ?? realCatalogueAt,
  });
  if (options.world !== undefined) world.restore(options.world);

  let moment: number | undefined;
  const now = (): number => moment ?? clock.now();
  const faults = createFaultBook(options.faults, options.drawnFaults);
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const random = randomness(world.state);
  const machines = options.machines?.({ world, clock, random });
  const pace = options.pace ?? hetznerPace;
  const actions = createActions({
    world,
    now,
    scale: pace.scale,
    at: (ms) => {
      moment = ms;
    },
    kit: (): Kit => kit,
    runEffect: effectRunner(allEffects),
    faultOf: (command): ActionFault | undefined => faults.onAction(command),
  });
  const kit: Kit = { world, actions, random, limits, machines, faults, pace, now, iso: () => isoOf(now()) };
  const rateLimit = createRateLimit(limits.requestsPerHour, options.rateLimitNow ?? (() => clock.now()));
  const requests: RequestRecord[] = [];
  const control = createControl({ world, clock, faults, rateLimit, requests, machines, actions });
  const fetch = createPipeline({
    kit,
    clock,
    faults,
    rateLimit,
    requests,
    control,
    findRoute: createFinder(allRoutes),
    checkResponses: options.checkResponses ?? false,
    correlation: randomness({ random: seed ^ 0x5eed }),
  });
  return {
    fetch,
    world,
    clock,
    faults,
    rateLimit,
    machines,
    requests,
    get token() {
      return world.state.tokens.find((token) => token.write)?.token ?? '';
    },
    settle: actions.settle,
    isDue: actions.isDue,
  };
};
