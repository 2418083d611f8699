import type { Plan } from '../domain/plan.ts';
import type { StateFile } from '../domain/statefile.ts';
import { isoNow } from '../ports/clock.ts';
import { withHistory } from '../statefile/write.ts';
import type { TargetContext } from './context.ts';
import type { PlannedWithDesired } from './planning.ts';
import { markHealthy, wantImages } from './remember-images.ts';
import { newRunId } from './run-id.ts';
import { underLease } from './under-lease.ts';

/**
 * An earlier run did not come to its end, although nothing of its work is missing; or what runs already is what was
 * asked for just now, and nobody would remember that it was.
 */
export const isUnsettled = ({ state, leftOver, plan }: PlannedWithDesired): boolean =>
  leftOver || plan.images !== undefined || (state?.lastRun !== undefined && state.lastRun.endedAt === undefined);

/** Under the lease: the earlier run may be at work after all, and then this is refused. */
export const settleEarlier = async (context: TargetContext, plan: Plan, command: string): Promise<void> => {
  const { clock, random } = context;
  const run = newRunId(clock, random);
  await underLease(context, { command, run }, async ({ writer, began }) => {
    const summary = { keep: Object.keys(began?.resources ?? {}).length };
    const entry = { run, serial: 0, at: isoNow(clock), command, outcome: 'nothing was left to do', summary };
    await writer.save((state) =>
      withHistory(
        withImages(
          state.lastRun === undefined ? state : { ...state, lastRun: { ...state.lastRun, endedAt: entry.at } },
          plan,
        ),
        entry,
      ),
    );
  });
};

/** An empty plan says that they run, and are healthy. */
const withImages = (state: StateFile, plan: Plan): StateFile =>
  markHealthy(wantImages(state, plan), plan, { succeeded: [] }, true);
