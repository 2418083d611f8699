import type { AnyObservedItem } from '../domain/observation.ts';
import { type OwnershipBasis, ownershipOf } from '../domain/ownership.ts';
import type { MachineTarget } from '../ports/machines.ts';

/** The servers of this environment that could answer now: ours, running, and in the environment's own network. */
export const machineTargets = (items: readonly AnyObservedItem[], basis: OwnershipBasis): readonly MachineTarget[] => {
  const ours = items.filter((item) => ownershipOf(item, basis).ownership === 'ours');
  const networks = new Set(ours.filter(({ kind }) => kind === 'network').map(({ id }) => id));
  return ours.flatMap((item) => {
    if (item.kind !== 'server' || item.facts.status !== 'running') return [];
    const attached = item.facts.networks.find(({ networkId }) => networks.has(networkId)) ?? item.facts.networks[0];
    return attached === undefined ? [] : [{ name: item.name, privateIp: attached.ip, publicIp: item.facts.ipv4 }];
  });
};
