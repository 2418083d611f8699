import type { Address } from '../domain/address.ts';
import type { AnyObservedItem, Catalogue } from '../domain/observation.ts';
import type { Placement } from '../domain/plan.ts';
import { isReference, type MaybeReference, type Reference } from '../domain/resource.ts';
import type { Remembered } from '../domain/statefile.ts';

/** What a diff may look at besides the two things it compares. */
export interface Sight {
  /** The present thing of ours behind an address; undefined when there is none, or when this plan makes a new one. */
  readonly standing: (address: Address) => AnyObservedItem | undefined;
  readonly itemById: (kind: string, id: string) => AnyObservedItem | undefined;
  readonly remembered: (address: Address) => Remembered | undefined;
  /** The rung a server of ours would get now; undefined when none can be had. */
  readonly placementOf: (address: Address) => Placement | undefined;
  readonly catalogue: Catalogue | null;
}

/** The value behind a reference where it is known while planning, else the reference itself. */
export const resolveReference = (reference: Reference, sight: Pick<Sight, 'standing'>): string | undefined => {
  const item = sight.standing(reference.ref);
  if (item === undefined) return undefined;
  if (reference.attribute === 'id') return item.id;
  if (item.kind !== 'server' && item.kind !== 'load-balancer') return undefined;
  return item.facts[reference.attribute] ?? undefined;
};

export const resolveId = (value: MaybeReference<number>, sight: Pick<Sight, 'standing'>): MaybeReference<number> => {
  if (!isReference(value)) return value;
  const id = resolveReference(value, sight);
  return id === undefined ? value : Number(id);
};

export const resolveText = (value: MaybeReference<string>, sight: Pick<Sight, 'standing'>): MaybeReference<string> =>
  isReference(value) ? (resolveReference(value, sight) ?? value) : value;

/** Ids as the facts spell them: text. Undefined while the thing does not exist. */
export const knownId = (value: MaybeReference<number>, sight: Pick<Sight, 'standing'>): string | undefined =>
  isReference(value) ? resolveReference(value, sight) : String(value);

export const nameOfId = (kind: string, id: string, sight: Pick<Sight, 'itemById'>): string =>
  sight.itemById(kind, id)?.name ?? `${kind} ${id}`;
