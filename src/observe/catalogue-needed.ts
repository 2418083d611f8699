import { labelNames } from '../domain/labels.ts';
import type { ObservedItem } from '../domain/observation.ts';
import { type DesiredState, isOfKind, type Resource } from '../domain/resource.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { OwnItem } from './own.ts';

/**
 * Whether something may have to be ordered, rebuilt or resized: then the plan needs to know what can be had, which costs
 * two more requests. Errs towards asking; a plan that changes nothing never asks.
 */
export const catalogueNeeded = (desired: DesiredState, own: readonly OwnItem[], state: StateFile | null): boolean => {
  const servers = new Map(
    own.flatMap(({ item, address }) => (item.kind === 'server' ? [[address, item] as const] : [])),
  );
  return desired.resources.some((resource) => {
    if (!isOfKind(resource, 'server')) return false;
    const found = servers.get(resource.address);
    return found === undefined || differs(resource, found, state);
  });
};

const differs = (
  { address, spec }: Resource<'server'>,
  { facts, labels }: ObservedItem<'server'>,
  state: StateFile | null,
): boolean =>
  !spec.types.includes(facts.type) ||
  !spec.locations.includes(facts.location) ||
  facts.image !== spec.image ||
  // The label is the truth; the state stands in when the label was stripped.
  (labels[labelNames.userData] ?? state?.resources[address]?.userDataFingerprint) !== spec.userDataFingerprint;
