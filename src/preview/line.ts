import { type Asked, type Cloud, type Life, type Looked, numberOf } from './context.ts';
import { type Occupancy, roomFor, waitingLine } from './limits.ts';
import { look } from './look.ts';

/** One event serves so many that wait; a sweep serves all. */
const servedMax = 3;

/**
 * While there is room, whoever waits longest is looked at; a look of its own, with requests of its own. What waits for a
 * pull request that has gone meanwhile leaves the line by that, and the next one is served. `looked`: numbers that this
 * run has looked at already.
 */
export const serveWaiting = async (
  life: Life,
  { asked, cloud, looked }: { readonly asked: Asked; readonly cloud?: Cloud; readonly looked: readonly number[] },
): Promise<readonly Looked[]> => {
  const served: Looked[] = [];
  while (served.length < servedMax) {
    const done = new Set([...looked, ...served.map(({ pullRequest }) => pullRequest)]);
    const number = await nextOf(life, done);
    if (number === undefined) break;
    served.push(await look(life, number, { asked, ...(cloud && { cloud }) }));
  }
  return served;
};

/** By what is remembered: the cloud is asked by the look itself, and only when there is somebody to serve. */
const nextOf = async ({ world, clock }: Life, done: ReadonlySet<number>): Promise<number | undefined> => {
  const [records, places] = await Promise.all([world.records(), world.places()]);
  const { policy } = world;
  const bare: Occupancy = { policy, records, places, existing: [], centsOfOne: 0, now: clock.now() };
  const line = waitingLine(bare);
  if (line.length === 0 || places.length >= policy.max) return undefined;
  const centsOfOne = policy.budgetCents === undefined ? 0 : await world.monthlyCentsOfOne();
  const existing = places.map(({ environment }) => ({
    environment,
    pullRequest: numberOf(environment) ?? 0,
    createdAt: null,
    monthlyCents: records[environment]?.monthlyCents ?? centsOfOne,
  }));
  const next = line.find((environment) => !done.has(numberOf(environment) ?? 0));
  if (next === undefined) return undefined;
  const room = roomFor(next, records[next]?.author ?? '', { ...bare, existing, centsOfOne });
  return room.kind === 'free' ? numberOf(next) : undefined;
};
