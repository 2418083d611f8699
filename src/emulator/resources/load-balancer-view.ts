import type { HealthStatus, LoadBalancer, LoadBalancerTarget } from '../../hetzner/wire/load-balancers.ts';
import type { Server } from '../../hetzner/wire/servers.ts';
import type { Kit } from '../context.ts';
import { labelSelector } from '../labels.ts';

type ServerTarget = Extract<LoadBalancerTarget, { type: 'server' }>;

/** The server's address that this load balancer sends to; undefined: it can't reach the server that way. */
export const addressFor = (
  { world }: Pick<Kit, 'world'>,
  balancer: Pick<LoadBalancer, 'private_net'>,
  server: Server,
  usePrivateIp: boolean,
): string | undefined => {
  if (!usePrivateIp) return world.primaryIps.all().find((ip) => ip.assignee_id === server.id && ip.type === 'ipv4')?.ip;
  const networks = balancer.private_net.map((one) => one.network);
  return server.private_net.find((one) => networks.includes(one.network))?.ip;
};

/** One status per service, asked of the machine's health-check port. A server that is off answers nobody. */
const healthOf = (kit: Kit, balancer: LoadBalancer, serverId: number): HealthStatus[] =>
  balancer.services.map(({ listen_port, health_check }) => {
    const server = kit.world.servers.get(serverId);
    if (server?.status !== 'running') return { listen_port, status: 'unhealthy', detail: 'layer4_timeout' };
    const status = kit.machines?.targetHealth(serverId, health_check.port) ?? 'unknown';
    return { listen_port, status, ...(status === 'unhealthy' ? { detail: 'layer4_no_connection' } : {}) };
  });

const serverTarget = (kit: Kit, balancer: LoadBalancer, id: number, usePrivateIp: boolean): ServerTarget => {
  const server = kit.world.servers.get(id);
  const ip = server === undefined ? undefined : addressFor(kit, balancer, server, usePrivateIp);
  return {
    type: 'server',
    server: { id, ...(ip === undefined ? {} : { ip }) },
    health_status: healthOf(kit, balancer, id),
    use_private_ip: usePrivateIp,
  };
};

/** Servers that the selector finds now and the load balancer can reach. */
export const selectedServers = (
  kit: Pick<Kit, 'world'>,
  balancer: Pick<LoadBalancer, 'private_net'>,
  selector: string,
  usePrivateIp: boolean,
): Server[] => {
  const matches = labelSelector(selector);
  return kit.world.servers
    .all()
    .filter((server) => matches(server.labels) && addressFor(kit, balancer, server, usePrivateIp) !== undefined);
};

const targetView = (kit: Kit, balancer: LoadBalancer, target: LoadBalancerTarget): LoadBalancerTarget => {
  if (target.type === 'server') return serverTarget(kit, balancer, target.server.id, target.use_private_ip);
  // Robot servers are outside of this world: nobody knows how they are.
  if (target.type === 'ip')
    return {
      ...target,
      health_status: balancer.services.map(({ listen_port }) => ({ listen_port, status: 'unknown' })),
    };
  const { selector } = target.label_selector;
  const servers = selectedServers(kit, balancer, selector, target.use_private_ip);
  return { ...target, targets: servers.map(({ id }) => serverTarget(kit, balancer, id, target.use_private_ip)) };
};

/** The row with its type as the catalogue has it today, its selectors resolved and every target's health. */
export const loadBalancerView = (kit: Kit, balancer: LoadBalancer): LoadBalancer => ({
  ...balancer,
  load_balancer_type:
    kit.world.catalogue.loadBalancerTypes.find((type) => type.id === balancer.load_balancer_type.id) ??
    balancer.load_balancer_type,
  targets: balancer.targets.map((target) => targetView(kit, balancer, target)),
});
