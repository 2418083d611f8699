import type { CloudChange } from '../../domain/plan.ts';
import type { LoadBalancerServiceSpec, LoadBalancerTargetSpec, Resource } from '../../domain/resource.ts';
import type { ApiRequest } from '../request.ts';
import type { CreateLoadBalancerRequest, UpdateServiceRequest } from '../wire/load-balancers.ts';
import { act, commonChange, post } from './common.ts';
import { impossible, type References } from './references.ts';

/** In no network and without targets: POST /load_balancers can't choose the private address, `attach-network` can. */
export const createLoadBalancer = (
  { name, labels, spec }: Resource<'load-balancer'>,
  references: References,
): ApiRequest => {
  const body: CreateLoadBalancerRequest = {
    name,
    load_balancer_type: spec.type,
    location: spec.location,
    algorithm: { type: spec.algorithm },
    services: spec.services.map((service) => serviceBody(service, references)),
    labels,
    public_interface: spec.publicInterface,
  };
  return post('/load_balancers', body);
};

const serviceBody = (
  service: LoadBalancerServiceSpec,
  references: References,
): UpdateServiceRequest & { protocol: LoadBalancerServiceSpec['protocol'] } => {
  const { protocol, listenPort, destinationPort, proxyProtocol, http } = service;
  return {
    protocol,
    listen_port: listenPort,
    destination_port: destinationPort,
    proxyprotocol: proxyProtocol,
    ...(http === undefined
      ? {}
      : {
          http: {
            sticky_sessions: http.stickySessions,
            timeout_idle: http.timeoutIdleSeconds,
            // Both belong to https alone; the API refuses them on http.
            ...(protocol === 'https'
              ? { redirect_http: http.redirectHttp, certificates: http.certificates.map((id) => references.id(id)) }
              : {}),
          },
        }),
    health_check: healthCheckBody(service.healthCheck),
  };
};

const healthCheckBody = ({
  protocol,
  port,
  intervalSeconds,
  timeoutSeconds,
  retries,
  http,
}: LoadBalancerServiceSpec['healthCheck']) => ({
  protocol,
  port,
  interval: intervalSeconds,
  timeout: timeoutSeconds,
  retries,
  ...(http === undefined
    ? {}
    : {
        http: {
          ...(http.domain === undefined ? {} : { domain: http.domain }),
          path: http.path,
          status_codes: [...http.statusCodes],
          tls: http.tls,
        },
      }),
});

const targetBody = ({ selector }: LoadBalancerTargetSpec) => ({ type: 'label_selector', label_selector: { selector } });

export const changeLoadBalancer = (path: string, change: CloudChange, references: References): ApiRequest => {
  switch (change.op) {
    case 'set-algorithm':
      return act(path, 'change_algorithm', { type: change.algorithm });
    case 'change-type':
      return act(path, 'change_type', { load_balancer_type: change.type });
    case 'add-service':
      return act(path, 'add_service', serviceBody(change.service, references));
    case 'update-service':
      return act(path, 'update_service', serviceBody(change.service, references));
    case 'delete-service':
      return act(path, 'delete_service', { listen_port: change.listenPort });
    case 'add-target':
      return act(path, 'add_target', { ...targetBody(change.target), use_private_ip: change.target.usePrivateIp });
    case 'remove-target':
      return act(path, 'remove_target', targetBody(change.target));
    case 'attach-network':
      return act(path, 'attach_to_network', { network: references.id(change.network), ip: change.ip });
    case 'detach-network':
      return act(path, 'detach_from_network', { network: references.id(change.network) });
    case 'set-public-interface':
      return act(path, change.enabled ? 'enable_public_interface' : 'disable_public_interface');
    default: {
      const request = commonChange(path, change);
      if (request === undefined) throw impossible('load balancer', change);
      return request;
    }
  }
};
