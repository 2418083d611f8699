import { addressOf } from '../domain/address.ts';
import type { Plan } from '../domain/plan.ts';
import type { Images } from '../domain/preview.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { ExecutionOutcome } from '../execute/execute.ts';
import { type Pins, wholeImage } from './pinned-images.ts';

/** From the first write on: a run that is killed is followed by one that wants the same. */
export const wantImages = (state: StateFile, { images, intent }: Plan): StateFile =>
  images === undefined || intent === 'destroy' ? state : { ...state, images: { ...state.images, ...images } };

/** Whose jobs became healthy: all of them when the second look had nothing to say, else those whose step succeeded. */
export const markHealthy = (
  state: StateFile,
  plan: Plan,
  { succeeded }: Pick<ExecutionOutcome, 'succeeded'>,
  converged: boolean,
): StateFile => {
  if (state.images === undefined) return state;
  const done = new Set(succeeded);
  const submitted = plan.steps.filter(
    ({ id, effect }) => done.has(id) && effect.port === 'jobs' && effect.op === 'submit',
  );
  const healthy = new Set(submitted.map(({ address }) => address));
  const whole = converged && plan.only === undefined;
  const images = Object.entries(state.images).map(([job, pin]) => [
    job,
    whole || healthy.has(addressOf('job', job)) ? { ...pin, healthy: true as const } : pin,
  ]);
  return { ...state, images: Object.fromEntries(images) };
};

/** What is made again after a destroy asks its registry anew. */
export const forgetImages = ({ images: _gone, ...state }: StateFile): StateFile => state;

/** The very images of a plan, whatever their tags stand for by now. */
export const imagesIn = ({ images }: Plan): { readonly images?: Images } =>
  images === undefined
    ? {}
    : { images: Object.fromEntries(Object.entries(images).map(([job, pin]) => [job, wholeImage(pin)])) };

/** What `rollback` asks for. */
export interface Rollback {
  readonly images: Images;
  /** By job: what it has now. */
  readonly from: Images;
}

/**
 * Back to what ran healthily before. First those whose newest image never became healthy; where there are none, and
 * `failedOnly` does not say that this is all, what was deployed together last. null: nothing is known to go back to.
 */
export const rollbackOf = (pins: Pins, failedOnly: boolean): Rollback | null => {
  const back = Object.entries(pins).filter(([, { before }]) => before !== undefined);
  const failed = back.filter(([, { healthy }]) => !healthy);
  const newest = back
    .map(([, { at }]) => at)
    .toSorted()
    .at(-1);
  const chosen = failed.length > 0 || failedOnly ? failed : back.filter(([, { at }]) => at === newest);
  if (chosen.length === 0) return null;
  return {
    images: Object.fromEntries(chosen.map(([job, { before = '' }]) => [job, before])),
    from: Object.fromEntries(chosen.map(([job, pin]) => [job, wholeImage(pin)])),
  };
};
