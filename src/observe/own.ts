import { type Address, isAddress } from '../domain/address.ts';
import { addressToLabel, labelNames } from '../domain/labels.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import { type OwnershipBasis, ownershipOf } from '../domain/ownership.ts';
import type { Remembered } from '../domain/statefile.ts';

export interface OwnItem {
  readonly item: AnyObservedItem;
  readonly address: Address;
}

/**
 * The things of this environment and what they stand for, by the rule of `ownershipOf`. Each is judged by the one known
 * address and the one remembered thing that can speak for it, so that the effort grows with the project and not with
 * its square.
 */
export const ownItems = (items: readonly AnyObservedItem[], basis: OwnershipBasis): readonly OwnItem[] => {
  const byLabel = new Map(basis.known.toReversed().map((address) => [addressToLabel(address), address]));
  const byId = new Map<string, readonly [Address, Remembered]>();
  for (const [address, entry] of Object.entries(basis.state?.resources ?? {}))
    if (isAddress(address)) byId.set(`${entry.kind} ${entry.id}`, [address, entry]);
  return items.flatMap((item) => {
    const known = byLabel.get(item.labels[labelNames.address] ?? '');
    const remembered = byId.get(`${item.kind} ${item.id}`);
    const { ownership, address } = ownershipOf(item, {
      project: basis.project,
      environment: basis.environment,
      known: known === undefined ? [] : [known],
      state: basis.state && {
        ...basis.state,
        resources: remembered === undefined ? {} : Object.fromEntries([remembered]),
      },
    });
    return ownership === 'ours' && address !== undefined ? [{ item, address }] : [];
  });
};
