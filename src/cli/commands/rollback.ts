import { targetWords } from '../../domain/environment.ts';
import { exitCodes, Failure } from '../../domain/errors.ts';
import { shortImage } from '../../domain/image-reference.ts';
import { type CommandRun, openSession, reading, report, tellJson } from '../context.ts';
import { planAndApply } from './converge.ts';

/** Converges with the images that ran healthily before. `--failed`: nothing to take back is a good end. */
export const runRollback: CommandRun = async (context) => {
  const { failed } = context.invocation.options;
  const session = await openSession(context);
  const { name } = session.environment;
  const back = await reading(context, session.rollback({ failedOnly: failed }));
  if (back === null && failed) {
    report(context, () => [`no job of ${name} has an image that failed: nothing is taken back`]);
    tellJson(context, () => ({ environment: name, rollback: null }));
    return exitCodes.ok;
  }
  if (back === null)
    throw new Failure(`of no job of ${name} it is known what it ran healthily before`, {
      done: ['nothing was changed'],
      next: `name the images: reconcile ${targetWords(session.environment)} --image JOB=REFERENCE`,
    });
  for (const [job, image] of Object.entries(back.images))
    context.progress.notice(`${job} goes back from ${shortImage(back.from[job] ?? '')} to ${shortImage(image)}`);
  return planAndApply(context, { intent: 'converge', images: back.images });
};
