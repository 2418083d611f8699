import type { Server } from '../../hetzner/wire/servers.ts';
import { ipv4Text, rangeOf } from '../addresses.ts';
import { factsOf } from '../server-machine.ts';
import type { World } from '../world.ts';

/** What the metadata service tells, by the address of who asks and the path. */
export type Metadata = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Hetzner's metadata service for each server with a public address (docs.hetzner.cloud, server metadata; cloud-init
 * DataSourceHetzner): text, and YAML where it is more than a word.
 */
export const metadataOf = (world: World): Metadata =>
  Object.fromEntries(
    world.servers.all().flatMap((server) => {
      const ip = world.primaryIps.all().find((one) => one.assignee_id === server.id && one.type === 'ipv4')?.ip;
      return ip === undefined ? [] : [[ip, pathsOf(world, server, ip)]];
    }),
  );

const base = '/hetzner/v1/metadata';
/** Data center names ended with the API's /datacenters; here the metadata keeps their form (B). */
const zoneOf = ({ location }: Server): string => `${location.name}-dc1`;

const pathsOf = (world: World, server: Server, ip: string): Record<string, string> => {
  const plain = {
    'availability-zone': zoneOf(server),
    hostname: server.name,
    'instance-id': String(server.id),
    'public-ipv4': ip,
    region: server.location.network_zone,
  };
  const keys = factsOf(world, server.id).sshKeys;
  return {
    [base]: `${Object.entries(plain)
      .map(([key, value]) => `${key}: ${key === 'instance-id' ? value : quoted(value)}\n`)
      .join('')}public-keys:${listed(keys.map(quoted))}`,
    ...Object.fromEntries(Object.entries(plain).map(([key, value]) => [`${base}/${key}`, value])),
    [`${base}/public-keys`]: JSON.stringify(keys),
    [`${base}/private-networks`]: privateNetworks(world, server),
    ['/hetzner/v1/userdata']: factsOf(world, server.id).userData ?? '',
  };
};

/** JSON's strings are YAML's. */
const quoted = (text: string): string => JSON.stringify(text);
const listed = (lines: readonly string[]): string =>
  lines.length === 0 ? ' []\n' : `\n${lines.map((line) => `  - ${line}\n`).join('')}`;

const privateNetworks = (world: World, server: Server): string => {
  const entries = server.private_net.map((one, index) => {
    const network = world.networks.get(one.network);
    const range = rangeOf(network?.ip_range ?? '');
    const subnet = network?.subnets.find(({ ip_range }) => ip_range !== undefined && holdsIp(ip_range, one.ip));
    return [
      `- ip: ${one.ip}`,
      `  alias_ips: [${one.alias_ips.join(', ')}]`,
      `  interface_num: ${index + 1}`,
      `  mac_address: ${one.mac_address}`,
      `  network_id: ${one.network}`,
      `  network_name: ${quoted(network?.name ?? '')}`,
      `  network: ${network?.ip_range ?? ''}`,
      `  subnet: ${subnet?.ip_range ?? ''}`,
      `  gateway: ${range === undefined ? '' : ipv4Text(range.first + 1)}`,
    ].join('\n');
  });
  return entries.length === 0 ? '[]\n' : `${entries.join('\n')}\n`;
};

const holdsIp = (range: string, ip: string): boolean => {
  const [outer, inner] = [rangeOf(range), rangeOf(`${ip}/32`)];
  return outer !== undefined && inner !== undefined && outer.first <= inner.first && inner.end <= outer.end;
};
