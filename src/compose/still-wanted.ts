import { WithdrawnError } from '../domain/errors.ts';
import { labelNames } from '../domain/labels.ts';
import type { Observation } from '../domain/observation.ts';
import type { ApplyOptions } from '../ports/session.ts';
import type { TargetContext } from './context.ts';
import { freePlace } from './places.ts';

/**
 * The last question before the first change, under the lease: between somebody's wish and this moment lie waiting and
 * looking. A no frees the place again where nothing of the preview exists; so does a question that nobody answers.
 * Throws WithdrawnError with the reason.
 */
export const confirmWanted = async (
  context: TargetContext,
  { stillWanted, observation }: ApplyOptions & { readonly observation?: Observation },
): Promise<void> => {
  if (stillWanted === undefined) return;
  const back = async (): Promise<void> => {
    if (observation !== undefined && showsNothing(context, observation)) await freePlace(context);
  };
  let because: string | null;
  try {
    because = await stillWanted();
  } catch (error) {
    await back();
    throw error;
  }
  if (because === null) return;
  await back();
  throw new WithdrawnError(because, { done: ['nothing was changed'] });
};

/** Undefined lists and incomplete ones prove nothing. The plan was made from this look, and the state has not moved since. */
const showsNothing = ({ environment }: TargetContext, { items, lists, cluster }: Observation): boolean =>
  (cluster === null || showsNoNamespace(environment, cluster)) &&
  lists.server?.complete === true &&
  Object.values(lists).every((list) => list?.complete === true) &&
  !items.some(
    ({ labels }) =>
      labels[labelNames.project] === environment.project && labels[labelNames.environment] === environment.name,
  );

const showsNoNamespace = (
  { name, host }: TargetContext['environment'],
  cluster: NonNullable<Observation['cluster']>,
): boolean => host !== undefined && cluster.reachable && cluster.namespaces?.every((one) => one.name !== name) === true;
