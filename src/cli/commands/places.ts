import type { Plan } from '../../domain/plan.ts';
import type { PreviewStandings } from '../../ports/session.ts';
import { type CommandContext, cleaned, report } from '../context.ts';
import { printHolders } from '../print/places.ts';

/** Beside a refusal: who has the places of previews. null: it was not for want of a place. */
export const placesTaken = async (context: CommandContext, plan: Plan): Promise<PreviewStandings | null> => {
  if (plan.environmentType !== 'pr' || plan.intent !== 'converge') return null;
  const standings = await (await context.workspace()).standings(null);
  if (standings === null || standings.taken < standings.max) return null;
  const shown = cleaned(context, standings);
  if (!context.invocation.options.json)
    report(context, () => ['', ...printHolders(shown, context.input.clock.now(), context.errorLayout), '']);
  return shown;
};
