import type { ObservedItem } from '../../domain/observation.ts';
import type { CloudChange, Reason } from '../../domain/plan.ts';
import type { Resource } from '../../domain/resource.ts';
import { because, listText, reason, recordText } from '../describe.ts';
import { resolveText, type Sight } from '../sight.ts';
import { type Difference, noDifference } from '../verdict.ts';

/** Fields: records (as a set: the API's order is not stable) and ttl, which have an action each. */
export const diffRrset = (
  want: Resource<'rrset'>,
  have: ObservedItem<'rrset'>,
  sight: Pick<Sight, 'standing'>,
): Difference => {
  const { ttlSeconds } = want.spec;
  const records = want.spec.records.map((record) => resolveText(record, sight));
  const [from, to] = [listText(have.facts.records), listText(records.map(recordText))];
  const reasons: Reason[] = [];
  const changes: CloudChange[] = [];
  if (from !== to) {
    reasons.push(reason('records', because.differs, from, to));
    changes.push({ op: 'set-records', records, ttlSeconds });
  }
  if (have.facts.ttlSeconds !== ttlSeconds) {
    const present = have.facts.ttlSeconds === null ? "the zone's" : `${have.facts.ttlSeconds} s`;
    reasons.push(reason('ttl', because.differs, present, `${ttlSeconds} s`));
    changes.push({ op: 'set-ttl', ttlSeconds });
  }
  if (reasons.length === 0) return noDifference;
  if (!have.facts.changeProtection) return { reasons, changes };
  return {
    reasons: [...reasons, reason('protection', 'the record set is protected against changes', 'on', 'off')],
    changes: [],
    blockedNext: `hcloud zone rrset disable-protection ${want.spec.zone} ${want.spec.name} ${want.spec.type} change`,
  };
};
