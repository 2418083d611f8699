import type { Session } from '../../ports/session.ts';
import { commandLine } from '../arguments.ts';
import type { CommandContext } from '../context.ts';

/** With `--allow-runner`: this machine gets in at port 22 while the work goes on, planning included. */
export const whileAllowed = <T>(
  context: CommandContext,
  session: Session,
  work: () => Promise<T>,
  looks?: 'looks',
): Promise<T> => {
  const { allowRunner } = context.invocation.options;
  if (allowRunner === null) return work();
  const { signal } = context.interruption;
  const how = { command: commandLine(context.invocation), signal };
  return session.withAccess(allowRunner, looks === undefined ? how : { ...how, lease: false }, work);
};
