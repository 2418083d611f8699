import { type Address, isAddress } from '../domain/address.ts';
import { addressToLabel, labelNames } from '../domain/labels.ts';
import type { AnyObservedItem, OwnedItem } from '../domain/observation.ts';
import { ownershipOf } from '../domain/ownership.ts';
import type { AnyResource } from '../domain/resource.ts';
import type { Remembered, StateFile } from '../domain/statefile.ts';
import type { PlanInput } from './options.ts';

/** The observation, indexed once, so that every later question costs the same however large the project is. */
export interface World {
  readonly wanted: ReadonlyMap<Address, AnyResource>;
  readonly remembered: ReadonlyMap<Address, Remembered>;
  /** Ours and shared things by the address they stand for; more than one where a copy exists. */
  readonly ours: ReadonlyMap<Address, readonly OwnedItem[]>;
  /** Everything else, for collisions of names. */
  readonly othersByName: ReadonlyMap<string, OwnedItem>;
  readonly others: readonly OwnedItem[];
  readonly itemById: ReadonlyMap<string, AnyObservedItem>;
  /** The address of each thing of ours, copies included; key as in itemById. */
  readonly addressById: ReadonlyMap<string, Address>;
}

export const nameKey = (kind: string, name: string): string => `${kind} ${name}`;
const idKey = (item: { readonly kind: string; readonly id: string }): string => `${item.kind} ${item.id}`;

/** Names are unique per kind in a project; those of rrsets only within their zone. */
const uniqueName = (item: AnyObservedItem): string =>
  item.kind === 'rrset' ? `${item.facts.zone}/${item.facts.name}/${item.facts.type}` : item.name;
export const wantedName = (resource: AnyResource): string =>
  resource.kind === 'rrset' ? `${resource.spec.zone}/${resource.spec.name}/${resource.spec.type}` : resource.name;

export const indexWorld = ({ environment, desired, observation, state }: PlanInput): World => {
  const remembered = rememberedOf(state);
  const wanted = new Map(desired.resources.map((resource) => [resource.address, resource]));
  const owner = ownershipIndex(environment.project, environment.name, [...wanted.keys(), ...remembered.keys()], state);
  const ours = new Map<Address, OwnedItem[]>();
  const others: OwnedItem[] = [];
  const identify = identifier(desired.resources, observation.items, state);
  for (const item of observation.items) {
    const owned = identify(withPlausibleAddress(owner(item), environment.name, wanted, remembered));
    if (owned.address === undefined) others.push(owned);
    else ours.set(owned.address, [...(ours.get(owned.address) ?? []), owned]);
  }
  return {
    wanted,
    remembered,
    ours,
    others,
    othersByName: new Map(others.map((owned) => [nameKey(owned.item.kind, uniqueName(owned.item)), owned])),
    addressById: new Map(
      [...ours].flatMap(([address, items]) => items.map(({ item }) => [idKey(item), address] as const)),
    ),
    itemById: new Map(observation.items.map((item) => [idKey(item), item])),
  };
};

/**
 * What an address label says, somebody can have mistyped. The state knows better where it remembers the very object; and
 * without it a wanted name does, where the label names what nobody wants or what another object already stands for.
 * Otherwise a label typed wrong would get a member of the cluster deleted and ordered again under its own name.
 */
const identifier = (
  resources: readonly AnyResource[],
  items: readonly AnyObservedItem[],
  state: StateFile | null,
): ((owned: OwnedItem) => OwnedItem) => {
  const byMemory = new Map([...rememberedOf(state)].map(([address, entry]) => [idKey(entry), { address, entry }]));
  const byName = new Map(resources.map((resource) => [nameKey(resource.kind, wantedName(resource)), resource.address]));
  const labelled = new Map<string, number>();
  for (const { labels } of items) {
    const label = `${labels[labelNames.environment]} ${labels[labelNames.address]}`;
    labelled.set(label, (labelled.get(label) ?? 0) + 1);
  }
  const claims = (environment: string | undefined, address: Address): number =>
    labelled.get(`${environment} ${addressToLabel(address)}`) ?? 0;
  const wanted = new Set(resources.map(({ address }) => address));
  return (owned) => {
    const { item, address, ownership, by } = owned;
    if (ownership !== 'ours' || by !== 'labels' || address === undefined || item.kind === 'rrset') return owned;
    const known = byMemory.get(idKey(item));
    if (known?.entry.name === item.name && known.entry.createdAt === item.createdAt)
      return { ...owned, address: known.address };
    const named = byName.get(nameKey(item.kind, item.name));
    const environment = item.labels[labelNames.environment];
    if (named === undefined || named === address || claims(environment, named) > 0) return owned;
    return !wanted.has(address) || claims(environment, address) > 1 ? { ...owned, address: named } : owned;
  };
};

const rememberedOf = (state: StateFile | null): Map<Address, Remembered> => {
  const entries = Object.entries(state?.resources ?? {});
  return new Map(entries.filter((entry): entry is [Address, Remembered] => isAddress(entry[0])));
};

/**
 * `ownershipOf` of the domain, asked with only those addresses and state entries that can concern the item: the rule
 * stays in one place, and a thousand servers cost a thousand questions instead of a million.
 */
const ownershipIndex = (project: string, environment: string, known: readonly Address[], state: StateFile | null) => {
  const byLabel = new Map(known.map((address) => [addressToLabel(address), address]));
  const entriesById = new Map<string, [Address, Remembered]>();
  for (const [address, entry] of rememberedOf(state)) entriesById.set(idKey(entry), [address, entry]);
  return (item: AnyObservedItem): OwnedItem => {
    const labelled = byLabel.get(item.labels[labelNames.address] ?? '');
    const entry = entriesById.get(idKey(item));
    return ownershipOf(item, {
      project,
      environment,
      known: labelled === undefined ? [] : [labelled],
      state: state === null || entry === undefined ? null : { ...state, resources: { [entry[0]]: entry[1] } },
    });
  };
};

/**
 * Labels that name this environment and an address of another one, or of another kind, contradict each other: somebody
 * edited them. Such a thing is left alone, for a label typed wrong must not get another environment's server deleted.
 */
const withPlausibleAddress = (
  owned: OwnedItem,
  environment: string,
  wanted: ReadonlyMap<Address, unknown>,
  remembered: ReadonlyMap<Address, unknown>,
): OwnedItem => {
  const { address, item, ownership } = owned;
  if (address === undefined) return owned;
  const kind = address.slice(0, address.indexOf('/'));
  const local = address.slice(kind.length + 1);
  const plausible =
    kind === item.kind &&
    (ownership === 'shared' ||
      item.kind === 'rrset' ||
      wanted.has(address) ||
      remembered.has(address) ||
      local === environment ||
      local.startsWith(`${environment}-`));
  return plausible ? owned : { item, ownership: 'foreign' };
};
