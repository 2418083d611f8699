import type { Network } from '../hetzner/wire/networks.ts';
import type { PlacementGroup } from '../hetzner/wire/placement-groups.ts';
import type { PublicNet, Server } from '../hetzner/wire/servers.ts';
import { labelSelector } from './labels.ts';
import { withStock } from './stock.ts';
import type { World } from './world.ts';

/*
 * Rows as the API shows them: each fact has one owner (the table at the top of world.ts), the rest is derived here.
 */
export const viewPlacementGroup = (world: World, group: PlacementGroup): PlacementGroup => ({
  ...group,
  servers: world.servers
    .all()
    .filter((server) => world.serverFacts.get(server.id)?.placementGroup === group.id)
    .map((server) => server.id),
});

export const viewNetwork = (world: World, network: Network): Network => ({
  ...network,
  servers: world.servers
    .all()
    .filter((server) => server.private_net.some((one) => one.network === network.id))
    .map((server) => server.id),
  load_balancers: world.loadBalancers
    .all()
    .filter((balancer) => balancer.private_net.some((one) => one.network === network.id))
    .map((balancer) => balancer.id),
});

/** Ids of the firewalls on this server: applied to it by id, or by a selector that its labels meet. */
export const firewallsOf = (world: World, server: Server): number[] =>
  world.firewalls
    .all()
    .filter((firewall) =>
      firewall.applied_to.some(
        (target) =>
          target.server?.id === server.id ||
          (target.label_selector !== undefined && labelSelector(target.label_selector.selector)(server.labels)),
      ),
    )
    .map((firewall) => firewall.id);

const publicNetOf = (world: World, server: Server): PublicNet => {
  const mine = world.primaryIps.all().filter((one) => one.assignee_id === server.id);
  const ipv4 = mine.find((one) => one.type === 'ipv4');
  const ipv6 = mine.find((one) => one.type === 'ipv6');
  return {
    ipv4:
      ipv4 === undefined
        ? null
        : { id: ipv4.id, ip: ipv4.ip, blocked: ipv4.blocked, dns_ptr: ipv4.dns_ptr[0]?.dns_ptr ?? '' },
    ipv6: ipv6 === undefined ? null : { id: ipv6.id, ip: ipv6.ip, blocked: ipv6.blocked, dns_ptr: ipv6.dns_ptr },
    floating_ips: world.floatingIps
      .all()
      .filter((one) => one.server === server.id)
      .map((one) => one.id),
    firewalls: firewallsOf(world, server).map((id) => ({ id, status: 'applied' })),
  };
};

const balancersOf = (world: World, server: Server): number[] =>
  world.loadBalancers
    .all()
    .filter((balancer) =>
      balancer.targets.some(
        (target) =>
          (target.type === 'server' && target.server.id === server.id) ||
          (target.type === 'label_selector' && labelSelector(target.label_selector.selector)(server.labels)),
      ),
    )
    .map((balancer) => balancer.id);

export const viewServer = (world: World, server: Server): Server => {
  const group = world.placementGroups.get(world.serverFacts.get(server.id)?.placementGroup ?? 0);
  return {
    ...server,
    public_net: publicNetOf(world, server),
    server_type: withStock(world, server.server_type),
    volumes: world.volumes
      .all()
      .filter((volume) => volume.server === server.id)
      .map((volume) => volume.id),
    load_balancers: balancersOf(world, server),
    placement_group: group === undefined ? null : viewPlacementGroup(world, group),
  };
};
