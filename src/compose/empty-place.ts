import { Failure } from '../domain/errors.ts';
import { readPlaces } from '../statefile/places.ts';
import { applyPlan } from './applying.ts';
import type { TargetContext } from './context.ts';
import { sharedOptions } from './places.ts';
import type { PlannedWithDesired } from './planning.ts';

/**
 * A run that was killed before its first create, or after its last delete, leaves a place with nothing in it. Who
 * destroys what is not there frees it: under the lease, for another run may have taken it a moment ago and be about to
 * create. False: there was none.
 */
export const freeEmptyPlace = async (
  context: TargetContext,
  { plan, observation }: PlannedWithDesired,
  command: string,
): Promise<boolean> => {
  const { environment, reporter } = context;
  if (environment.type !== 'pr') return false;
  if ((await readPlaces(sharedOptions(context)))[environment.name] === undefined) return false;
  const { signal } = new AbortController();
  const { outcome } = await applyPlan(context, plan, { command, signal, saved: false, observation });
  if (outcome.result !== 'converged')
    throw new Failure(`${environment.name} is not gone: something of it was found under the lease`, {
      next: `run again: ${command}`,
    });
  reporter.notice(`${environment.name} had a place and nothing in it: the place is free`);
  return true;
};
