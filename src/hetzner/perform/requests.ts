import type { CloudKind } from '../../domain/kinds.ts';
import type { AnyCloudResource, CloudChange, Placement } from '../../domain/plan.ts';
import type { ApiRequest } from '../request.ts';
import { changeRrset, changeZone, createRrset, createZone } from './dns.ts';
import { changeFirewall, createFirewall } from './firewall.ts';
import { changeLoadBalancer, createLoadBalancer } from './load-balancer.ts';
import { changeNetwork, createNetwork } from './network.ts';
import {
  changeCertificate,
  changeProtected,
  changeUnprotected,
  createCertificate,
  createPlacementGroup,
  createSshKey,
} from './others.ts';
import type { References } from './references.ts';
import { changeServer, createServer } from './server.ts';

export interface RequestContext {
  readonly references: References;
  readonly placement: Placement | undefined;
  /** What to send for the image; only where the effect names one. */
  readonly image: number | string | undefined;
}

/** The one request that makes a resource. */
export const createRequest = (
  resource: AnyCloudResource,
  { references, placement, image }: RequestContext,
): ApiRequest => {
  switch (resource.kind) {
    case 'server':
      return createServer(resource, placement, image ?? resource.spec.image, references);
    case 'network':
      return createNetwork(resource);
    case 'firewall':
      return createFirewall(resource);
    case 'placement-group':
      return createPlacementGroup(resource);
    case 'certificate':
      return createCertificate(resource);
    case 'load-balancer':
      return createLoadBalancer(resource, references);
    case 'ssh-key':
      return createSshKey(resource);
    case 'zone':
      return createZone(resource);
    case 'rrset':
      return createRrset(resource, references);
  }
};

type ChangeRequest = (path: string, change: CloudChange, context: RequestContext) => ApiRequest;

/** The one request of a change, by kind. */
export const changeRequests: { readonly [K in CloudKind]: ChangeRequest } = {
  server: (path, change, { references, image }) => changeServer(path, change, references, image),
  network: changeNetwork,
  firewall: (path, change, { references }) => changeFirewall(path, change, references),
  'load-balancer': (path, change, { references }) => changeLoadBalancer(path, change, references),
  certificate: changeCertificate,
  'placement-group': changeUnprotected('placement group'),
  'ssh-key': changeUnprotected('SSH key'),
  zone: changeZone,
  rrset: (path, change, { references }) => changeRrset(path, change, references),
  'primary-ip': changeProtected('primary IP'),
  volume: changeProtected('volume'),
};
