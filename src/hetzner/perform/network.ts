import type { CloudChange } from '../../domain/plan.ts';
import type { Resource, SubnetSpec } from '../../domain/resource.ts';
import type { ApiRequest } from '../request.ts';
import { act, commonChange, post } from './common.ts';
import { impossible } from './references.ts';

export const createNetwork = ({ name, labels, spec }: Resource<'network'>): ApiRequest =>
  post('/networks', {
    name,
    ip_range: spec.range,
    subnets: spec.subnets.map(subnetBody),
    routes: spec.routes.map(({ destination, gateway }) => ({ destination, gateway })),
    labels,
    expose_routes_to_vswitch: false,
  });

const subnetBody = ({ type, range, zone }: SubnetSpec) => ({ type, ip_range: range, network_zone: zone });

export const changeNetwork = (path: string, change: CloudChange): ApiRequest => {
  switch (change.op) {
    case 'add-subnet':
      return act(path, 'add_subnet', subnetBody(change.subnet));
    case 'delete-subnet':
      return act(path, 'delete_subnet', { ip_range: change.range });
    case 'add-route':
      return act(path, 'add_route', { ...change.route });
    case 'delete-route':
      return act(path, 'delete_route', { ...change.route });
    case 'change-ip-range':
      return act(path, 'change_ip_range', { ip_range: change.range });
    default: {
      const request = commonChange(path, change);
      if (request === undefined) throw impossible('network', change);
      return request;
    }
  }
};
