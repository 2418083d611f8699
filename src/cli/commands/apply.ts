import { StalePlanError, UsageError } from '../../domain/errors.ts';
import type { CommandRun } from '../context.ts';
import { helpCommand } from '../help.ts';
import { loadPlan } from '../plan-file.ts';
import { targetOfPlan } from '../target.ts';
import { whileAllowed } from './allowing.ts';
import { confirmAndApply } from './applying.ts';
import { whenFree } from './when-free.ts';

export const runApply: CommandRun = async (context) => {
  const { file } = context.invocation;
  if (file === undefined) throw new UsageError('apply needs the file of a saved plan', { next: helpCommand('apply') });
  const plan = await loadPlan(context.input.files, file);
  const target = targetOfPlan(plan);
  const session = await (await context.workspace(target)).session(target);
  if (session.environment.project !== plan.project)
    throw new StalePlanError(`${file} is a plan of project ${plan.project}, this is ${session.environment.project}`, {
      done: ['nothing was changed'],
      next: 'name the configuration it was made from with --config FILE, or make a new plan',
    });
  return whenFree(context, session, () =>
    whileAllowed(context, session, () => confirmAndApply(context, session, plan, true)),
  );
};
