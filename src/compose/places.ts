import type { Environment } from '../domain/environment.ts';
import { LeaseHeldError } from '../domain/errors.ts';
import { labelNames } from '../domain/labels.ts';
import type { Observation } from '../domain/observation.ts';
import { sourceText } from '../plan/sources.ts';
import type { SharedOptions } from '../statefile/change-shared.ts';
import * as places from '../statefile/places.ts';
import type { Context, TargetContext } from './context.ts';

/** Of everything that writes to the state `shared`. */
export const sharedOptions = (context: Context): SharedOptions => {
  const { store, sealer, config, clock, random, version } = context;
  return { store, sealer, project: config.project, clock, random, version };
};

/**
 * Before the first create of a run. Nothing to do but for previews; asking again is harmless. Throws BlockedError when
 * all places are taken. `observation`: what this run saw; with it, places of previews that are gone are freed first.
 */
export const reservePlace = async (
  context: TargetContext,
  { run, observation }: { readonly run: string; readonly observation?: Observation },
): Promise<void> => {
  const { environment, holder, leases } = context;
  if (environment.type !== 'pr') return;
  const end = async (other: string): Promise<boolean> => {
    try {
      const lease = await leases.take({ environment: other, command: `free the place of ${other}`, run });
      return await lease.release();
    } catch (error) {
      if (error instanceof LeaseHeldError) return false;
      throw error;
    }
  };
  const seen = observation === undefined ? undefined : occupiedIn(observation, environment);
  // Dated as leases are. Time that was leapt over since makes the look seem earlier than it was, which frees less.
  const occupied = seen && { ...seen, seenAt: asLeasesDate(context, seen.seenAt) };
  await places.reservePlace(sharedOptions(context), {
    environment: environment.name,
    run,
    holder,
    max: environment.limits.pullRequestsMax,
    maxAt: sourceText(environment, 'max'),
    ...(occupied === undefined ? {} : { occupied: { ...occupied, standing: leases.standing, end } }),
  });
};

const asLeasesDate = ({ clock, leases }: TargetContext, at: string): string =>
  new Date(leases.now() - Math.max(0, clock.now() - Date.parse(at))).toISOString();

/** After the last delete of a destroy that ended well. False: there was none to free. */
export const freePlace = async (context: TargetContext): Promise<boolean> =>
  context.environment.type === 'pr' && places.freePlace(sharedOptions(context), context.environment.name);

/** Undefined where a list did not come whole: then nobody can say that a preview is gone. */
const occupiedIn = (
  { at, items, lists, cluster }: Observation,
  { project, host }: Pick<Environment, 'project' | 'host'>,
): Omit<places.Occupied, 'standing' | 'end'> | undefined => {
  if (Object.values(lists).some((list) => list?.complete === false)) return undefined;
  // Those on shared servers are seen by whoever can be asked there.
  if (host !== undefined && cluster !== null && (!cluster.reachable || cluster.namespaces === undefined))
    return undefined;
  const hosted = cluster?.reachable === true ? (cluster.namespaces ?? []).map(({ name }) => name) : [];
  const ours = items.filter(({ labels }) => labels[labelNames.project] === project);
  const labelled = ours.map(({ labels }) => labels[labelNames.environment] ?? '');
  return { environments: new Set([...labelled, ...hosted]), seenAt: at };
};
