import type { AnyCloudResource, Placement } from '../../../src/domain/plan.ts';
import { isReference, type MaybeReference } from '../../../src/domain/resource.ts';
import type { Resolve, Thing } from './things.ts';

/** References to values, of things that exist. */
export interface Resolving {
  readonly id: (value: MaybeReference<number>) => string;
  readonly text: (value: MaybeReference<string>) => string;
  readonly things: Map<string, Thing>;
}

export const resolving = (resolve: Resolve, things: Map<string, Thing>): Resolving => ({
  id: (value) => (isReference(value) ? resolve(value) : String(value)),
  text: (value) => (isReference(value) ? resolve(value) : value),
  things,
});

// biome-ignore lint/suspicious/noExplicitAny: the spec of a service with its certificates as numbers
export const serviceFacts = (service: any, { id }: Pick<Resolving, 'id'>) =>
  service.http === undefined
    ? service
    : {
        ...service,
        http: {
          ...service.http,
          certificates: service.http.certificates.map((one: MaybeReference<number>) => Number(id(one))),
        },
      };

/** What is shown of a thing that was just made. */
export const factsOf = (
  resource: AnyCloudResource,
  newId: string,
  placement: Placement | undefined,
  resolve: Resolving,
): unknown => {
  const { id, text } = resolve;
  const n = Number(newId) % 250;
  switch (resource.kind) {
    case 'ssh-key':
      return { publicKey: resource.spec.publicKey, fingerprint: 'ff' };
    case 'network': {
      const { range, subnets, routes } = resource.spec;
      return { range, subnets: [...subnets], routes: [...routes], deleteProtection: false };
    }
    case 'firewall':
      return { rules: resource.spec.rules, labelSelectors: [] };
    case 'placement-group':
      return { type: 'spread' };
    case 'certificate': {
      const domains = [...resource.spec.domains].sort();
      return { type: 'managed', domains, issuance: 'completed', error: null, notValidAfter: null };
    }
    case 'zone':
      return { ttlSeconds: resource.spec.ttlSeconds, deleteProtection: false, recordCount: 4 };
    case 'rrset': {
      const { zone, name, type, ttlSeconds, records } = resource.spec;
      return { zone, name, type, ttlSeconds, records: records.map(text).sort(), changeProtection: false };
    }
    case 'load-balancer': {
      const { type, location, algorithm, services, publicInterface } = resource.spec;
      return {
        ...{ type, location, algorithm, publicInterface },
        // In no network and without targets: both are steps of their own, as for a server.
        ...{ networks: [], targets: [], targetHealth: [] },
        ...{ ipv4: `203.0.113.${n}`, ipv6: `2001:db8::${n}`, deleteProtection: false },
        services: services.map((service) => serviceFacts(service, resolve)),
      };
    }
    case 'server': {
      const { image, firewalls, placementGroup, publicIpv4, publicIpv6 } = resource.spec;
      return {
        ...placement,
        image,
        status: 'off',
        architecture: placement?.type.startsWith('cax') ? 'arm' : 'x86',
        networks: [],
        firewallIds: firewalls.map(id),
        placementGroupId: placementGroup === undefined ? null : id(placementGroup),
        ipv4: publicIpv4 ? `198.51.100.${n}` : null,
        ipv6: publicIpv6 ? `2001:db8:1::${n}` : null,
        ...{ backups: false, deleteProtection: false, rebuildProtection: false, locked: false, volumeIds: [] },
      };
    }
  }
};
