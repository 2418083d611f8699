import { listSchema, oneSchema } from '../../hetzner/wire/common.ts';
import {
  type CreateLoadBalancerRequest,
  createLoadBalancerRequestSchema,
  createLoadBalancerResponseSchema,
  type LoadBalancer,
  loadBalancerSchema,
  updateLoadBalancerRequestSchema,
} from '../../hetzner/wire/load-balancers.ts';
import type { Location } from '../../hetzner/wire/locations.ts';
import { allotPublicIpv4, allotPublicIpv6, defaultPtr } from '../addresses.ts';
import type { Context, Kit } from '../context.ts';
import { invalidInput, limitExceeded } from '../errors.ts';
import { checkedLabels } from '../labels.ts';
import { list } from '../listing.ts';
import { chooseAddress } from '../private-addresses.ts';
import { type Route, route } from '../router.ts';
import { actionRoutes } from './actions.ts';
import { checkService, checkServiceLimits, freeLoadBalancer, newService, startOn } from './load-balancer-rules.ts';
import { checkedTarget } from './load-balancer-targets.ts';
import { loadBalancerView } from './load-balancer-view.ts';
import { assertUniqueName, assertUnprotected, byIdOrName, locationOf, rowOf, updateNameAndLabels } from './shared.ts';

/** `location` or `network_zone`; which location a zone means is Hetzner's choice, here its first. */
const placeOf = (kit: Kit, body: CreateLoadBalancerRequest): Location => {
  const location = body.location ?? undefined;
  const zone = body.network_zone ?? undefined;
  if ((location === undefined) === (zone === undefined))
    throw invalidInput({ location: ['exactly one of location and network_zone is required'] });
  if (location !== undefined) return locationOf(kit, location);
  const found = kit.world.catalogue.locations.find((one) => one.network_zone === zone);
  if (found === undefined) throw invalidInput({ network_zone: [`'${zone}' is not a network zone`] });
  return found;
};

/** Everything but id and addresses, checked piece by piece as if it were added to the pieces before. */
const draftOf = (context: Context<CreateLoadBalancerRequest>): LoadBalancer => {
  const { world, body } = context;
  const type = byIdOrName('load balancer type', world.catalogue.loadBalancerTypes, body.load_balancer_type);
  const location = placeOf(context, body);
  const network = body.network === undefined || body.network === null ? undefined : world.networks.need(body.network);
  const zone = location.network_zone;
  const draft: LoadBalancer = {
    id: 0,
    name: body.name,
    public_net: {
      enabled: body.public_interface ?? true,
      ipv4: { ip: null, dns_ptr: null },
      ipv6: { ip: null, dns_ptr: null },
    },
    private_net:
      network === undefined
        ? []
        : [{ network: network.id, ip: chooseAddress(world, network, { zone, limits: context.limits }) }],
    location,
    load_balancer_type: type,
    protection: { delete: false },
    labels: checkedLabels(body.labels),
    created: context.iso(),
    services: [],
    targets: [],
    algorithm: { type: body.algorithm?.type ?? 'round_robin' },
    outgoing_traffic: null,
    ingoing_traffic: null,
    included_traffic: type.prices.find((price) => price.location === location.name)?.included_traffic ?? 0,
  };
  for (const given of body.services ?? []) {
    const service = newService(given);
    checkService(world, service, draft.services, 412);
    draft.services.push(service);
    checkServiceLimits(type, draft.services);
  }
  for (const given of body.targets ?? []) draft.targets.push(checkedTarget(context, draft, given));
  return draft;
};

const create = (context: Context<CreateLoadBalancerRequest>) => {
  const { world, body, limits } = context;
  assertUniqueName(world.loadBalancers, body.name);
  const balancer = draftOf(context);
  if (world.loadBalancers.size >= limits.loadBalancers)
    throw limitExceeded('load balancer limit exceeded', 'load_balancer_limit');
  // --- writes begin ---
  balancer.id = world.loadBalancers.nextId();
  const ipv4 = allotPublicIpv4(world);
  balancer.public_net.ipv4 = { ip: ipv4, dns_ptr: defaultPtr(ipv4) };
  balancer.public_net.ipv6 = { ip: allotPublicIpv6(world).replace('::/64', '::1'), dns_ptr: null };
  world.loadBalancers.put(balancer.id, balancer);
  const { action } = startOn(context, balancer, 'create_load_balancer');
  return { load_balancer: loadBalancerView(context, balancer), action };
};

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/load_balancers',
    response: listSchema('load_balancers', loadBalancerSchema),
    handle: (context) =>
      list(context, {
        key: 'load_balancers',
        rows: context.world.loadBalancers.all(),
        sort: ['id', 'name', 'created'],
        view: (balancer) => loadBalancerView(context, balancer),
      }),
  }),
  route({
    method: 'POST',
    path: '/load_balancers',
    body: createLoadBalancerRequestSchema,
    response: createLoadBalancerResponseSchema,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/load_balancers/:id',
    response: oneSchema('load_balancer', loadBalancerSchema),
    handle: (context) => ({ load_balancer: loadBalancerView(context, rowOf(context.world.loadBalancers, context)) }),
  }),
  route({
    method: 'PUT',
    path: '/load_balancers/:id',
    body: updateLoadBalancerRequestSchema,
    response: oneSchema('load_balancer', loadBalancerSchema),
    handle: (context) => {
      const balancer = rowOf(context.world.loadBalancers, context);
      updateNameAndLabels(context.world.loadBalancers, balancer, context.body);
      return { load_balancer: loadBalancerView(context, balancer) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/load_balancers/:id',
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      assertUnprotected(balancer, 'load balancer is delete protected');
      // --- writes begin ---
      context.world.loadBalancers.delete(balancer.id);
      return null;
    },
  }),
  ...actionRoutes('/load_balancers', 'load_balancer', (context) => rowOf(context.world.loadBalancers, context).id),
];
