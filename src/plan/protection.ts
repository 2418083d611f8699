import type { Address } from '../domain/address.ts';
import type { AnyObservedItem } from '../domain/observation.ts';
import type { Reason } from '../domain/plan.ts';
import type { Planning } from './context.ts';
import { reason } from './describe.ts';
import { sourceText } from './sources.ts';

export interface Refusal {
  readonly reason: Reason;
  readonly next: string;
}

/** Kinds that hold data or an address which the world knows; a certificate or a firewall can be made again. */
const precious = ['server', 'load-balancer', 'network', 'zone', 'volume', 'primary-ip'] as const;

/**
 * Whether a thing of ours may go. Two guards: `protected: true` in infra.yaml, and delete protection at Hetzner, which a
 * converge lifts once infra.yaml says `protected: false`. So destroying production takes an edit, a converge and a destroy.
 */
export const isProtected = (planning: Planning, item: AnyObservedItem): Refusal | undefined => {
  const { environment, target } = planning;
  const guarded = planning.intent === 'destroy' || (precious as readonly string[]).includes(item.kind);
  if (environment.protected && guarded)
    return {
      reason: reason('protected', `${environment.name} is protected: nothing in it is destroyed or replaced`, 'true'),
      next: `write protected: false at ${sourceText(environment, 'protected')}, then run: reconcile ${target}`,
    };
  if (!('deleteProtection' in item.facts) || !item.facts.deleteProtection) return undefined;
  const cli = `hcloud ${item.kind} disable-protection ${item.name} delete${item.kind === 'server' ? ' rebuild' : ''}`;
  const lifts = planning.intent === 'destroy' && planning.world.wanted.size > 0;
  return {
    reason: reason('deleteProtection', 'delete protection is on at Hetzner', 'on', 'off'),
    next: lifts ? `reconcile ${target} lifts it, as infra.yaml says protected: false; or: ${cli}` : cli,
  };
};

/** What was only just handed over is changed, never deleted: it is still its maker's who gives it away. */
const isHandedOver = ({ standing }: Planning, address: Address, item: AnyObservedItem): Refusal | undefined =>
  standing.has(address)
    ? undefined
    : {
        reason: reason('owner', 'it was handed over, but would have to be deleted and made anew, and it is not ours'),
        next: `hcloud ${item.kind} update ${item.id} --name ${item.name}-other`,
      };

/** Why a thing may not be deleted and made anew. */
export const mayNotReplace = (planning: Planning, address: Address, item: AnyObservedItem): Refusal | undefined =>
  isHandedOver(planning, address, item) ?? isProtected(planning, item);
