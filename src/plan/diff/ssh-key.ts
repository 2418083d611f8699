import type { ObservedItem } from '../../domain/observation.ts';
import type { Resource } from '../../domain/resource.ts';
import { reason } from '../describe.ts';
import type { Difference } from '../verdict.ts';

/** Field: publicKey, without its comment, which Hetzner keeps but which means nothing. */
export const diffSshKey = (want: Resource<'ssh-key'>, have: ObservedItem<'ssh-key'>): Difference => {
  const [wanted, present] = [keyOnly(want.spec.publicKey), keyOnly(have.facts.publicKey)];
  return wanted === present
    ? { reasons: [], changes: [] }
    : { reasons: [reason('publicKey', 'a key is fixed at its creation', present, wanted)], changes: [], replace: true };
};

const keyOnly = (key: string): string => key.trim().split(/\s+/).slice(0, 2).join(' ');
