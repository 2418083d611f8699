import type { ObservedItem } from '../../domain/observation.ts';
import type { Resource } from '../../domain/resource.ts';
import { because, reason } from '../describe.ts';
import type { Difference } from '../verdict.ts';
import { diffProtection } from './network.ts';

/** Fields: ttlSeconds, deleteProtection. Only for a zone that is ours; another's is used as it is. */
export const diffZone = (want: Resource<'zone'>, have: ObservedItem<'zone'>): Difference => {
  const protection = diffProtection(want.spec.deleteProtection, have.facts.deleteProtection);
  if (want.spec.ttlSeconds === have.facts.ttlSeconds) return protection;
  return {
    reasons: [
      reason('ttl', because.differs, `${have.facts.ttlSeconds} s`, `${want.spec.ttlSeconds} s`),
      ...protection.reasons,
    ],
    changes: [{ op: 'set-ttl', ttlSeconds: want.spec.ttlSeconds }, ...protection.changes],
  };
};
