import { labelNames } from '../domain/labels.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { AnyCloudResource, Reason } from '../domain/plan.ts';
import { type Planning, retiredLabel } from './context.ts';
import { wipesOf } from './describe.ts';
import { changeDraft, createDrafts, deleteDraft } from './lifecycle.ts';
import { mayNotReplace } from './protection.ts';
import type { Verdict } from './verdict.ts';

type Plain = Pick<Verdict, 'address' | 'kind' | 'name' | 'drafts' | 'disruption' | 'want' | 'have'>;

/** Kinds that others hold on to: deleting one while it is used fails, or cuts off what uses it. */
const heldByOthers: readonly string[] = ['network', 'firewall', 'placement-group', 'zone'];

/** Delete and make anew, for everything but servers (servers.ts). */
export const replaceVerdict = (
  planning: Planning,
  want: AnyCloudResource,
  item: AnyObservedItem,
  plain: Plain,
  reasons: readonly Reason[],
): Verdict => {
  const refusal = mayNotReplace(planning, want.address, item);
  if (refusal !== undefined)
    return { ...plain, action: 'blocked', reasons: [...reasons, refusal.reason], next: refusal.next };
  if (heldByOthers.includes(want.kind) && isUsed(item))
    return {
      ...plain,
      action: 'blocked',
      reasons,
      next: `servers use this ${want.kind}: destroy the environment and create it anew`,
    };
  const wipes = wipesOf(item, []);
  const create = createDrafts(want, planning.sight, planning.run, undefined);
  const verdict = { ...plain, action: 'replace', reasons, ...(wipes === undefined ? {} : { wipes }) } as const;
  if (item.kind === 'certificate')
    return { ...verdict, drafts: [retireDraft(item), ...create], tail: [deleteDraft(item)] };
  return { ...verdict, drafts: [deleteDraft(item), ...create] };
};

/**
 * A certificate in use can't be deleted and its name can't be had twice. So the old one makes room: it is renamed and
 * marked, the new one is issued under the usual name, the load balancer is switched over, and then the old one goes. A
 * run killed in between leaves a marked certificate, which the next plan deletes as an extra.
 */
const retireDraft = (item: AnyObservedItem) =>
  changeDraft('certificate', item.id, {
    op: 'rename',
    name: `${item.name}-retired-${item.id}`,
    labels: { ...item.labels, [retiredLabel]: 'true', [labelNames.run]: item.labels[labelNames.run] ?? '' },
  });

const isUsed = (item: AnyObservedItem): boolean => {
  switch (item.kind) {
    case 'network':
    case 'firewall':
    case 'placement-group':
      return item.facts.serverIds.length > 0;
    default:
      return item.kind === 'zone';
  }
};
