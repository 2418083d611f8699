import type { Resource } from '../domain/resource.ts';
import { baseName, resource, soleAddress, type Wanted } from './context.ts';

/** Servers on different hosts; pointless, so absent, for a single one. */
export const placementGroup = (wanted: Wanted): Resource<'placement-group'>[] => {
  const { environment } = wanted;
  if (environment.servers.count === 1) return [];
  return [
    resource(wanted, {
      kind: 'placement-group',
      address: soleAddress('placement-group', environment),
      name: baseName(environment),
      spec: { type: 'spread' },
    }),
  ];
};
