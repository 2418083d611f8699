import { Failure } from '../domain/errors.ts';
import type { HistoryEntry, StateFile } from '../domain/statefile.ts';
import type { ExecutionOutcome } from '../execute/execute.ts';
import { isoNow } from '../ports/clock.ts';
import type { Outcome } from '../ports/session.ts';
import { encodeState } from '../statefile/codec.ts';
import { type StateWriter, withHistory } from '../statefile/write.ts';
import type { TargetContext } from './context.ts';

/**
 * The last write of a run: its end and its history. When the store does not take it, everything goes into a recovery
 * file; the failure names what the store does not know.
 */
export const writeEnd = async (
  context: TargetContext,
  writer: StateWriter,
  execution: ExecutionOutcome,
  entry: HistoryEntry,
): Promise<Outcome['failed'][number] | null> => {
  // Nothing came of it (a token that may only read): the state stays as it was, to the byte.
  if (execution.succeeded.length === 0 && !wrote(writer) && execution.stoppedBy === null) return null;
  try {
    await writer.save((state) => withHistory(ended(state, isoNow(context.clock)), entry));
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Another run's document is there: the state is no longer ours to write, and the run was stopped for it.
    if (!writer.unsaved()) return execution.stoppedBy === null ? failedWith(error.message, error.next) : null;
    return keptAside(context, writer, error);
  }
};

/** What comes after the last step may fail as well: then what the steps noted is stored, or kept aside, all the same. */
export const orKept = async <T>(context: TargetContext, writer: StateWriter, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    try {
      await writer.flush();
    } catch (also) {
      if (!(also instanceof Failure)) throw also;
      if (writer.unsaved()) context.reporter.notice((await keptAside(context, writer, also)).message);
    }
    throw error;
  }
};

const wrote = (writer: StateWriter): boolean => writer.stored()?.lastRun?.run === writer.current().lastRun?.run;

const ended = (state: StateFile, at: string): StateFile =>
  state.lastRun === undefined ? state : { ...state, lastRun: { ...state.lastRun, endedAt: at } };

const keptAside = async (
  { recovery, environment, sealer, store }: TargetContext,
  writer: StateWriter,
  why: Failure,
): Promise<Outcome['failed'][number]> => {
  const state = writer.current();
  const news = unknownTo(writer.stored(), state);
  const objects = news.length === 0 ? 'nothing was made that it does not know' : `it does not know ${news.join(', ')}`;
  const message = `the state in ${store.place} could not be written: ${why.message}; ${objects}`;
  try {
    // One above what is stored: whoever writes meanwhile has the newer document.
    const text = await encodeState({ ...state, serial: state.serial + 1 }, sealer);
    const path = await recovery.keep(environment.name, text);
    return failedWith(`${message}. Everything is kept in ${path}, and the next run takes it in`, why.next);
  } catch (error) {
    const also = error instanceof Error ? error.message : String(error);
    return failedWith(
      `${message}. It could not be kept in a file either: ${also}. The next run finds it by its labels`,
    );
  }
};

/** Every entry that differs, with the id by which it can be found. */
const unknownTo = (stored: StateFile | null, now: StateFile): string[] =>
  Object.entries(now.resources)
    .filter(([address, entry]) => JSON.stringify(entry) !== JSON.stringify(stored?.resources[address as never]))
    .map(([address, { id }]) => `${address} (id ${id})`);

const failedWith = (message: string, next?: string): Outcome['failed'][number] => ({
  step: 'last write of the state',
  message,
  ...(next === undefined ? {} : { next }),
});
