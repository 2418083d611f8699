import { isAddress, localName } from '../domain/address.ts';
import { type DesiredState, isOfKind } from '../domain/resource.ts';
import type { StateFile } from '../domain/statefile.ts';

/** Names of the zones whose records matter: those that records are wanted in, and those remembered to hold ours. */
export const wantedZones = (desired: DesiredState, state: StateFile | null): readonly string[] => {
  const wanted = desired.resources.flatMap((resource) => {
    if (isOfKind(resource, 'rrset')) return [resource.spec.zone];
    return isOfKind(resource, 'zone') ? [resource.name] : [];
  });
  const remembered = Object.entries(state?.resources ?? {}).flatMap(([address, { kind }]) =>
    kind === 'rrset' && isAddress(address) ? [localName(address).split('/')[0] ?? ''] : [],
  );
  return [...new Set([...wanted, ...remembered])].filter((name) => name !== '').sort();
};
