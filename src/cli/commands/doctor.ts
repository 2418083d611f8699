import { exitCodes } from '../../domain/errors.ts';
import { type CommandRun, cleaned, reading, tell, tellJson } from '../context.ts';
import { placeFlags } from '../options.ts';
import { printDoctor } from '../print/doctor.ts';
import { withPlace } from '../print/next.ts';

/** Every check, whatever the one before said: what is missing is told at once. */
export const runDoctor: CommandRun = async (context) => {
  const { input, invocation, progress } = context;
  const { options } = invocation;
  const { local, config, verbose } = options;
  const work = input.examine({ local, target: undefined, config, verbose, reporter: progress });
  const place = placeFlags(options);
  const checks = cleaned(context, await reading(context, work)).map((check) =>
    check.next === undefined ? check : { ...check, next: withPlace(check.next, place) },
  );
  const wrong = checks.filter(({ result }) => result === 'bad').length;
  tell(context, () => printDoctor(checks, context.layout));
  tellJson(context, () => ({ good: wrong === 0, checks }));
  return wrong === 0 ? exitCodes.ok : exitCodes.failure;
};
