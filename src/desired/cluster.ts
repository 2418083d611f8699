import type { Resource } from '../domain/resource.ts';
import type { ServerNode } from '../render/server-view.ts';
import { baseName, resource, soleAddress, type Wanted } from './context.ts';
import { serverAddress, serverNodes, workerAddress, workerNodes } from './server.ts';
import { zoneAddress } from './zone.ts';

export const cluster = (wanted: Wanted): Resource<'cluster'> => {
  const { environment } = wanted;
  const member = (address: typeof serverAddress) => (node: ServerNode) => ({
    address: address(environment, node.number),
    name: node.name,
    privateIp: node.privateIp,
  });
  const servers = serverNodes(environment).map(member(serverAddress));
  const workers = workerNodes(environment).map(member(workerAddress));
  return resource(wanted, {
    kind: 'cluster',
    address: soleAddress('cluster', environment),
    name: baseName(environment),
    spec: {
      servers,
      ...(workers.length === 0 ? {} : { workers }),
      nomadVersion: environment.versions.nomad,
      consulVersion: environment.versions.consul,
    },
    dependsOn: [
      ...[...servers, ...workers].map(({ address }) => address),
      // Its ingress gets a certificate that is proved in the zone.
      ...(environment.tls === 'acme-dns' && environment.zone !== undefined ? [zoneAddress(environment.zone)] : []),
    ],
  });
};
