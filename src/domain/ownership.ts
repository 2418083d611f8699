import { type Address, isAddress } from './address.ts';
import { addressToLabel, labelNames, labelToAddress } from './labels.ts';
import type { AnyObservedItem, OwnedItem } from './observation.ts';
import type { StateFile } from './statefile.ts';

export interface OwnershipBasis {
  readonly project: string;
  readonly environment: string;
  /** Addresses that may exist: desired and remembered; needed to read an rrset's label back. */
  readonly known: readonly Address[];
  readonly state: StateFile | null;
}

/**
 * Ours is what has our labels, or whose id is in this environment's state with matching name and creation time
 * (design §6.1). A name alone never makes anything ours.
 */
export const ownershipOf = (item: AnyObservedItem, basis: OwnershipBasis): OwnedItem => {
  const { labels } = item;
  if (labels[labelNames.project] === basis.project) {
    const address = addressFromLabels(item, basis);
    const environment = labels[labelNames.environment];
    if (address !== undefined && environment === basis.environment)
      return { item, ownership: 'ours', address, by: 'labels' };
    if (address !== undefined && environment === 'shared') return { item, ownership: 'shared', address, by: 'labels' };
  }
  const remembered = rememberedAddress(item, basis.state);
  if (remembered !== undefined) return { item, ownership: 'ours', address: remembered, by: 'state' };
  if (labels[labelNames.project] === basis.project && labels[labelNames.environment] !== undefined)
    return { item, ownership: 'other-environment' };
  return { item, ownership: 'foreign' };
};

const addressFromLabels = (item: AnyObservedItem, basis: OwnershipBasis): Address | undefined => {
  const value = item.labels[labelNames.address];
  if (value === undefined) return undefined;
  const known = basis.known.find((address) => addressToLabel(address) === value);
  if (known !== undefined) return known;
  if (item.kind === 'rrset') {
    const address = `rrset/${item.facts.zone}/${item.facts.name}/${item.facts.type}`;
    return isAddress(address) ? address : undefined;
  }
  return labelToAddress(value);
};

const rememberedAddress = (item: AnyObservedItem, state: StateFile | null): Address | undefined => {
  if (state === null) return undefined;
  for (const [address, entry] of Object.entries(state.resources)) {
    if (entry.kind !== item.kind || entry.id !== item.id) continue;
    if (entry.name === item.name && entry.createdAt === item.createdAt && isAddress(address)) return address;
  }
  return undefined;
};
