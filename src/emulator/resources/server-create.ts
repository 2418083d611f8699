import type { PrimaryIp } from '../../hetzner/wire/primary-ips.ts';
import type { CreateServerRequest } from '../../hetzner/wire/server-requests.ts';
import type { Server } from '../../hetzner/wire/servers.ts';
import type { Volume } from '../../hetzner/wire/volumes.ts';
import { allotPublicIpv4, allotPublicIpv6, defaultPtr, macOf } from '../addresses.ts';
import type { Kit } from '../context.ts';
import { invalidInput, invalidInputText, limitExceeded, notFound, operationError } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { chooseAddress, type PrivatePlace } from '../private-addresses.ts';
import {
  assertOrderable,
  checkedHostname,
  checkedUserData,
  imageFor,
  locationFor,
  serverTypeOf,
} from '../server-rules.ts';
import { assertRoomInGroup } from './placement-groups.ts';
import { assertUniqueName, byIdOrName } from './shared.ts';

/** Everything that was checked, so that the writing half has nothing left to refuse. */
export interface ServerOrder {
  readonly server: Omit<Server, 'id' | 'created' | 'public_net'>;
  readonly sshKeys: readonly string[];
  readonly userData: string | null;
  readonly placementGroup: number | null;
  readonly places: readonly PrivatePlace[];
  readonly firewalls: readonly number[];
  readonly volumes: readonly Volume[];
  /** An existing address, `new`, or none. */
  readonly ipv4: PrimaryIp | 'new' | null;
  readonly ipv6: PrimaryIp | 'new' | null;
  readonly start: boolean;
}

const addressOf = (
  kit: Kit,
  type: 'ipv4' | 'ipv6',
  enabled: boolean | null | undefined,
  id: number | null | undefined,
  location: string,
): PrimaryIp | 'new' | null => {
  if (enabled === false) return null;
  if (id === null || id === undefined) {
    if (kit.world.primaryIps.size >= kit.limits.primaryIps)
      throw limitExceeded('Primary IP limit exceeded', 'primary_ip_limit');
    return 'new';
  }
  const address = kit.world.primaryIps.need(id);
  if (address.type !== type) throw operationError('primary_ip_version_mismatch', `primary IP ${id} is no ${type}`, 412);
  if (address.assignee_id !== null) throw operationError('primary_ip_assigned', 'primary IP is already assigned');
  if (address.location.name !== location)
    throw operationError('primary_ip_datacenter_mismatch', 'primary IP and server are in different locations');
  return address;
};

const volumesOf = (kit: Kit, ids: readonly number[], location: string): Volume[] => {
  if (ids.length > kit.limits.volumesPerServer) throw limitExceeded('volume limit exceeded', 'server_volume_limit');
  return ids.map((id) => {
    const volume = kit.world.volumes.need(id);
    if (volume.location.name !== location)
      throw invalidInput({ volumes: ['volume and server must be in the same location'] });
    if (volume.server !== null)
      throw operationError('volume_already_attached', 'volume is already attached to a server');
    kit.actions.assertFree('volume', id);
    return volume;
  });
};

const placesOf = (kit: Kit, ids: readonly number[], zone: string): PrivatePlace[] => {
  if (ids.length > kit.limits.networksPerServer) throw limitExceeded('network limit exceeded', 'server_network_limit');
  return ids.map((id) => {
    const network = kit.world.networks.need(id);
    kit.actions.assertFree('network', id);
    return { network: id, ip: chooseAddress(kit.world, network, { zone, limits: kit.limits }) };
  });
};

/** Checks the whole order; docs.hetzner.cloud, servers, create. */
export const checkedOrder = (kit: Kit, body: CreateServerRequest): ServerOrder => {
  const { world, limits } = kit;
  const name = checkedHostname(body.name);
  const labels = checkedLabels(body.labels);
  const userData = checkedUserData(kit, body.user_data);
  const type = serverTypeOf(world, body.server_type);
  const image = imageFor(world, type, body.image);
  const location = locationFor(kit, type, body.location);
  const sshKeys = (body.ssh_keys ?? []).map((key) => byIdOrName('SSH key', world.sshKeys.all(), key).public_key);
  const firewalls = (body.firewalls ?? []).map(({ firewall }) => world.firewalls.need(firewall).id);
  if (firewalls.length > limits.firewallsPerServer)
    throw limitExceeded('firewall limit exceeded', 'server_firewall_limit');
  assertUniqueName(world.servers, name, undefined, 'server name is already used');
  if (world.servers.size >= limits.servers) throw limitExceeded('server limit exceeded', 'server_limit');
  const placementGroup = body.placement_group ?? null;
  if (placementGroup !== null) assertRoomInGroup(kit, placementGroup);
  const { enable_ipv4, enable_ipv6, ipv4, ipv6 } = body.public_net ?? {};
  const addresses = {
    ipv4: addressOf(kit, 'ipv4', enable_ipv4, ipv4, location.name),
    ipv6: addressOf(kit, 'ipv6', enable_ipv6, ipv6, location.name),
  };
  const places = placesOf(kit, body.networks ?? [], location.network_zone);
  const start = body.start_after_create ?? true;
  const isPublic = addresses.ipv4 !== null || addresses.ipv6 !== null;
  if (!isPublic && places.length === 0 && start)
    throw invalidInputText('server without public network needs a private one to be started');
  if (!isPublic && firewalls.length > 0)
    throw operationError('private_net_only_server', 'firewalls need a public network interface');
  const volumes = volumesOf(kit, body.volumes ?? [], location.name);
  assertOrderable(kit, type, location);
  const price = type.prices.find((one) => one.location === location.name);
  return {
    server: {
      name,
      labels,
      status: 'initializing',
      private_net: [],
      server_type: type,
      location,
      image,
      iso: null,
      rescue_enabled: false,
      locked: false,
      backup_window: null,
      outgoing_traffic: 0,
      ingoing_traffic: 0,
      included_traffic: price?.included_traffic ?? null,
      protection: { delete: false, rebuild: false },
      volumes: [],
      load_balancers: [],
      primary_disk_size: type.disk,
      placement_group: null,
    },
    sshKeys,
    userData,
    placementGroup,
    places,
    firewalls,
    volumes,
    ...addresses,
    start,
  };
};

/** A new primary IP comes with the server and goes with it: auto_delete. */
const ownAddress = (kit: Kit, type: 'ipv4' | 'ipv6', server: Server, given: PrimaryIp | 'new' | null): void => {
  const { world } = kit;
  if (given === null) return;
  if (given !== 'new') {
    given.assignee_id = server.id;
    given.assignee_type = 'server';
    return;
  }
  const id = world.primaryIps.nextId();
  const ip = type === 'ipv4' ? allotPublicIpv4(world) : allotPublicIpv6(world);
  world.primaryIps.put(id, {
    id,
    name: `primary_ip-${id}`,
    labels: {},
    created: kit.iso(),
    blocked: false,
    location: server.location,
    ip,
    dns_ptr: type === 'ipv4' ? [{ ip, dns_ptr: defaultPtr(ip) }] : [],
    protection: { delete: false },
    type,
    auto_delete: true,
    assignee_type: 'server',
    assignee_id: server.id,
  });
};

/** Writes what exists from the first moment: the row, its addresses, its firewalls, its place in the group. */
export const placeOrder = (kit: Kit, order: ServerOrder): { server: Server; rootPassword: string | null } => {
  const { world, random } = kit;
  const id = world.servers.nextId();
  const rootPassword = order.sshKeys.length > 0 ? null : random.text(20);
  const public_net = { ipv4: null, ipv6: null, floating_ips: [], firewalls: [] };
  const server = world.servers.put(id, { id, ...order.server, created: kit.iso(), public_net });
  world.serverFacts.put(id, {
    userData: order.userData,
    sshKeys: [...order.sshKeys],
    rootPassword,
    placementGroup: order.placementGroup,
    diskId: 1,
    bootedAt: null,
    firstBootAt: null,
    mac: macOf('public', id),
  });
  ownAddress(kit, 'ipv4', server, order.ipv4);
  ownAddress(kit, 'ipv6', server, order.ipv6);
  for (const firewall of order.firewalls) {
    const row = world.firewalls.get(firewall);
    if (row === undefined) throw notFound('firewall', firewall);
    row.applied_to.push({ type: 'server', server: { id } });
  }
  return { server, rootPassword };
};
