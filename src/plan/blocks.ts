import type { Address } from '../domain/address.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { Reason } from '../domain/plan.ts';
import { healthyMembers } from './cluster.ts';
import type { Planning } from './context.ts';
import { reason } from './describe.ts';
import { dependenciesOf, referencesIn, referencesOf } from './references.ts';
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

/** What cannot be done without something that is blocked is blocked too; each pair is looked at once. */
export const propagateBlocks = (planning: Planning): void => {
  const dependants = new Map<Address, Address[]>();
  for (const { address, want } of planning.verdicts.values()) {
    if (want === undefined) continue;
    for (const needed of dependenciesOf(want)) {
      const list = dependants.get(needed);
      if (list === undefined) dependants.set(needed, [address]);
      else list.push(address);
    }
  }
  const members = healthyMembers(planning);
  const queue = [...planning.verdicts.values()].filter(isBlocked);
  for (let at = 0; at < queue.length; at += 1) {
    const blocked = queue[at];
    for (const address of dependants.get(blocked?.address ?? 'job/-') ?? []) {
      const verdict = planning.verdicts.get(address);
      if (blocked === undefined || verdict === undefined || verdict.drafts.length === 0) continue;
      if (!waitsFor(planning, verdict, blocked, members)) continue;
      const why = reason('depends', `it waits for ${blocked.address}, which is blocked`);
      block(planning, verdict, why, blocked.next ?? '');
      const now = planning.verdicts.get(address);
      if (now !== undefined) queue.push(now);
    }
  }
};

/**
 * Three ways to need another: a step names a value that only comes to be with it; a cluster needs its members up; what
 * does not exist yet needs what it is made on. A cluster with a leader takes jobs while one of its servers is missing.
 */
const waitsFor = (
  planning: Planning,
  verdict: Verdict,
  blocked: Verdict,
  members: ReadonlySet<string> | null,
): boolean => {
  if (unresolvedIn(verdict).has(blocked.address)) return true;
  if (verdict.kind === 'cluster') return !isUp(blocked.have, members);
  if (!makesNew(verdict)) return false;
  const { cluster } = planning.observation;
  if (blocked.kind === 'cluster') return !(cluster?.reachable === true && cluster.nomad.leader !== null);
  return blocked.have === undefined;
};

const isUp = (have: AnyObservedItem | undefined, members: ReadonlySet<string> | null): boolean =>
  have?.kind === 'server' && have.facts.status === 'running' && (members === null || members.has(have.name));

/** Addresses whose id or address a step of the verdict still has to be told. */
const unresolvedIn = ({ drafts }: Verdict): ReadonlySet<Address> => {
  const found = new Set<Address>();
  for (const { effect } of drafts) {
    if (effect.port !== 'cloud' || effect.op === 'delete') continue;
    if (effect.op === 'create') for (const address of referencesOf(effect.resource)) found.add(address);
    else for (const address of referencesIn(effect.change)) found.add(address);
  }
  return found;
};
