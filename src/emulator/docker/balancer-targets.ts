import type { LoadBalancer } from '../../hetzner/wire/load-balancers.ts';
import { addressFor, selectedServers } from '../resources/load-balancer-view.ts';
import type { World } from '../world.ts';
import type { BalancerTarget } from './balancer-config.ts';

/** The row's targets with their addresses now; what can't be reached is left out, what is named twice counts once. */
export const balancerTargets = (world: World, balancer: LoadBalancer): BalancerTarget[] => {
  const found = new Map<string, BalancerTarget>();
  for (const target of balancer.targets) {
    if (target.type === 'ip') {
      found.set(target.ip.ip, { name: `ip-${target.ip.ip}`, address: target.ip.ip });
      continue;
    }
    const servers =
      target.type === 'label_selector'
        ? selectedServers({ world }, balancer, target.label_selector.selector, target.use_private_ip)
        : [world.servers.get(target.server.id)];
    for (const server of servers) {
      const address = server && addressFor({ world }, balancer, server, target.use_private_ip);
      if (address !== undefined) found.set(address, { name: targetName(server?.id ?? 0), address });
    }
  }
  return [...found.values()];
};

export const targetName = (serverId: number): string => `server-${serverId}`;
