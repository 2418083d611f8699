import type { ObservedItem } from '../../domain/observation.ts';
import type { Resource } from '../../domain/resource.ts';
import { reason } from '../describe.ts';
import type { Difference } from '../verdict.ts';

/** Field: type. Which servers are in the group is a field of the servers. */
export const diffPlacementGroup = (
  want: Resource<'placement-group'>,
  have: ObservedItem<'placement-group'>,
): Difference =>
  want.spec.type === have.facts.type
    ? { reasons: [], changes: [] }
    : {
        reasons: [
          reason('type', 'the type of a placement group is fixed at its creation', have.facts.type, want.spec.type),
        ],
        changes: [],
        replace: true,
      };
