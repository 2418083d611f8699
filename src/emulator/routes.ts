import type { EffectKind } from './effects.ts';
import { actionsOfAll } from './resources/actions.ts';
import * as firewalls from './resources/firewalls.ts';
import * as images from './resources/images.ts';
import * as isos from './resources/isos.ts';
import * as loadBalancerTypes from './resources/load-balancer-types.ts';
import * as locations from './resources/locations.ts';
import * as networks from './resources/networks.ts';
import * as placementGroups from './resources/placement-groups.ts';
import * as pricing from './resources/pricing.ts';
import * as serverTypes from './resources/server-types.ts';
import * as sshKeys from './resources/ssh-keys.ts';
import type { Route } from './router.ts';

/** Every route of the emulated API; a new resource file adds one line here and, if it has effects, one below. */
export const allRoutes: readonly Route[] = [
  ...actionsOfAll,
  ...networks.routes,
  ...placementGroups.routes,
  ...sshKeys.routes,
  ...serverTypes.routes,
  ...loadBalancerTypes.routes,
  ...locations.routes,
  ...isos.routes,
  ...pricing.routes,
  ...images.routes,
  ...firewalls.routes,
];

export const allEffects: readonly EffectKind[] = [...firewalls.effects];
