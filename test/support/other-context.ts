import type { Context } from '../../src/compose/context.ts';

/** The same context with something else in it, whatever kind of environment it is asked for. */
export const otherContext = (context: Context, other: Partial<Context>): Context => {
  const made: Context = { ...context, ...other, contextFor: () => made };
  return made;
};
