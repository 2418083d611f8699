import type { Address } from '../domain/address.ts';
import type { Reason } from '../domain/plan.ts';
import { isOfKind } from '../domain/resource.ts';
import type { Planning } from './context.ts';
import { reason } from './describe.ts';
import { dependenciesOf, referencesOf } from './references.ts';
import { isBlocked, makesNew, type Verdict } from './verdict.ts';

/** Turns a verdict into a refusal; what it would have done stays visible in its reasons. */
export const block = (planning: Planning, verdict: Verdict, why: Reason, next: string): void => {
  const { wipes: _wipes, tail: _tail, placement: _placement, ...rest } = verdict;
  planning.verdicts.set(verdict.address, {
    ...rest,
    action: 'blocked',
    reasons: [...verdict.reasons, why],
    next,
    drafts: [],
    disruption: 'none',
  });
};

/** What waits for something that is blocked and not there is blocked too; at most once per dependency. */
export const propagateBlocks = (planning: Planning): void => {
  const dependants = new Map<Address, Verdict[]>();
  for (const verdict of planning.verdicts.values()) {
    if (verdict.want === undefined) continue;
    for (const address of dependenciesOf(verdict.want)) {
      const list = dependants.get(address);
      if (list === undefined) dependants.set(address, [verdict]);
      else list.push(verdict);
    }
  }
  const queue = [...planning.verdicts.values()].filter((verdict) => isBlocked(verdict) && !stands(planning, verdict));
  for (let at = 0; at < queue.length; at += 1) {
    const blocked = queue[at];
    if (blocked === undefined) continue;
    for (const { address } of dependants.get(blocked.address) ?? []) {
      const verdict = planning.verdicts.get(address);
      if (verdict === undefined || isBlocked(verdict) || verdict.drafts.length === 0) continue;
      if (!waitsFor(verdict, blocked.address)) continue;
      const why = reason('depends', `it waits for ${blocked.address}, which is blocked`);
      block(planning, verdict, why, blocked.next ?? '');
      const now = planning.verdicts.get(address);
      if (now !== undefined && !stands(planning, now)) queue.push(now);
    }
  }
};

/** A cluster with a leader takes jobs even while one of its servers cannot be had. */
const stands = (planning: Planning, verdict: Verdict): boolean =>
  verdict.kind === 'cluster' && verdict.want !== undefined && isOfKind(verdict.want, 'cluster')
    ? planning.observation.cluster?.reachable === true && planning.observation.cluster.nomad.leader !== null
    : verdict.have !== undefined;

const waitsFor = (verdict: Verdict, address: Address): boolean =>
  makesNew(verdict) ||
  verdict.kind === 'cluster' ||
  (verdict.want !== undefined && referencesOf(verdict.want).includes(address));
