import type { EffectKind } from './effects.ts';
import { actionsOfAll } from './resources/actions.ts';
import * as networks from './resources/networks.ts';
import * as placementGroups from './resources/placement-groups.ts';
import * as sshKeys from './resources/ssh-keys.ts';
import type { Route } from './router.ts';

/** Every route of the emulated API; a new resource file adds one line here and, if it has effects, one below. */
export const allRoutes: readonly Route[] = [
  ...actionsOfAll,
  ...networks.routes,
  ...placementGroups.routes,
  ...sshKeys.routes,
];

export const allEffects: readonly EffectKind[] = [];
