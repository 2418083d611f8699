import { hostsOf } from '../domain/hosts.ts';
import type { Resource } from '../domain/resource.ts';
import { baseName, resource, soleAddress, type Wanted } from './context.ts';
import { zoneAddress } from './zone.ts';

/** Hetzner issues and renews it by DNS in the zone, so the zone comes first. */
export const certificate = (wanted: Wanted): Resource<'certificate'>[] => {
  const { environment } = wanted;
  if (environment.tls !== 'managed') return [];
  return [
    resource(wanted, {
      kind: 'certificate',
      address: soleAddress('certificate', environment),
      name: baseName(environment),
      spec: { type: 'managed', domains: hostsOf(environment) },
      dependsOn: environment.zone === undefined ? [] : [zoneAddress(environment.zone)],
    }),
  ];
};
