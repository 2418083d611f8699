import type { DesiredState } from '../domain/resource.ts';
import type { StateFile } from '../domain/statefile.ts';

/** One paged list each, of the whole project: ours, other environments', foreign. */
export const listedKinds = [
  'server',
  'network',
  'firewall',
  'placement-group',
  'load-balancer',
  'certificate',
  'ssh-key',
  'zone',
  'primary-ip',
  'volume',
] as const;
export type ListedKind = (typeof listedKinds)[number];

/**
 * Kinds of which something is wanted or remembered, for a look that only asks whether what there is is as it should be.
 * What is not listed counts as unseen: a plan from such a look makes and deletes nothing of those kinds.
 */
export const neededKinds = (desired: DesiredState, state: StateFile | null): readonly ListedKind[] => {
  const wanted = desired.resources.map(({ kind }) => kind);
  const remembered = Object.values(state?.resources ?? {}).map(({ kind }) => kind);
  const needed = new Set<string>(['server', ...wanted, ...remembered]);
  // Records are found through their zone.
  if (needed.has('rrset')) needed.add('zone');
  return listedKinds.filter((kind) => needed.has(kind));
};
