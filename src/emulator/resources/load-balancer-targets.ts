import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import {
  type AddTargetRequest,
  addTargetRequestSchema,
  type LoadBalancer,
  type LoadBalancerTarget,
  removeTargetRequestSchema,
} from '../../hetzner/wire/load-balancers.ts';
import { ipv4Of, isPrivate } from '../addresses.ts';
import type { Kit } from '../context.ts';
import { invalidInput, limitExceeded, notFound, operationError } from '../errors.ts';
import { labelSelector } from '../labels.ts';
import { type Route, route } from '../router.ts';
import { freeLoadBalancer, startOn } from './load-balancer-rules.ts';
import { addressFor } from './load-balancer-view.ts';

type Draft = Pick<LoadBalancer, 'private_net' | 'public_net' | 'load_balancer_type'> & {
  readonly targets: readonly LoadBalancerTarget[];
};
type Identity = Pick<AddTargetRequest, 'type' | 'server' | 'label_selector' | 'ip'>;

const missing = (field: string): Error => invalidInput({ [field]: ['Missing data for required field.'] });

/** The target as a row, without what the view derives. Throws for a body whose part for its type is missing. */
const targetOf = (given: AddTargetRequest): LoadBalancerTarget => {
  const use_private_ip = given.use_private_ip ?? false;
  if (given.type === 'server') {
    if (given.server === undefined) throw missing('server');
    return { type: 'server', server: { id: given.server.id }, health_status: [], use_private_ip };
  }
  if (given.type === 'ip') {
    if (given.ip === undefined) throw missing('ip');
    return { type: 'ip', ip: { ip: given.ip.ip }, health_status: [] };
  }
  if (given.label_selector === undefined) throw missing('label_selector');
  const { selector } = given.label_selector;
  labelSelector(selector, 'label_selector.selector');
  return { type: 'label_selector', label_selector: { selector }, targets: [], use_private_ip };
};

export const isSameTarget = (target: LoadBalancerTarget, given: Identity): boolean =>
  target.type === given.type &&
  (target.type === 'server'
    ? target.server.id === given.server?.id
    : target.type === 'ip'
      ? target.ip.ip === given.ip?.ip
      : target.label_selector.selector === given.label_selector?.selector);

/** Servers of this cloud are no IP targets; private ones belong to a vSwitch (docs.hetzner.cloud, add_target). */
const checkIp = (kit: Kit, balancer: Draft, ip: string): void => {
  const value = ipv4Of(ip);
  if (value === undefined) throw invalidInput({ 'ip.ip': ['not a valid IPv4 address'] });
  if (isPrivate({ first: value, prefix: 32, end: value + 1 })) {
    const network = kit.world.networks.get(balancer.private_net[0]?.network ?? 0);
    if (network === undefined)
      throw operationError('load_balancer_not_attached_to_network', 'load balancer is not attached to a network');
    if (!network.subnets.some((subnet) => subnet.type === 'vswitch'))
      throw operationError('network_has_no_vswitch_subnet', 'network has no vswitch subnet');
  }
  if (kit.world.primaryIps.all().some((one) => one.ip === ip))
    throw operationError('cloud_resource_ip_not_allowed', 'IP of a cloud resource is not allowed as a target');
};

/** The new target, or the API's refusal; the codes are those of docs.hetzner.cloud, add_target. */
export const checkedTarget = (kit: Kit, balancer: Draft, given: AddTargetRequest): LoadBalancerTarget => {
  const target = targetOf(given);
  if (balancer.targets.some((one) => isSameTarget(one, given)))
    throw operationError('target_already_defined', 'target is already defined');
  if (balancer.targets.length >= balancer.load_balancer_type.max_targets)
    throw limitExceeded(
      `${balancer.load_balancer_type.name} allows ${balancer.load_balancer_type.max_targets} targets`,
      'load_balancer_target_limit',
    );
  if (target.type === 'ip') {
    checkIp(kit, balancer, target.ip.ip);
    return target;
  }
  if (target.use_private_ip && balancer.private_net.length === 0)
    throw operationError('load_balancer_not_attached_to_network', 'load balancer is not attached to a network');
  if (!target.use_private_ip && !balancer.public_net.enabled)
    throw operationError(
      'load_balancer_public_interface_disabled',
      'load balancer public interface is disabled, cannot add target using public IP',
    );
  if (target.type === 'label_selector') return target;
  const server = kit.world.servers.get(target.server.id);
  if (server === undefined) throw notFound('server', target.server.id);
  if (addressFor(kit, balancer, server, target.use_private_ip) === undefined)
    throw target.use_private_ip
      ? operationError(
          'resolve_cloud_private_targets_error',
          'server is not attached to the same network as the load balancer',
        )
      : operationError('resolve_cloud_public_targets_error', 'server has no public IPv4 address');
  return target;
};

export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/add_target',
    body: addTargetRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      const target = checkedTarget(context, balancer, context.body);
      // --- writes begin ---
      balancer.targets.push(target);
      return startOn(context, balancer, 'add_target');
    },
  }),
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/remove_target',
    body: removeTargetRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      if (!balancer.targets.some((target) => isSameTarget(target, context.body)))
        throw operationError('not_found', 'load balancer target not found');
      // --- writes begin ---
      balancer.targets = balancer.targets.filter((target) => !isSameTarget(target, context.body));
      return startOn(context, balancer, 'remove_target');
    },
  }),
];
