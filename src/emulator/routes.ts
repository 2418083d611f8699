import type { EffectKind } from './effects.ts';
import { actionsOfAll } from './resources/actions.ts';
import * as certificates from './resources/certificates.ts';
import * as firewalls from './resources/firewalls.ts';
import * as floatingIps from './resources/floating-ips.ts';
import * as images from './resources/images.ts';
import * as isos from './resources/isos.ts';
import * as loadBalancerActions from './resources/load-balancer-actions.ts';
import * as loadBalancerMetrics from './resources/load-balancer-metrics.ts';
import * as loadBalancerServices from './resources/load-balancer-services.ts';
import * as loadBalancerTargets from './resources/load-balancer-targets.ts';
import * as loadBalancerTypes from './resources/load-balancer-types.ts';
import * as loadBalancers from './resources/load-balancers.ts';
import * as locations from './resources/locations.ts';
import * as networkActions from './resources/network-actions.ts';
import * as networks from './resources/networks.ts';
import * as placementGroups from './resources/placement-groups.ts';
import * as pricing from './resources/pricing.ts';
import * as primaryIpActions from './resources/primary-ip-actions.ts';
import * as primaryIps from './resources/primary-ips.ts';
import * as rrsetRecords from './resources/rrset-records.ts';
import * as rrsets from './resources/rrsets.ts';
import * as serverDisk from './resources/server-disk.ts';
import * as serverMetrics from './resources/server-metrics.ts';
import * as serverNetwork from './resources/server-network.ts';
import * as serverPower from './resources/server-power.ts';
import * as serverTypes from './resources/server-types.ts';
import * as servers from './resources/servers.ts';
import * as sshKeys from './resources/ssh-keys.ts';
import * as storageBoxes from './resources/storage-boxes.ts';
import * as volumes from './resources/volumes.ts';
import * as zoneActions from './resources/zone-actions.ts';
import * as zones from './resources/zones.ts';
import type { Route } from './router.ts';

/** Every route of the emulated API; a new resource file adds one line here and, if it has effects, one below. */
export const allRoutes: readonly Route[] = [
  ...actionsOfAll,
  ...servers.routes,
  ...serverPower.routes,
  ...serverDisk.routes,
  ...serverNetwork.routes,
  ...serverMetrics.routes,
  ...networks.routes,
  ...networkActions.routes,
  ...placementGroups.routes,
  ...sshKeys.routes,
  ...storageBoxes.routes,
  ...serverTypes.routes,
  ...loadBalancerTypes.routes,
  ...locations.routes,
  ...isos.routes,
  ...pricing.routes,
  ...images.routes,
  ...firewalls.routes,
  ...loadBalancers.routes,
  ...loadBalancerActions.routes,
  ...loadBalancerServices.routes,
  ...loadBalancerTargets.routes,
  ...certificates.routes,
  ...primaryIps.routes,
  ...floatingIps.routes,
  ...volumes.routes,
  ...loadBalancerMetrics.routes,
  ...zones.routes,
  ...rrsets.routes,
  ...rrsetRecords.routes,
  ...zoneActions.routes,
  ...primaryIpActions.routes,
];

export const allEffects: readonly EffectKind[] = [
  ...primaryIpActions.effects,
  ...zoneActions.effects,
  ...rrsetRecords.effects,
  ...rrsets.effects,
  ...zones.effects,
  ...volumes.effects,
  ...floatingIps.effects,
  ...certificates.effects,
  ...servers.effects,
  ...serverPower.effects,
  ...serverDisk.effects,
  ...serverNetwork.effects,
  ...networkActions.effects,
  ...loadBalancerActions.effects,
  ...firewalls.effects,
];
