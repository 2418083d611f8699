import { exitCodes } from '../../domain/errors.ts';
import { isEmpty } from '../../domain/plan.ts';
import { type CommandRun, openSession, reading, tell, tellJson } from '../context.ts';
import { placeFlags } from '../options.ts';
import { planDocument } from '../print/json.ts';
import { printPlan } from '../print/plan.ts';
import { presentable } from './applying.ts';

export const runPlan: CommandRun = async (context) => {
  const { files, io } = context.input;
  const { only, replace, adopt, recoverAccess, images, out } = context.invocation.options;
  const session = await openSession(context);
  const recovery = recoverAccess === undefined ? {} : { recoverAccess };
  const { plan } = await reading(
    context,
    session.plan({
      intent: 'converge',
      only,
      replace,
      adopt,
      ...recovery,
      ...(Object.keys(images).length === 0 ? {} : { images }),
    }),
  );
  const { cloudName } = await context.workspace();
  const shown = presentable(context, plan);
  tell(context, () => printPlan(shown, cloudName, context.layout));
  tellJson(context, () => planDocument(plan, cloudName));
  if (out !== null) {
    const { savePlan } = await import('../plan-file.ts');
    await savePlan(files, out, plan);
    context.progress.stop();
    io.stderr.write(
      `saved: ${out}; carry it out with: reconcile apply ${[out, ...placeFlags(context.invocation.options)].join(' ')}\n`,
    );
  }
  return isEmpty(plan) ? exitCodes.ok : exitCodes.changesPending;
};
