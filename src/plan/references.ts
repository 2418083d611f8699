import type { Address } from '../domain/address.ts';
import { type AnyResource, isReference } from '../domain/resource.ts';

/** Addresses whose value the spec needs: an id or an address that exists only once they do. */
export const referencesOf = (resource: AnyResource): readonly Address[] => {
  const values = valuesOf(resource);
  return values.flatMap((value) => (isReference(value) ? [value.ref] : []));
};

const valuesOf = (resource: AnyResource): readonly unknown[] => {
  switch (resource.kind) {
    case 'server': {
      const { network, firewalls, placementGroup, sshKeys } = resource.spec;
      return [network, ...firewalls, placementGroup, ...sshKeys];
    }
    case 'load-balancer':
      return [resource.spec.network, ...resource.spec.services.flatMap(({ http }) => http?.certificates ?? [])];
    case 'rrset':
      return resource.spec.records;
    default:
      return [];
  }
};

/** References anywhere in a value, such as a change of a load balancer's service. */
export const referencesIn = (value: unknown): Address[] => {
  if (isReference(value)) return [value.ref];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(referencesIn);
};

/** Everything that has to be there before: what the spec refers to, and what the resource says it depends on. */
export const dependenciesOf = (resource: AnyResource): ReadonlySet<Address> =>
  new Set([...resource.dependsOn, ...referencesOf(resource)]);
