import type { CatalogueServerType } from '../domain/observation.ts';
import type { AllocationInput } from './allocate.ts';
import { retirements } from './retired.ts';
import { sourceText } from './sources.ts';
import { obstacle } from './stock.ts';

/** What to write instead, and where. */
export const advice = (input: AllocationInput, byName: ReadonlyMap<string, CatalogueServerType>): string => {
  const { spec, environment } = input;
  const successors = spec.types.map((type) => retirements[type]?.successor).filter((type) => type !== undefined);
  const places = input.fixed === undefined ? spec.locations : [input.fixed];
  const [architecture] = spec.types.map((type) => byName.get(type)?.architecture).filter((one) => one !== undefined);
  const inStock = [...byName.values()]
    .filter((type) => type.architecture === (architecture ?? 'x86'))
    .filter((type) =>
      places.some((location) => obstacle({ type: type.name, location }, byName, input.now) === undefined),
    )
    .sort((a, b) => priceOf(a, places) - priceOf(b, places) || a.memoryGb - b.memoryGb)
    .map((type) => type.name);
  const followers = successors.filter((type) => inStock.includes(type));
  const candidates = inStock.length === 0 ? successors : [...followers, ...inStock];
  const options = [...new Set(candidates)].filter((type) => !spec.types.includes(type)).slice(0, 3);
  const what = options.length === 0 ? 'other types or locations' : `for example types: [${options.join(', ')}]`;
  const stock = inStock.length === 0 ? '; nothing is in stock there now, so try again later or add locations' : '';
  return `write ${what} at ${sourceText(environment, 'servers.types')}${stock}`;
};

/** Only to put the cheapest first. */
const priceOf = ({ locations }: CatalogueServerType, places: readonly string[]): number =>
  Number(locations.find(({ name }) => places.includes(name))?.price.monthlyGross ?? Number.POSITIVE_INFINITY);
