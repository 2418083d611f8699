import { addressToLabel, labelNames } from '../domain/labels.ts';
import type { AnyObservedItem, ObservedItem } from '../domain/observation.ts';
import { type OwnershipBasis, ownershipOf } from '../domain/ownership.ts';
import { type DesiredState, isOfKind, type Resource } from '../domain/resource.ts';

/**
 * Whether something may have to be ordered, rebuilt or resized: then the plan needs to know what can be had, which costs
 * two more requests. Errs towards asking; a plan that changes nothing never asks.
 */
export const catalogueNeeded = (
  desired: DesiredState,
  items: readonly AnyObservedItem[],
  basis: OwnershipBasis,
): boolean => {
  const ours = items.flatMap((item) => {
    const owned = ownershipOf(item, basis);
    return item.kind === 'server' && owned.ownership === 'ours' ? [{ item, address: owned.address }] : [];
  });
  return desired.resources.some((resource) => {
    if (!isOfKind(resource, 'server')) return false;
    const found = ours.find(({ address }) => address === resource.address);
    return found === undefined || differs(resource, found.item, basis);
  });
};

const differs = (
  { address, spec }: Resource<'server'>,
  { facts, labels }: ObservedItem<'server'>,
  basis: OwnershipBasis,
) =>
  !spec.types.includes(facts.type) ||
  !spec.locations.includes(facts.location) ||
  facts.image !== spec.image ||
  // The label is the truth; the state stands in when the label was stripped.
  (labels[labelNames.userData] ?? basis.state?.resources[address]?.userDataFingerprint) !== spec.userDataFingerprint ||
  // A server that carries another's address will be looked at again by the planner.
  (labels[labelNames.address] ?? addressToLabel(address)) !== addressToLabel(address);
