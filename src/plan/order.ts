import type { Address } from '../domain/address.ts';
import type { Step } from '../domain/plan.ts';
import { estimateMs } from './durations.ts';
import { referencesOf } from './references.ts';
import type { Draft, Verdict } from './verdict.ts';

/** The steps of one address, while they are being put in order. */
export interface Chain {
  readonly verdict: Verdict;
  readonly steps: MutableStep[];
  readonly tail: MutableStep[];
}
export interface MutableStep extends Omit<Step, 'dependsOn'> {
  readonly after: Set<string>;
}

/** Turns verdicts into chains of steps, each step after the one before; ids are unique in the plan. */
export const chainsOf = (verdicts: Iterable<Verdict>): Map<Address, Chain> => {
  const taken = new Map<string, number>();
  const chains = new Map<Address, Chain>();
  for (const verdict of verdicts) {
    if (verdict.action === 'blocked' || verdict.drafts.length === 0) continue;
    const steps = sequence(verdict.address, verdict.drafts, taken);
    chains.set(verdict.address, { verdict, steps, tail: sequence(verdict.address, verdict.tail ?? [], taken) });
  }
  return chains;
};

/** One after another; waits for other addresses stand beside one another, and what follows waits for all of them. */
const sequence = (address: Address, drafts: readonly Draft[], taken: Map<string, number>): MutableStep[] => {
  const steps: MutableStep[] = [];
  let before: string[] = [];
  for (const draft of drafts) {
    const elsewhere = draft.address !== undefined;
    const step = { ...stepOf(draft.address ?? address, draft, taken), after: new Set(elsewhere ? [] : before) };
    before = elsewhere ? [...before, step.id] : [step.id];
    steps.push(step);
  }
  return steps;
};

export const stepOf = (address: Address, draft: Draft, taken: Map<string, number>): Omit<Step, 'dependsOn'> => {
  const words = `${draft.verb} ${address}${draft.detail === undefined ? '' : ` (${draft.detail})`}`;
  const count = (taken.get(words) ?? 0) + 1;
  taken.set(words, count);
  return {
    id: count === 1 ? words : `${words} again ${count}`,
    address,
    effect: draft.effect,
    ...(draft.fingerprintAfter === undefined ? {} : { fingerprintAfter: draft.fingerprintAfter }),
    ...(draft.userDataFingerprintAfter === undefined
      ? {}
      : { userDataFingerprintAfter: draft.userDataFingerprintAfter }),
    estimateMs: estimateMs(draft.effect),
  };
};

export const firstOf = ({ steps }: Chain): MutableStep | undefined => steps[0];
export const lastOf = ({ steps }: Chain): MutableStep | undefined => steps.at(-1);

/** The step after which others can refer to the thing: its creation, else the end of its chain. */
const bornAt = (chain: Chain): MutableStep | undefined =>
  chain.steps.find(({ effect }) => effect.port === 'cloud' && effect.op === 'create') ?? lastOf(chain);

/** Things come after what they refer to and depend on. */
export const linkDependencies = (chains: ReadonlyMap<Address, Chain>): void => {
  for (const chain of chains.values()) {
    const { want, address: own } = chain.verdict;
    // Waiting for another address's boot comes after what is done to it, such as giving it its name back.
    for (const step of chain.steps) {
      const other = step.address === own ? undefined : chains.get(step.address);
      after(step, other === undefined ? undefined : lastOf(other));
    }
    const first = firstOf(chain);
    if (want === undefined || first === undefined) continue;
    for (const address of referencesOf(want)) link(first, chains.get(address), bornAt);
    for (const address of want.dependsOn) {
      // Members are told by name: a server that gets its name back is asked for afterwards.
      if (want.kind === 'cluster') after(first, lastOfOwn(chains.get(address)));
      else link(first, chains.get(address), lastOf);
    }
  }
};

const lastOfOwn = (chain: Chain | undefined): MutableStep | undefined => chain && lastOf(chain);

/** Labels, names, protection and bookkeeping change nothing that others build on, so nobody waits for them. */
const aside: readonly string[] = ['set-labels', 'rename', 'set-protection'];
const matters = ({ effect }: MutableStep): boolean =>
  effect.port !== 'state' && !(effect.port === 'cloud' && effect.op === 'change' && aside.includes(effect.change.op));

const link = (step: MutableStep, on: Chain | undefined, which: (chain: Chain) => MutableStep | undefined): void => {
  const before = on === undefined || !on.steps.some(matters) ? undefined : which(on);
  if (before !== undefined && before.id !== step.id) step.after.add(before.id);
};

export const after = (step: MutableStep, before: MutableStep | undefined): void => {
  if (before !== undefined && before.id !== step.id) step.after.add(before.id);
};

/** Steps in an order in which every dependency stands before its dependants: Kahn's algorithm, first come first served. */
export const sorted = (steps: readonly MutableStep[]): Step[] => {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const waiting = new Map(steps.map((step) => [step.id, step.after.size]));
  const dependants = new Map<string, string[]>();
  for (const step of steps)
    for (const id of step.after) {
      if (!byId.has(id)) throw new Error(`step ${step.id} waits for ${id}, which is not in the plan`);
      const list = dependants.get(id);
      if (list === undefined) dependants.set(id, [step.id]);
      else list.push(step.id);
    }
  const ready = steps.filter((step) => step.after.size === 0);
  for (let at = 0; at < ready.length; at += 1)
    for (const id of dependants.get(ready[at]?.id ?? '') ?? []) {
      const left = (waiting.get(id) ?? 0) - 1;
      waiting.set(id, left);
      const step = byId.get(id);
      if (left === 0 && step !== undefined) ready.push(step);
    }
  if (ready.length !== steps.length) {
    const stuck = steps.filter((step) => (waiting.get(step.id) ?? 0) > 0).map((step) => step.id);
    throw new Error(`steps wait for one another: ${stuck.slice(0, 5).join(', ')}`);
  }
  return ready.map(({ after: dependsOn, ...step }) => ({ ...step, dependsOn: [...dependsOn] }));
};
