import type { CatalogueServerType } from '../domain/observation.ts';
import type { Placement } from '../domain/plan.ts';
import { retirementText } from './retired.ts';

/** What stands in the way of ordering this rung; undefined when nothing does. */
export const obstacle = (
  { type, location }: Placement,
  byName: ReadonlyMap<string, CatalogueServerType>,
  now: string,
): string | undefined => {
  const known = byName.get(type);
  if (known === undefined) return retirementText(type, now) ?? `Hetzner has no server type ${type}`;
  const there = known.locations.find((entry) => entry.name === location);
  const deprecation = there?.deprecation ?? known.deprecation;
  if (deprecation !== null && Date.parse(deprecation.unavailableAfter) <= Date.parse(now))
    return retirementText(type, now) ?? `${type} was retired on ${deprecation.unavailableAfter.slice(0, 10)}`;
  if (there === undefined) return `${type} is not offered in ${location}`;
  return there.available ? undefined : `${type} is sold out in ${location}`;
};
