import type { Actions } from './actions.ts';
import type { Pace } from './durations.ts';
import type { FaultBook } from './faults.ts';
import type { Limits } from './limits.ts';
import type { MachineModels } from './machines/types.ts';
import type { Randomness } from './random.ts';
import type { World } from './world.ts';

/** What rules and effects work with. */
export interface Kit {
  readonly world: World;
  readonly actions: Actions;
  readonly random: Randomness;
  readonly limits: Limits;
  readonly faults: FaultBook;
  readonly pace: Pace;
  /** Undefined: no models behind the servers; health is `unknown`. */
  readonly machines: MachineModels | undefined;
  /** ms of the moment this happens: in effects, the end of their action. */
  now(): number;
  /** The same moment as Hetzner writes it: `2026-11-24T04:00:00+00:00`. */
  iso(): string;
}

/** One request, parsed and checked against its schema. Unknown keys of a body are gone from `body`. */
export interface Context<Body = undefined> extends Kit {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Body;
}

/** Whole seconds, offset `+00:00`, as the API's timestamps look. */
export const isoOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+00:00`;
