import { labelNames } from '../domain/labels.ts';
import type { ObservedItem } from '../domain/observation.ts';
import type { CloudChange, Reason } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { Planning } from './context.ts';
import { because, reason, wipesOf, wipesOfRebuild } from './describe.ts';
import { labelsOf } from './diff/labels.ts';
import { diffServer, type ServerDifference } from './diff/server.ts';
import { bootDraft, changeDraft, createDrafts, deleteDraft, marked } from './lifecycle.ts';
import { nameAndLabels } from './names.ts';
import { mayNotReplace } from './protection.ts';
import type { Difference, Draft, Verdict } from './verdict.ts';

type Plain = Pick<Verdict, 'address' | 'kind' | 'name' | 'drafts' | 'disruption' | 'want' | 'have'>;
type Memory = { readonly reasons: readonly Reason[]; readonly drafts: readonly Draft[] } | undefined;

/** A server that has to be ordered, on the first rung that can be had. */
export const newServer = (
  planning: Planning,
  want: Resource<'server'>,
  plain: Plain,
  reasons: readonly Reason[],
): Verdict => {
  const allocation = planning.allocationOf(want.address);
  if (!allocation.ok)
    return { ...plain, action: 'blocked', reasons: [...reasons, ...allocation.reasons], next: allocation.next };
  for (const notice of allocation.notices) planning.notices.add(notice);
  const { placement } = allocation;
  return {
    ...plain,
    action: 'create',
    reasons: [...reasons, ...allocation.reasons],
    placement,
    drafts: marked(createDrafts(want, planning.sight, planning.run, placement), want.fingerprint),
  };
};

/** A server that exists: kept, changed in place, rebuilt in place, or as the last resort replaced. */
export const judgeServer = (
  planning: Planning,
  want: Resource<'server'>,
  item: ObservedItem<'server'>,
  plain: Plain,
  memory: Memory,
): Verdict => {
  const labels = nameAndLabels(planning, want, item);
  const wiped = planning.rebuild.has(want.address) ? [reason('rebuild', because.rebuildAsked)] : [];
  const difference = diffServer(want, item, planning.sight, planning.world.remembered.get(want.address), wiped);
  const asked = planning.replace.has(want.address) ? [reason('replace', because.replaceAsked)] : [];
  const reasons = [...(memory?.reasons ?? []), ...labels.reasons, ...asked, ...difference.reasons];
  if (labels.blockedNext !== undefined) return { ...plain, action: 'blocked', reasons, next: labels.blockedNext };
  if (asked.length > 0 || difference.need === 'replace') return replaceServer(planning, want, item, plain, reasons);
  const next = difference.blockedNext ?? noRung(planning, want, item, reasons);
  if (next !== undefined) return { ...plain, action: 'blocked', reasons, next };
  return changeServer(planning, want, item, plain, { memory, labels, difference, reasons });
};

/** A type outside the ladder has to change, so one of the ladder has to be in stock where the server stands. */
const noRung = (
  planning: Planning,
  want: Resource<'server'>,
  { facts }: ObservedItem<'server'>,
  reasons: Reason[],
): string | undefined => {
  if (want.spec.types.includes(facts.type)) return undefined;
  const allocation = planning.allocationOf(want.address, facts.location);
  if (allocation.ok) {
    reasons.push(...allocation.reasons);
    return undefined;
  }
  reasons.push(reason('type', `${facts.type} is not in the ladder of types`, facts.type), ...allocation.reasons);
  return allocation.next;
};

const changeServer = (
  planning: Planning,
  want: Resource<'server'>,
  item: ObservedItem<'server'>,
  plain: Plain,
  found: {
    readonly memory: Memory;
    readonly labels: Difference;
    readonly difference: ServerDifference;
    readonly reasons: readonly Reason[];
  },
): Verdict => {
  const { memory, labels, difference } = found;
  const rebuilds = difference.need === 'rebuild';
  const reasons = [...found.reasons];
  if (difference.userDataLabelStale && labels.changes.length === 0)
    reasons.push(
      reason(
        'labels',
        'the label that names its user data is missing or old',
        item.labels['user-data'],
        want.spec.userDataFingerprint,
      ),
    );
  // The label that names the user data is set only after the rebuild: before, it would be a lie that a crash keeps.
  const allLabels = { op: 'set-labels', labels: labelsOf(want, item.labels['run'] ?? planning.run) } as const;
  const before = rebuilds || difference.userDataLabelStale ? renameOnly(labels, item) : labels.changes;
  const label = item.labels[labelNames.userData];
  const drafts: Draft[] = [
    ...(memory?.drafts ?? []).map((draft) =>
      label === undefined ? draft : { ...draft, userDataFingerprintAfter: label },
    ),
    ...before.map((change) => changeDraft('server', item.id, change)),
  ];
  if (!rebuilds && difference.userDataLabelStale) drafts.push(changeDraft('server', item.id, allLabels));
  for (const change of difference.changes) {
    const draft = changeDraft('server', item.id, change);
    if (change.op !== 'rebuild') drafts.push(draft);
    else
      drafts.push(
        { ...draft, userDataFingerprintAfter: want.spec.userDataFingerprint },
        changeDraft('server', item.id, allLabels),
      );
  }
  const changes = drafts.length > (memory?.drafts.length ?? 0);
  if (difference.boots) drafts.push(bootDraft(want));
  const restarts = difference.need === 'rebuild' || difference.need === 'restart';
  return {
    ...plain,
    action: rebuilds ? 'rebuild' : changes ? 'update' : memory === undefined ? 'keep' : 'adopt',
    reasons,
    ...(rebuilds ? { wipes: wipesOfRebuild(want.name) } : {}),
    drafts: marked(drafts, want.fingerprint),
    disruption: restarts ? 'restart' : 'none',
    placement: placementAfter(item, difference),
  };
};

const renameOnly = (labels: Difference, item: ObservedItem<'server'>): CloudChange[] =>
  labels.changes.flatMap((change) => (change.op === 'rename' ? [{ ...change, labels: item.labels }] : []));

const placementAfter = ({ facts }: ObservedItem<'server'>, { changes }: ServerDifference) => {
  const change = changes.find((one) => one.op === 'change-type');
  return { type: change?.op === 'change-type' ? change.type : facts.type, location: facts.location };
};

const replaceServer = (
  planning: Planning,
  want: Resource<'server'>,
  item: ObservedItem<'server'>,
  plain: Plain,
  reasons: readonly Reason[],
): Verdict => {
  const volumes = item.facts.volumeIds.map((id) => planning.sight.itemById('volume', id)?.name ?? id);
  const refusal = mayNotReplace(planning, want.address, item);
  if (refusal !== undefined)
    return { ...plain, action: 'blocked', reasons: [...reasons, refusal.reason], next: refusal.next };
  const fresh = newServer(planning, want, plain, reasons);
  if (fresh.action === 'blocked') return fresh;
  const wipes = wipesOf(item, volumes);
  return {
    ...fresh,
    action: 'replace',
    ...(wipes === undefined ? {} : { wipes }),
    drafts: [deleteDraft(item), ...fresh.drafts],
    disruption: 'restart',
  };
};
