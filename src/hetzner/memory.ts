import type { AnyObservedItem, Catalogue } from '../domain/observation.ts';

/**
 * What the replies of this process told and later requests need: it saves asking again, and is never evidence that
 * something still exists.
 */
export interface Memory {
  note(item: AnyObservedItem): void;
  /** Creation date of a zone, by name or id. */
  zone(nameOrId: string): { readonly name: string; readonly createdAt: string } | undefined;
  readonly zoneNames: readonly string[];
  architecture(serverId: string): 'x86' | 'arm' | undefined;
  /** The newest reading. */
  catalogue: Promise<Catalogue> | undefined;
}

export const createMemory = (): Memory => {
  const zones = new Map<string, { readonly name: string; readonly createdAt: string }>();
  const architectures = new Map<string, 'x86' | 'arm'>();
  return {
    note: (item) => {
      if (item.kind === 'server') architectures.set(item.id, item.facts.architecture);
      if (item.kind !== 'zone') return;
      const zone = { name: item.name, createdAt: item.createdAt };
      zones.set(item.id, zone).set(item.name, zone);
    },
    zone: (nameOrId) => zones.get(nameOrId),
    get zoneNames() {
      return [...new Set([...zones.values()].map(({ name }) => name))];
    },
    architecture: (serverId) => architectures.get(serverId),
    catalogue: undefined,
  };
};
