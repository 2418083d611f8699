import { shortImage } from '../domain/image-reference.ts';
import type { Placement } from '../domain/plan.ts';
import { type AnyResource, isReference } from '../domain/resource.ts';

/** What a thing is, in a few words beside its address: `cx23 in nbg1, debian-12, 10.0.1.11`. */
export const whatOf = (want: AnyResource, placement: Placement | undefined): string => {
  switch (want.kind) {
    case 'server': {
      const { type = want.spec.types[0], location = want.spec.locations[0] } = placement ?? {};
      return `${type} in ${location}, ${want.spec.image}, ${want.spec.privateIp}`;
    }
    case 'load-balancer':
      return `${want.spec.type} in ${want.spec.location}, ports ${want.spec.services.map((one) => one.listenPort).join(', ')}`;
    case 'network':
      return want.spec.range;
    case 'firewall':
      return `${want.spec.rules.length} rules`;
    case 'certificate':
      return want.spec.domains.join(', ');
    case 'rrset':
      return want.spec.records.map((one) => (isReference(one) ? `the ${one.attribute} of ${one.ref}` : one)).join(', ');
    case 'placement-group':
      return want.spec.type;
    case 'cluster':
      return `Nomad ${want.spec.nomadVersion}, Consul ${want.spec.consulVersion}`;
    case 'namespace':
      return `on the servers of ${want.spec.host}`;
    case 'job':
      return `${want.spec.count} of ${shortImage(String(want.spec.variables['image'] ?? want.name))}`;
    case 'zone':
      return 'shared by the environments';
    case 'ssh-key':
      return want.name;
  }
};
