import type { Resource } from '../domain/resource.ts';
import { baseName, resource, soleAddress, type Wanted } from './context.ts';
import { serverAddress, serverNodes } from './server.ts';

export const cluster = (wanted: Wanted): Resource<'cluster'> => {
  const { environment } = wanted;
  const servers = serverNodes(environment).map(({ number, name, privateIp }) => ({
    address: serverAddress(environment, number),
    name,
    privateIp,
  }));
  return resource(wanted, {
    kind: 'cluster',
    address: soleAddress('cluster', environment),
    name: baseName(environment),
    spec: {
      servers,
      nomadVersion: environment.versions.nomad,
      consulVersion: environment.versions.consul,
    },
    dependsOn: servers.map(({ address }) => address),
  });
};
