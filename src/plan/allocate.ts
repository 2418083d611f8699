import type { Environment } from '../domain/environment.ts';
import type { Catalogue, CatalogueServerType } from '../domain/observation.ts';
import type { Placement, Reason } from '../domain/plan.ts';
import type { ServerSpec } from '../domain/resource.ts';
import { advice } from './advice.ts';
import { reason } from './describe.ts';
import { sourceText } from './sources.ts';
import { obstacle } from './stock.ts';

export type Allocation =
  | {
      readonly ok: true;
      readonly placement: Placement;
      /** Why it is not the first rung; empty when it is. */
      readonly reasons: readonly Reason[];
      readonly notices: readonly string[];
    }
  | { readonly ok: false; readonly reasons: readonly Reason[]; readonly next: string };

export interface AllocationInput {
  readonly spec: Pick<ServerSpec, 'types' | 'locations'>;
  /** Where this environment's servers already stand: its private network is fast only within one location. */
  readonly standing: string | undefined;
  /** Set when the server stays where it is, as for a change of type. */
  readonly fixed?: string;
  readonly catalogue: Catalogue | null;
  readonly environment: Environment;
  readonly now: string;
}

/**
 * The first rung of the ladders that can be ordered. The type counts more than the location: a bigger type costs money,
 * another location of the same network zone does not; but servers that exist pull the others to their location.
 */
export const allocate = (input: AllocationInput): Allocation => {
  const { catalogue, spec } = input;
  const rungs = rungsOf(input);
  const [first] = rungs;
  if (first === undefined)
    return { ok: false, reasons: [reason('types', 'the ladder has no rung')], next: placeOf(input) };
  if (catalogue === null)
    return {
      ok: true,
      placement: first,
      reasons: [],
      notices: ['the stock of server types was not asked for this plan; an order may still be refused as sold out'],
    };
  const byName = new Map(catalogue.serverTypes.map((type) => [type.name, type]));
  const chosen = rungs.find((rung) => obstacle(rung, byName, input.now) === undefined);
  if (chosen === undefined) return noneLeft(input, rungs, byName);
  const passed = spec.types.slice(0, spec.types.indexOf(chosen.type));
  const reasons = substitutions(input, chosen, passed, byName);
  const notice = `servers get ${chosen.type} in ${chosen.location}: ${reasons.map((one) => one.because).join('; ')}`;
  return { ok: true, placement: chosen, reasons, notices: reasons.length === 0 ? [] : [notice] };
};

const rungsOf = ({ spec, standing, fixed }: AllocationInput): Placement[] => {
  if (fixed !== undefined) return spec.types.map((type) => ({ type, location: fixed }));
  const near = standing !== undefined && spec.locations.includes(standing) ? [standing] : [];
  const far = spec.locations.filter((location) => !near.includes(location));
  return [near, far].flatMap((locations) =>
    spec.types.flatMap((type) => locations.map((location) => ({ type, location }))),
  );
};

/** A later rung is used only visibly: one reason for each ladder that was climbed. */
const substitutions = (
  input: AllocationInput,
  chosen: Placement,
  passed: readonly string[],
  byName: ReadonlyMap<string, CatalogueServerType>,
): Reason[] => {
  const { spec, now } = input;
  const places = input.fixed === undefined ? spec.locations : [input.fixed];
  const reasons: Reason[] = [];
  const [wanted] = spec.types;
  if (wanted !== undefined && wanted !== chosen.type) {
    const obstacles = passed.map((type) => summary(type, places, byName, now));
    reasons.push(reason('type', `${obstacles.join('; ')}; ${chosen.type} is the next rung`, wanted, chosen.type));
  }
  const [home] = spec.locations;
  if (input.fixed === undefined && home !== undefined && home !== chosen.location && input.standing !== chosen.location)
    reasons.push(
      reason(
        'location',
        obstacle({ type: chosen.type, location: home }, byName, now) ?? 'the servers stay together',
        home,
        chosen.location,
      ),
    );
  return reasons;
};

/** One sentence for a type over several locations. */
const summary = (
  type: string,
  locations: readonly string[],
  byName: ReadonlyMap<string, CatalogueServerType>,
  now: string,
): string => {
  const texts = new Set(locations.map((location) => obstacle({ type, location }, byName, now) ?? ''));
  texts.delete('');
  if (texts.size > 1 && [...texts].every((text) => text.startsWith(`${type} is sold out in `)))
    return `${type} is sold out in ${locations.join(', ')}`;
  return [...texts].join('; ') || `${type} is sold out where the other servers stand`;
};

const noneLeft = (
  input: AllocationInput,
  rungs: readonly Placement[],
  byName: ReadonlyMap<string, CatalogueServerType>,
): Allocation => {
  const { spec, now, fixed } = input;
  const places = fixed === undefined ? spec.locations : [fixed];
  const reasons = [...new Set(rungs.map((rung) => rung.type))].map((type) =>
    reason('types', summary(type, places, byName, now), type, undefined),
  );
  return { ok: false, reasons, next: advice(input, byName) };
};

const placeOf = ({ environment }: Pick<AllocationInput, 'environment'>): string =>
  sourceText(environment, 'servers.types');
