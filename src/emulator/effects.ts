import type { Kit } from './context.ts';
import type { Effect } from './world.ts';

/**
 * What happens when an action ends (or a timer is due), by name, because a world saved with running actions must know
 * it when it is loaded: `const setStatus = effectKind('server.status', (kit, data: {…}) => …)`, then
 * `actions.start({ …, effect: setStatus.of({…}) })`. `run` may throw ActionFailure: the action ends in `error`.
 * Every kind must be in the `effects` list of its resource file, and that list in routes.ts.
 */
export interface EffectKind<Data = never> {
  readonly name: string;
  readonly run: (kit: Kit, data: Data) => void;
  readonly of: (data: Data) => Effect;
}
export const effectKind = <Data>(name: string, run: (kit: Kit, data: Data) => void): EffectKind<Data> => ({
  name,
  run,
  of: (data) => ({ name, data }),
});

export type RunEffect = (kit: Kit, effect: Effect) => void;
export const effectRunner = (kinds: readonly EffectKind[]): RunEffect => {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  return (kit, effect) => {
    const kind = byName.get(effect.name);
    if (kind === undefined) throw new Error(`the effect ${effect.name} is in no list of routes.ts`);
    kind.run(kit, effect.data as never);
  };
};
