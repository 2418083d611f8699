import { type Asked, type Cloud, type Life, type Looked, numberOf } from './context.ts';
import { holdersOf, waitingLine } from './limits.ts';
import { look } from './look.ts';

/** One event serves so many that wait; a sweep serves all. */
const servedMax = 3;

/**
 * While a place is free, whoever waits longest is looked at; a look of its own, with requests of its own. What waits
 * for a pull request that has gone meanwhile leaves the line by that, and the next one is served.
 */
export const serveWaiting = async (
  life: Life,
  { asked, cloud }: { readonly asked: Asked; readonly cloud?: Cloud },
): Promise<readonly Looked[]> => {
  const { world, clock } = life;
  const served: Looked[] = [];
  for (let round = 0; round < servedMax; round += 1) {
    const [records, places] = await Promise.all([world.records(), world.places()]);
    const existing = cloud?.previews ?? [];
    const occupancy = { policy: world.policy, records, places, existing, centsOfOne: 0, now: clock.now() };
    if (holdersOf(occupancy).length >= world.policy.max) break;
    const next = waitingLine(occupancy).find((one) => !served.some(({ environment }) => environment === one));
    const number = next === undefined ? undefined : numberOf(next);
    if (number === undefined) break;
    served.push(await look(life, number, { asked, ...(cloud && { cloud }) }));
  }
  return served;
};
