import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/** The store's time where its replies tell it: machines whose clocks are minutes apart then date alike. */
export const storeTime = (store: Pick<ObjectStore, 'skewMs'>, clock: Clock): number =>
  clock.now() + Math.round(store.skewMs?.() ?? 0);
