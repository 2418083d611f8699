import { createHash } from 'node:crypto';
import type { Server } from '../../hetzner/wire/servers.ts';
import { firewallsOf } from '../views.ts';
import type { World } from '../world.ts';
import type { ArchiveFile } from './archive.ts';
import { firewallText } from './firewall.ts';
import type { PublicSide, WorldNames } from './types.ts';

/** A private network of a server: the docker network, the engine's address on it, the real one, the whole range. */
export interface Place {
  readonly wire: string;
  readonly engineAddress: string;
  readonly address: string;
  readonly range: string;
}
/** What one machine's surroundings are, besides its disk. */
export interface Surroundings {
  readonly publicIp: string | null;
  readonly places: readonly Place[];
  /** Text of its firewalls. */
  readonly firewall: string;
  readonly volumes: string;
}

export const publicIpOf = (world: World, serverId: number): string | null =>
  world.primaryIps.all().find((ip) => ip.assignee_id === serverId && ip.type === 'ipv4')?.ip ?? null;

/** `engineAddress` chooses the engine's address on a wire. */
export const surroundingsOf = (
  world: World,
  server: Server,
  names: WorldNames,
  engineAddress: (wire: string) => string,
): Surroundings => {
  const firewalls = firewallsOf(world, server).flatMap((id) => world.firewalls.get(id) ?? []);
  const rules = firewalls.length === 0 ? undefined : firewalls.flatMap((firewall) => firewall.rules);
  return {
    publicIp: publicIpOf(world, server.id),
    places: server.private_net.flatMap(({ network, ip }) => {
      const row = network == null ? undefined : world.networks.get(network);
      if (row === undefined || ip == null) return [];
      const wire = names.wire(row.id);
      return [{ wire, engineAddress: engineAddress(wire), address: ip, range: row.ip_range }];
    }),
    firewall: firewallText(rules),
    volumes: volumesText(world.volumes.all().map((volume) => ({ id: volume.id, isHere: volume.server === server.id }))),
  };
};

/** Which volumes are mounted here, and which others there are: the content of all others is removed. */
export const volumesText = (volumes: readonly { readonly id: number; readonly isHere: boolean }[]): string =>
  volumes.map(({ id, isHere }) => `${isHere ? 'attached' : 'kept'} ${id}\n`).join('');

/** The file that docker/machine/apply reads. `dns`: the host's name servers, where a container reaches them. */
export const networkText = (
  { publicIp, places }: Pick<Surroundings, 'publicIp' | 'places'>,
  side: PublicSide,
  dns: readonly string[],
): string =>
  [
    ...(publicIp === null ? [] : [`public ${publicIp} ${side.gateway}`, `metadata ${side.services}`]),
    ...places.map(({ engineAddress, address, range }) => `wire ${engineAddress} ${address} ${range}`),
    ...dns.slice(0, 1).map((address) => `dns ${address}`),
    '',
  ].join('\n');

/** Files of /etc/emulated; `prefix` is put before their names. */
export const insideFiles = (
  surroundings: Surroundings,
  side: PublicSide,
  dns: readonly string[],
  prefix = '',
): ArchiveFile[] =>
  [
    { path: 'network', content: networkText(surroundings, side, dns) },
    { path: 'firewall.nft', content: surroundings.firewall },
    { path: 'volumes', content: surroundings.volumes },
  ].map((file) => ({ ...file, path: `${prefix}${file.path}`, mode: 0o600 }));

export const hashOf = (files: readonly ArchiveFile[]): string => {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(`${path}\0`).update(content).update('\0');
  return hash.digest('hex');
};

/** Name servers of resolv.conf that are not on the host's own loopback. */
export const nameServersIn = (text: string): string[] =>
  [...text.matchAll(/^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)]
    .map((match) => match[1] ?? '')
    .filter((address) => !address.startsWith('127.'));
