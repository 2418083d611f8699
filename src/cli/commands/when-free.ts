import { type ExitCode, LeaseHeldError } from '../../domain/errors.ts';
import type { Awaited } from '../../ports/session.ts';
import { commandLine } from '../arguments.ts';
import { type CommandContext, reading } from '../context.ts';

/**
 * Does `work` once no other run is at it. A held lease is told before anything is planned from a half-built world; with
 * `--wait` it is waited for, also when somebody else is faster afterwards: then everything is planned, and asked, anew.
 */
export const whenFree = async (
  context: CommandContext,
  of: Awaited,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> => {
  const { invocation, input, interruption, progress } = context;
  const { wait } = invocation.options;
  const command = commandLine(invocation);
  const until = input.clock.now() + (wait ?? 0);
  const leftMs = (): number => Math.max(0, until - input.clock.now());
  let also: string | undefined;
  for (;;) {
    const waiting = { command, waitMs: leftMs(), signal: interruption.signal };
    await reading(context, of.waitUntilFree(also === undefined ? waiting : { ...waiting, also }));
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LeaseHeldError) || error.held === undefined || leftMs() === 0) throw error;
      also = error.held;
      progress.notice(`${error.message}; waiting for it`);
    }
  }
};
