import type { Resource } from '../domain/resource.ts';
import { baseName, resource, soleAddress, type Wanted } from './context.ts';

export const network = (wanted: Wanted): Resource<'network'> => {
  const { environment } = wanted;
  const { range, subnet, zone } = environment.network;
  return resource(wanted, {
    kind: 'network',
    address: soleAddress('network', environment),
    name: baseName(environment),
    spec: {
      range,
      subnets: [{ range: subnet, type: 'cloud', zone }],
      routes: [],
      deleteProtection: environment.protected,
    },
  });
};
