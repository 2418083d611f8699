import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import { createNetworkRequestSchema, networkSchema, updateNetworkRequestSchema } from '../../hetzner/wire/networks.ts';
import { rangeText } from '../addresses.ts';
import { limitExceeded } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { checkedNetworkRange, checkedRoute, checkedSubnet } from '../network-rules.ts';
import { type Route, route } from '../router.ts';
import { viewNetwork } from '../views.ts';
import { assertUniqueName, assertUnprotected, checkedName, rowOf, updateNameAndLabels } from './shared.ts';

/* docs.hetzner.cloud, networks. Creating takes no action; changes of a network do (network-actions.ts). */
export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/networks',
    response: listSchema('networks', networkSchema),
    handle: (context) =>
      list(context, {
        key: 'networks',
        rows: context.world.networks.all(),
        sort: ['id', 'name', 'created'],
        view: (network) => viewNetwork(context.world, network),
      }),
  }),
  route({
    method: 'POST',
    path: '/networks',
    body: createNetworkRequestSchema,
    response: oneSchema('network', networkSchema),
    handle: ({ world, limits, body, iso }) => {
      const name = checkedName(body.name);
      const labels = checkedLabels(body.labels);
      const range = checkedNetworkRange(body.ip_range);
      assertUniqueName(world.networks, name);
      if (world.networks.size >= limits.networks) throw limitExceeded('network limit exceeded', 'network_limit');
      const draft = {
        id: 0,
        name,
        labels,
        ip_range: rangeText(range),
        subnets: [],
        routes: [],
        servers: [],
        load_balancers: [],
        protection: { delete: false },
        created: iso(),
        expose_routes_to_vswitch: body.expose_routes_to_vswitch ?? false,
      };
      const network: typeof networkSchema._output = draft;
      for (const subnet of body.subnets ?? []) network.subnets.push(checkedSubnet(world, network, subnet, limits));
      for (const one of body.routes ?? []) network.routes.push(checkedRoute(network, one, limits));
      // --- writes begin ---
      network.id = world.networks.nextId();
      return { network: world.networks.put(network.id, network) };
    },
  }),
  route({
    method: 'GET',
    path: '/networks/:id',
    response: oneSchema('network', networkSchema),
    handle: (context) => ({ network: viewNetwork(context.world, rowOf(context.world.networks, context)) }),
  }),
  route({
    method: 'PUT',
    path: '/networks/:id',
    body: updateNetworkRequestSchema,
    response: oneSchema('network', networkSchema),
    handle: (context) => {
      const network = rowOf(context.world.networks, context);
      updateNameAndLabels(context.world.networks, network, context.body);
      network.expose_routes_to_vswitch = context.body.expose_routes_to_vswitch ?? network.expose_routes_to_vswitch;
      return { network: viewNetwork(context.world, network) };
    },
  }),
  // Attached servers and load balancers are detached by it; only protection and a running change refuse.
  route({
    method: 'DELETE',
    path: '/networks/:id',
    handle: (context) => {
      const { world, actions } = context;
      const network = rowOf(world.networks, context);
      assertUnprotected(network, 'network is delete protected');
      actions.assertFree('network', network.id);
      // --- writes begin ---
      for (const server of world.servers.all())
        server.private_net = server.private_net.filter((one) => one.network !== network.id);
      for (const balancer of world.loadBalancers.all())
        balancer.private_net = balancer.private_net.filter((one) => one.network !== network.id);
      world.networks.delete(network.id);
      return null;
    },
  }),
];
