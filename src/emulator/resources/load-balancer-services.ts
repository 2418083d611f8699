import { actionResponseSchema } from '../../hetzner/wire/actions.ts';
import {
  addServiceRequestSchema,
  deleteServiceRequestSchema,
  updateServiceRequestSchema,
} from '../../hetzner/wire/load-balancers.ts';
import { operationError } from '../errors.ts';
import { type Route, route } from '../router.ts';
import {
  checkService,
  checkServiceLimits,
  freeLoadBalancer,
  newService,
  startOn,
  updatedService,
} from './load-balancer-rules.ts';

const noSuchService = (port: number): Error =>
  operationError('not_found', `load balancer service with listen_port ${port} not found`);

/* A service's key is its listen_port (docs.hetzner.cloud, load balancers). */
export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/add_service',
    body: addServiceRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      const service = newService(context.body);
      checkService(context.world, service, balancer.services, 412);
      checkServiceLimits(balancer.load_balancer_type, [...balancer.services, service]);
      // --- writes begin ---
      balancer.services.push(service);
      return startOn(context, balancer, 'add_service');
    },
  }),
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/update_service',
    body: updateServiceRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      const before = balancer.services.find((service) => service.listen_port === context.body.listen_port);
      if (before === undefined) throw noSuchService(context.body.listen_port);
      const others = balancer.services.filter((service) => service !== before);
      const service = updatedService(before, context.body);
      checkService(context.world, service, others, 422);
      checkServiceLimits(balancer.load_balancer_type, [...others, service]);
      // --- writes begin ---
      balancer.services = balancer.services.map((one) => (one === before ? service : one));
      return startOn(context, balancer, 'update_service');
    },
  }),
  route({
    method: 'POST',
    path: '/load_balancers/:id/actions/delete_service',
    body: deleteServiceRequestSchema,
    response: actionResponseSchema,
    handle: (context) => {
      const balancer = freeLoadBalancer(context);
      const { listen_port } = context.body;
      if (!balancer.services.some((service) => service.listen_port === listen_port)) throw noSuchService(listen_port);
      // --- writes begin ---
      balancer.services = balancer.services.filter((service) => service.listen_port !== listen_port);
      return startOn(context, balancer, 'delete_service');
    },
  }),
];
