import type { AnyObservedItem, OwnedItem } from '../domain/observation.ts';
import type { AnyCloudResource } from '../domain/plan.ts';
import { adoptDraft } from './adopt.ts';
import type { Situation } from './classify.ts';
import { compare } from './compare.ts';
import type { Planning } from './context.ts';
import { because, reason } from './describe.ts';
import { firewallServers } from './diff/firewall-servers.ts';
import { foreignTargets } from './diff/load-balancer.ts';
import { changeDraft, marked } from './lifecycle.ts';
import { nameAndLabels } from './names.ts';
import { replaceVerdict } from './replace.ts';
import { judgeServer } from './servers.ts';
import type { Difference, Verdict } from './verdict.ts';

/** What every verdict on a situation begins with. */
export const base = ({ address, kind, want, have, remembered }: Situation) => ({
  address,
  kind,
  name: want?.name ?? have?.item.name ?? remembered?.name ?? address,
  drafts: [],
  disruption: 'none' as const,
  ...(want === undefined ? {} : { want }),
  ...(have === undefined ? {} : { have: have.item }),
});

/** Ours, or handed over: labels and bookkeeping first, then what the kind's diff says. */
export const judgePresent = (
  planning: Planning,
  situation: Situation,
  want: AnyCloudResource,
  { item }: OwnedItem,
): Verdict | undefined => {
  const memory = adoptDraft(planning, situation, item);
  const plain = { ...base(situation), have: item };
  if (want.kind === 'server' && item.kind === 'server') return judgeServer(planning, want, item, plain, memory);
  const difference = differenceOf(planning, want, item);
  const labels = nameAndLabels(planning, want, item);
  const reasons = [...(memory?.reasons ?? []), ...labels.reasons, ...difference.reasons];
  const next = labels.blockedNext ?? difference.blockedNext;
  if (next !== undefined) return { ...plain, action: 'blocked', reasons, next };
  if (planning.replace.has(situation.address)) reasons.push(reason('replace', because.replaceAsked));
  if (difference.replace === true || planning.replace.has(situation.address))
    return replaceVerdict(planning, want, item, plain, reasons);
  const changes = [...labels.changes, ...difference.changes].map((change) => changeDraft(want.kind, item.id, change));
  const drafts = [...(memory?.drafts ?? []), ...changes];
  const action = changes.length > 0 ? 'update' : memory === undefined ? 'keep' : 'adopt';
  return { ...plain, action, reasons, drafts: marked(drafts, want.fingerprint) };
};

const differenceOf = (planning: Planning, want: AnyCloudResource, item: AnyObservedItem): Difference => {
  const difference = compare(want, item, planning.sight);
  if (item.kind === 'load-balancer')
    for (const target of foreignTargets(item.facts))
      planning.notices.add(
        `${want.address} has the target ${target}, which infra.yaml does not name: it is left as it is`,
      );
  if (want.kind !== 'firewall' || item.kind !== 'firewall') return difference;
  const attached = firewallServers(planning, want, item);
  return {
    ...difference,
    reasons: [...difference.reasons, ...attached.reasons],
    changes: [...difference.changes, ...attached.changes],
  };
};
