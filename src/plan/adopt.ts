import type { AnyObservedItem } from '../domain/observation.ts';
import type { Reason } from '../domain/plan.ts';
import type { Situation } from './classify.ts';
import type { Planning } from './context.ts';
import { because, reason } from './describe.ts';
import type { Draft } from './verdict.ts';

/**
 * Bookkeeping for a thing that the state does not know, or knows under another id: it was handed over, its creation was
 * never recorded, or the state was lost. Shared things belong to no environment's state.
 */
export const adoptDraft = (
  planning: Planning,
  { remembered, have, shared, address }: Situation,
  item: AnyObservedItem,
): { readonly reasons: readonly Reason[]; readonly drafts: readonly Draft[] } | undefined => {
  if (shared || (have !== undefined && remembered?.id === item.id)) return undefined;
  const why = have === undefined && planning.adopt.has(address) ? because.adopted : because.unknownToState;
  return {
    reasons: [reason('state', why, remembered === undefined ? undefined : `id ${remembered.id}`, `id ${item.id}`)],
    drafts: [
      {
        verb: 'adopt',
        effect: {
          port: 'state',
          op: 'adopt',
          id: item.id,
          name: item.name,
          createdAt: item.createdAt,
          outputs: outputsOf(item),
        },
      },
    ],
  };
};

const outputsOf = (item: AnyObservedItem): Record<string, string> => {
  if (item.kind !== 'server' && item.kind !== 'load-balancer') return {};
  const { ipv4, ipv6 } = item.facts;
  return { ...(ipv4 === null ? {} : { ipv4 }), ...(ipv6 === null ? {} : { ipv6 }) };
};
