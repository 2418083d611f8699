import { NoPlaceError } from '../domain/errors.ts';
import type { Place, Places } from '../domain/places.ts';
import { isoNow } from '../ports/clock.ts';
import { changeShared, type SharedOptions, sharedState } from './change-shared.ts';
import type { LeaseHolder, LeaseStanding } from './lease-standing.ts';
import { readState } from './read.ts';
import { targetText } from './target-text.ts';

/** Which previews still have something in the cloud, by a look that began at `seenAt` (ISO 8601) and was complete. */
export interface Occupied {
  readonly environments: ReadonlySet<string>;
  readonly seenAt: string;
  /** Who holds, or held, the lease on an environment: one request, which takes nothing. */
  readonly standing: (environment: string) => Promise<LeaseStanding>;
  /** Takes a lease that ran out, and gives it back: its holder may only sleep, and must not renew it. False: it lives. */
  readonly end: (environment: string) => Promise<boolean>;
}

export interface Reservation {
  /** `pr-7`. */
  readonly environment: string;
  /** Id of the run, which holds the lease on the environment. */
  readonly run: string;
  readonly holder: LeaseHolder;
  /** Places there are. */
  readonly max: number;
  /** Where to raise it: `infra.yaml:12`. */
  readonly maxAt?: string;
  /** Lets places be freed whose environment is gone, should all be taken; left out: none is. */
  readonly occupied?: Occupied;
}

/**
 * Takes a place for a preview before anything of it is made. Asking again for the same environment is harmless: the
 * place is then taken over from the earlier run. Throws NoPlaceError when all places are taken.
 */
export const reservePlace = async (options: SharedOptions, wanted: Reservation): Promise<void> => {
  const { environment, run, holder, max } = wanted;
  await changeShared(options, {
    opens: false,
    decide: async (before) => {
      const { places = {} } = before;
      const own = places[environment];
      if (own?.run === run) return undefined;
      const kept = own !== undefined || countOf(places) < max ? places : await freed(places, wanted);
      if (own === undefined && countOf(kept) >= max) throw allTaken(kept, wanted);
      const at = own?.at ?? isoNow(options.clock);
      const taken: Place = { run, holder: `${holder.user}@${holder.host}`, at };
      return { ...before, places: { ...kept, [environment]: taken } };
    },
  });
};

/** Gives the place back after the last of the preview is gone. False: it had none. */
export const freePlace = async (options: SharedOptions, environment: string): Promise<boolean> => {
  let had = false;
  await changeShared(options, {
    opens: false,
    decide: (before) => {
      if (before.places?.[environment] === undefined) return undefined;
      had = true;
      const { [environment]: _freed, ...places } = before.places;
      return { ...before, places };
    },
  });
  return had;
};

/** Who has places now. */
export const readPlaces = async ({ store, project }: Pick<SharedOptions, 'store' | 'project'>): Promise<Places> =>
  (await readState(store, sharedState, project, null))?.state.places ?? {};

const countOf = (places: Places): number => Object.keys(places).length;

/** Enough of them for one more, those that have been taken longest first. */
const freed = async (places: Places, wanted: Reservation): Promise<Places> => {
  const left: Record<string, Place> = { ...places };
  const oldestFirst = Object.entries(places).sort(([, a], [, b]) => (a.at < b.at ? -1 : 1));
  for (const [environment] of oldestFirst) {
    if (countOf(left) < wanted.max) break;
    if (await isAbandoned(environment, wanted)) delete left[environment];
  }
  return left;
};

/**
 * A run died between its last delete and the freeing, or before its first create. A place that another run has just
 * taken looks the same in the cloud: so the environment's lease must have ended before anybody looked. A run that
 * begins after this question writes itself into the place, and this change is then made anew.
 */
const isAbandoned = async (environment: string, { occupied }: Reservation): Promise<boolean> => {
  if (occupied === undefined || occupied.environments.has(environment)) return false;
  const { standing, record } = await occupied.standing(environment);
  if (standing === 'held') return false;
  if (record === undefined) return true;
  if (Date.parse(record.expiresAt) >= Date.parse(occupied.seenAt)) return false;
  return record.released || occupied.end(environment);
};

/** Longest first, as that is where to look first. */
const allTaken = (places: Places, { environment, max, maxAt }: Reservation): NoPlaceError => {
  const holders = Object.entries(places).sort(([, a], [, b]) => (a.at < b.at ? -1 : 1));
  const named = holders.map(([name, { holder, at }]) => `${name} (${holder}, since ${at.slice(0, 10)})`).join(', ');
  const [first] = holders;
  const raise = `raise max at ${maxAt ?? 'infra.yaml'}`;
  return new NoPlaceError(
    `${environment} gets no place: ${max === 1 ? 'the one place of previews is' : `all ${max} places of previews are`} taken${named === '' ? '' : ` by ${named}`}`,
    {
      done: ['nothing was changed'],
      next: first === undefined ? raise : `reconcile destroy ${targetText(first[0])}, or ${raise}`,
    },
  );
};
