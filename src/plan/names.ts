import type { AnyObservedItem } from '../domain/observation.ts';
import type { AnyCloudResource } from '../domain/plan.ts';
import type { Planning } from './context.ts';
import { because, reason } from './describe.ts';
import { diffLabels } from './diff/labels.ts';
import type { Difference } from './verdict.ts';
import { nameKey } from './world.ts';

/**
 * Names are how a lost reply is settled, so an object of ours that was renamed gets its name back. One request carries
 * name and labels. Zones and rrsets are their names and cannot be renamed.
 */
export const nameAndLabels = (planning: Planning, want: AnyCloudResource, item: AnyObservedItem): Difference => {
  const labels = labelsDifference(planning, want, item);
  if (want.name === item.name || want.kind === 'rrset' || want.kind === 'zone') return labels;
  const reasons = [reason('name', because.differs, item.name, want.name), ...labels.reasons];
  const holder = planning.world.othersByName.get(nameKey(want.kind, want.name));
  if (holder !== undefined)
    return {
      reasons: [...reasons, reason('name', `another ${want.kind} (id ${holder.item.id}), not ours, took that name`)],
      changes: [],
      blockedNext: `hcloud ${want.kind} update ${holder.item.id} --name ${want.name}-other`,
    };
  const [change] = labels.changes;
  return {
    reasons,
    changes: [{ op: 'rename', name: want.name, labels: change?.op === 'set-labels' ? change.labels : item.labels }],
  };
};

/** A thing handed over has no labels of ours yet, and nothing was changed behind our back. */
const labelsDifference = (planning: Planning, want: AnyCloudResource, item: AnyObservedItem): Difference => {
  const difference = diffLabels(want, item, planning.run);
  if (planning.standing.has(want.address)) return difference;
  return { ...difference, reasons: difference.reasons.map((one) => ({ ...one, because: because.labelled })) };
};
