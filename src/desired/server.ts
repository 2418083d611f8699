import { type Address, addressOf } from '../domain/address.ts';
import type { Environment } from '../domain/environment.ts';
import { fingerprintOf } from '../domain/fingerprint.ts';
import { hostAt } from '../domain/ip.ts';
import { labelNames } from '../domain/labels.ts';
import type { Resource } from '../domain/resource.ts';
import type { ServerNode } from '../render/server-view.ts';
import { renderUserData } from '../render/user-data.ts';
import { baseName, reference, resource, soleAddress, type Wanted } from './context.ts';

export const serverAddress = (environment: Environment, number: number): Address =>
  addressOf('server', `${environment.name}-${number}`);

/** Names and private addresses of all servers are fixed: the user data of each names the others. */
export const serverNodes = (environment: Environment): readonly ServerNode[] => {
  const servers = Array.from({ length: environment.servers.count }, (_, index) => ({
    name: `${baseName(environment)}-${index + 1}`,
    privateIp: hostAt(environment.network.subnet, 11 + index),
  }));
  return servers.map((server, index) => ({ number: index + 1, ...server, servers }));
};

export const workerAddress = (environment: Environment, number: number): Address =>
  addressOf('server', `${environment.name}-worker-${number}`);

/** From .31 on: however many servers there are, no address changes. */
export const workerNodes = (environment: Environment): readonly ServerNode[] => {
  const servers = serverNodes(environment).map(({ name, privateIp }) => ({ name, privateIp }));
  const { count = 0, numbers } = environment.workers ?? {};
  return (numbers ?? Array.from({ length: count }, (_, index) => index + 1)).map((number) => ({
    number,
    role: 'worker' as const,
    name: `${baseName(environment)}-worker-${number}`,
    privateIp: hostAt(environment.network.subnet, 30 + number),
    servers,
  }));
};

export const servers = (wanted: Wanted): Resource<'server'>[] =>
  [...serverNodes(wanted.environment), ...workerNodes(wanted.environment)].map((node) => server(wanted, node));

const server = (wanted: Wanted, node: ServerNode): Resource<'server'> => {
  const { environment, assets, hash, gzip } = wanted;
  const { locations, image, publicIpv4, backups, count } = environment.servers;
  const isWorker = node.role === 'worker';
  const types = isWorker ? (environment.workers?.types ?? []) : environment.servers.types;
  const [network, firewall] = [soleAddress('network', environment), soleAddress('firewall', environment)];
  // A spread group holds ten servers: it is for those whose loss costs the quorum.
  const group = count > 1 && !isWorker ? soleAddress('placement-group', environment) : undefined;
  const { text: userData, plain } = renderUserData(environment, node, assets, gzip);
  const userDataFingerprint = fingerprintOf({ image, userData: plain }, hash);
  const spec = {
    types,
    locations,
    image,
    userData,
    userDataFingerprint,
    network: reference(network),
    privateIp: node.privateIp,
    firewalls: [reference(firewall)],
    ...(group !== undefined && { placementGroup: reference(group) }),
    sshKeys: environment.sshKeys,
    publicIpv4,
    publicIpv6: true,
    backups,
    deleteProtection: environment.protected,
  };
  const { userData: _text, ...fingerprintOver } = spec;
  return resource(wanted, {
    kind: 'server',
    address: (isWorker ? workerAddress : serverAddress)(environment, node.number),
    name: node.name,
    spec,
    labels: { [labelNames.userData]: userDataFingerprint },
    dependsOn: [network, firewall, ...(group === undefined ? [] : [group])],
    fingerprintOver,
  });
};
