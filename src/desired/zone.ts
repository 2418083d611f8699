import { type Address, addressOf } from '../domain/address.ts';
import type { Resource } from '../domain/resource.ts';
import { resource, type Wanted } from './context.ts';

export const zoneAddress = (zone: string): Address => addressOf('zone', zone);

/** Shared by all environments of the project, so nothing in it may depend on the environment. */
export const zone = (wanted: Wanted): Resource<'zone'>[] => {
  const name = wanted.environment.zone;
  if (name === undefined) return [];
  return [
    resource(wanted, {
      kind: 'zone',
      address: zoneAddress(name),
      name,
      spec: { ttlSeconds: 3600, deleteProtection: false },
      scope: 'shared',
    }),
  ];
};
