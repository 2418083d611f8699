import type { Address } from '../domain/address.ts';
import { targetWords } from '../domain/environment.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import { isOfKind, type Resource } from '../domain/resource.ts';
import { type Allocation, allocate } from './allocate.ts';
import type { PlanInput } from './options.ts';
import type { Sight } from './sight.ts';
import { makesNew, type Verdict } from './verdict.ts';
import { indexWorld, type World } from './world.ts';

/** One planning run: the input, indexed, and the verdicts made so far (kinds come in the order of their references). */
export interface Planning extends PlanInput {
  readonly world: World;
  readonly sight: Sight;
  readonly verdicts: Map<Address, Verdict>;
  /** The object of ours that stands for each address; copies are left out. */
  readonly standing: ReadonlyMap<Address, AnyObservedItem>;
  readonly allocationOf: (address: Address, fixed?: string) => Allocation;
  readonly adopt: ReadonlySet<Address>;
  readonly replace: ReadonlySet<Address>;
  readonly rebuild: ReadonlySet<Address>;
  /** Sentences for the user that are no change; each once. */
  readonly notices: Set<string>;
  /** `production`, `pr 7`: for commands in advice. */
  readonly target: string;
}

export const startPlanning = (input: PlanInput): Planning => {
  const world = indexWorld(input);
  const verdicts = new Map<Address, Verdict>();
  const standing = new Map<Address, AnyObservedItem>();
  for (const [address, candidates] of world.ours) {
    const kept = keptOf(candidates, world.remembered.get(address)?.id);
    if (kept !== undefined) standing.set(address, kept);
  }
  const home = homeOf(input, standing);
  const allocationOf = (address: Address, fixed?: string): Allocation => {
    const want = world.wanted.get(address);
    if (want === undefined || !isOfKind(want, 'server')) throw new Error(`${address} is no wanted server`);
    return allocate({
      spec: (want as Resource<'server'>).spec,
      standing: home,
      ...(fixed === undefined ? {} : { fixed }),
      catalogue: input.observation.catalogue,
      environment: input.environment,
      now: input.now,
    });
  };
  const sight: Sight = {
    standing: (address) => {
      const verdict = verdicts.get(address);
      return verdict !== undefined && makesNew(verdict) ? undefined : (verdict?.have ?? standing.get(address));
    },
    itemById: (kind, id) => world.itemById.get(`${kind} ${id}`),
    remembered: (address) => world.remembered.get(address),
    placementOf: (address) => {
      const item = standing.get(address);
      const allocation = allocationOf(address, item?.kind === 'server' ? item.facts.location : undefined);
      return allocation.ok ? allocation.placement : undefined;
    },
    catalogue: input.observation.catalogue,
  };
  return {
    ...input,
    world,
    sight,
    verdicts,
    standing,
    allocationOf,
    adopt: new Set(input.options.adopt ?? []),
    replace: new Set(input.options.replace ?? []),
    rebuild: new Set(input.options.rebuild ?? []),
    notices: new Set(),
    target: targetWords(input.environment),
  };
};

/** Of several objects with one address the remembered one stays; the state lost, the oldest. Retired certificates never. */
export const keptOf = (
  candidates: readonly { readonly item: AnyObservedItem }[],
  rememberedId: string | undefined,
): AnyObservedItem | undefined => {
  const items = candidates.map(({ item }) => item).filter((item) => item.labels[retiredLabel] === undefined);
  const [oldest] = items.toSorted((a, b) =>
    a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : Number(a.id) - Number(b.id),
  );
  return items.find((item) => item.id === rememberedId) ?? oldest;
};

/** On a certificate that was renamed to make room for its successor (replace.ts). */
export const retiredLabel = 'retired';

/** Where most of this environment's servers stand; the first of them when they are even. */
const homeOf = (input: PlanInput, standing: ReadonlyMap<Address, AnyObservedItem>): string | undefined => {
  const counts = new Map<string, number>();
  for (const item of standing.values())
    if (item.kind === 'server' && input.environment.servers.locations.includes(item.facts.location))
      counts.set(item.facts.location, (counts.get(item.facts.location) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
};
