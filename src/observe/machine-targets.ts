import type { MachineTarget } from '../ports/machines.ts';
import type { OwnItem } from './own.ts';

/** The servers of this environment that could answer now: ours, running, and in a network, best in our own. */
export const machineTargets = (own: readonly OwnItem[]): readonly MachineTarget[] => {
  const networks = new Set(own.filter(({ item }) => item.kind === 'network').map(({ item }) => item.id));
  return own.flatMap(({ item }) => {
    if (item.kind !== 'server' || item.facts.status !== 'running') return [];
    const attached = item.facts.networks.find(({ networkId }) => networks.has(networkId)) ?? item.facts.networks[0];
    return attached === undefined ? [] : [{ name: item.name, privateIp: attached.ip, publicIp: item.facts.ipv4 }];
  });
};
