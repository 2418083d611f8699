import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import { changeDnsPtrRequestSchema, changeProtectionRequestSchema } from '../../hetzner/wire/common.ts';
import {
  attachLoadBalancerRequestSchema,
  changeAlgorithmRequestSchema,
  changeLoadBalancerTypeRequestSchema,
  detachLoadBalancerRequestSchema,
  type LoadBalancer,
} from '../../hetzner/wire/load-balancers.ts';
import { defaultPtr } from '../addresses.ts';
import { effectKind } from '../effects.ts';
import { invalidInput, operationError } from '../errors.ts';
import { chooseAddress } from '../private-addresses.ts';
import { type Route, route } from '../router.ts';
import { freeLoadBalancer, startOn } from './load-balancer-rules.ts';
import { byIdOrName } from './shared.ts';

type Attachment = { id: number; network: number; ip: string };
const attach = effectKind('load_balancer.attach', (kit, { id, network, ip }: Attachment) => {
  kit.world.loadBalancers.get(id)?.private_net.push({ network, ip });
});
const detach = effectKind('load_balancer.detach', (kit, { id, network }: Omit<Attachment, 'ip'>) => {
  const balancer = kit.world.loadBalancers.get(id);
  if (balancer !== undefined) balancer.private_net = balancer.private_net.filter((one) => one.network !== network);
});
const setType = effectKind('load_balancer.set_type', (kit, data: { id: number; type: number }) => {
  const balancer = kit.world.loadBalancers.get(data.id);
  const type = kit.world.catalogue.loadBalancerTypes.find((one) => one.id === data.type);
  if (balancer !== undefined && type !== undefined) balancer.load_balancer_type = type;
});
export const effects = [attach, detach, setType];

const notAttached = (): Error =>
  operationError('load_balancer_not_attached_to_network', 'load balancer is not attached to the network');
const usesPublicIp = (balancer: LoadBalancer): boolean =>
  balancer.targets.some((target) => target.type === 'ip' || !target.use_private_ip);

export const routes: readonly Route[] = [
  // One network per load balancer.
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/attach_to_network',
    body: attachLoadBalancerRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const { world, body } = context;
      const balancer = freeLoadBalancer(context);
      const network = world.networks.need(body.network);
      if (balancer.private_net.length > 0)
        throw operationError('load_balancer_already_attached', 'load balancer is already attached to a network');
      context.actions.assertFree('network', network.id);
      const zone = balancer.location.network_zone;
      const ip = chooseAddress(world, network, { zone, ip: body.ip, ip_range: body.ip_range, limits: context.limits });
      // --- writes begin ---
      const effect = attach.of({ id: balancer.id, network: network.id, ip });
      return startOn(context, balancer, 'attach_to_network', effect, [{ id: network.id, type: 'network' }]);
    },
  }),
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/detach_from_network',
    body: detachLoadBalancerRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      const { network } = context.body;
      if (!balancer.private_net.some((one) => one.network === network)) throw notAttached();
      // --- writes begin ---
      const effect = detach.of({ id: balancer.id, network });
      return startOn(context, balancer, 'detach_from_network', effect, [{ id: network, type: 'network' }]);
    },
  }),
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/change_algorithm',
    body: changeAlgorithmRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      // --- writes begin ---
      balancer.algorithm = { type: context.body.type };
      return startOn(context, balancer, 'change_algorithm');
    },
  }),
  // The same type again succeeds (hcloud cli test/e2e/load_balancer_test.go).
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/change_type',
    body: changeLoadBalancerTypeRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      const types = context.world.catalogue.loadBalancerTypes;
      const type = byIdOrName('load balancer type', types, context.body.load_balancer_type);
      if (balancer.services.length > type.max_services || balancer.targets.length > type.max_targets)
        throw operationError('invalid_load_balancer_type', 'load balancer type does not fit the load balancer');
      // --- writes begin ---
      const effect = setType.of({ id: balancer.id, type: type.id });
      return startOn(context, balancer, 'change_load_balancer_type', effect);
    },
  }),
  // Enabling what is enabled succeeds (hcloud cli test/e2e/load_balancer_test.go).
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/enable_public_interface',
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      // --- writes begin ---
      balancer.public_net.enabled = true;
      return startOn(context, balancer, 'enable_public_interface');
    },
  }),
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/disable_public_interface',
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      if (balancer.private_net.length === 0) throw notAttached();
      if (usesPublicIp(balancer))
        throw operationError('targets_without_use_private_ip', 'load balancer has targets that use the public IP');
      // --- writes begin ---
      balancer.public_net.enabled = false;
      return startOn(context, balancer, 'disable_public_interface');
    },
  }),
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/change_dns_ptr',
    body: changeDnsPtrRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      const { ip, dns_ptr } = context.body;
      const { ipv4, ipv6 } = balancer.public_net;
      const address = [ipv4, ipv6].find((one) => one.ip === ip);
      if (address === undefined) throw invalidInput({ ip: [`'${ip}' is not an address of the load balancer`] });
      // --- writes begin ---
      address.dns_ptr = dns_ptr ?? (address === ipv4 ? defaultPtr(ip) : null);
      return startOn(context, balancer, 'change_dns_ptr');
    },
  }),
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/change_protection',
    body: changeProtectionRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      // --- writes begin ---
      balancer.protection.delete = context.body.delete ?? balancer.protection.delete;
      return startOn(context, balancer, 'change_protection');
    },
  }),
];
