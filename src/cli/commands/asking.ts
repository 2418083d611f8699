import { Failure, UsageError } from '../../domain/errors.ts';
import { commandLine } from '../arguments.ts';
import { type CommandContext, reading } from '../context.ts';

/** Asks before something is done, unless `--yes`; throws Failure without a clear yes. `question` ends in no mark. */
export const askFirst = async (context: CommandContext, question: string): Promise<void> => {
  const { input, invocation, progress, interruption } = context;
  if (invocation.options.yes) return;
  const done = ['nothing was changed'];
  if (!input.io.stdin.isTTY)
    throw new UsageError('there is no terminal to ask on and no --yes', {
      done,
      next: commandLine(invocation, ['--yes']),
    });
  progress.stop();
  input.io.stderr.write('\n');
  const agreed = await reading(context, input.io.confirm(`${question}? [y/N] `)).catch((error: unknown) => {
    // The cursor still stands behind the question.
    input.io.stderr.write('\n');
    throw error;
  });
  if (!agreed) throw new Failure('not confirmed', { done, next: commandLine(invocation) });
  interruption.signal.throwIfAborted();
};
