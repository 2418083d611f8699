import { isoNow } from '../ports/clock.ts';
import { withHistory } from '../statefile/write.ts';
import type { TargetContext } from './context.ts';
import type { PlannedWithDesired } from './planning.ts';
import { newRunId } from './run-id.ts';
import { underLease } from './under-lease.ts';

/** An earlier run did not come to its end, although nothing of its work is missing. */
export const isUnsettled = ({ state, leftOver }: PlannedWithDesired): boolean =>
  leftOver || (state?.lastRun !== undefined && state.lastRun.endedAt === undefined);

/** Under the lease: the earlier run may be at work after all, and then this is refused. */
export const settleEarlier = async (context: TargetContext, command: string): Promise<void> => {
  const { clock, random } = context;
  const run = newRunId(clock, random);
  await underLease(context, { command, run }, async ({ writer, began }) => {
    const summary = { keep: Object.keys(began?.resources ?? {}).length };
    const entry = { run, serial: 0, at: isoNow(clock), command, outcome: 'nothing was left to do', summary };
    await writer.save((state) =>
      withHistory(
        state.lastRun === undefined ? state : { ...state, lastRun: { ...state.lastRun, endedAt: entry.at } },
        entry,
      ),
    );
  });
};
