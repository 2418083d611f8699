import type { CloudKind } from '../../domain/kinds.ts';
import type { Labels } from '../../domain/labels.ts';
import type { FactsByKind, ListPrice, ObservedItem } from '../../domain/observation.ts';
import type { TypePrice } from '../wire/pricing.ts';

interface Named {
  readonly id: number;
  readonly name: string;
  readonly labels: Labels;
  readonly created: string;
}

/** What every kind has in common; ids become text here and are numbers again only in `perform/`. */
export const itemOf = <K extends CloudKind>(
  kind: K,
  wire: Named,
  facts: FactsByKind[K],
  listPrice?: ListPrice,
): ObservedItem<K> => ({
  kind,
  id: String(wire.id),
  name: wire.name,
  labels: wire.labels,
  createdAt: isoOf(wire.created),
  facts,
  ...(listPrice === undefined ? {} : { listPrice }),
});

/** One spelling for one instant: it is compared with what the state file remembers. */
export const isoOf = (timestamp: string): string => {
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? timestamp : new Date(ms).toISOString();
};

export const idsOf = (ids: readonly number[]): readonly string[] => [...ids].sort((a, b) => a - b).map(String);

export const listPriceOf = ({
  price_monthly,
  price_hourly,
}: Pick<TypePrice, 'price_monthly' | 'price_hourly'>): ListPrice => ({
  monthlyNet: price_monthly.net,
  monthlyGross: price_monthly.gross,
  hourlyNet: price_hourly.net,
  hourlyGross: price_hourly.gross,
});

/** The price of a type where the object stands; undefined when the API no longer lists one there. */
export const priceAt = (prices: readonly TypePrice[], location: string): ListPrice | undefined => {
  const price = prices.find((entry) => entry.location === location);
  return price === undefined ? undefined : listPriceOf(price);
};
