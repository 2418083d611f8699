import type { Address } from '../domain/address.ts';
import type { Kind } from '../domain/kinds.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { ChangeAction, CloudChange, Effect, Placement, Reason } from '../domain/plan.ts';
import type { AnyResource } from '../domain/resource.ts';

/** A step before `order.ts` has given it its unique id, its dependencies and its estimate. */
export interface Draft {
  /** First word of the step's id: `create`, `set-rules`. */
  readonly verb: string;
  /** Where it is not the verdict's own: the cluster's verdict waits for servers to boot. */
  readonly address?: Address;
  /** Further words of the id, where the same verb may come twice for one address. */
  readonly detail?: string;
  readonly effect: Effect;
  readonly fingerprintAfter?: string;
  readonly userDataFingerprintAfter?: string;
}

/** How a server's steps take it out of the cluster, which decides their order (order.ts). */
export type Disruption = 'none' | 'restart' | 'leave';

/** The verdict on one Address, with the steps that carry it out, one after another. */
export interface Verdict {
  readonly address: Address;
  readonly kind: Kind;
  readonly name: string;
  readonly action: ChangeAction;
  readonly reasons: readonly Reason[];
  readonly wipes?: string;
  readonly next?: string;
  readonly drafts: readonly Draft[];
  /** Steps that come once everything that uses the address has been switched over. */
  readonly tail?: readonly Draft[];
  readonly disruption: Disruption;
  readonly want?: AnyResource;
  readonly have?: AnyObservedItem;
  readonly placement?: Placement;
}

/** What `diff/<kind>.ts` found between what is wanted and what is there. No reasons: nothing differs. */
export interface Difference {
  readonly reasons: readonly Reason[];
  readonly changes: readonly CloudChange[];
  /** Cannot be changed in place: the thing has to be deleted and made anew. */
  readonly replace?: boolean;
  /** Cannot be changed by us at all: the way out, in words or as a command. */
  readonly blockedNext?: string;
}

export const noDifference: Difference = { reasons: [], changes: [] };

export const isBlocked = (verdict: Pick<Verdict, 'action'>): boolean => verdict.action === 'blocked';
/** Whether an object of its own will come out of this verdict, with an id that nobody knows yet. */
export const makesNew = (verdict: Pick<Verdict, 'action'>): boolean =>
  verdict.action === 'create' || verdict.action === 'replace';
