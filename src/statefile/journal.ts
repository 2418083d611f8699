import type { JournalEvent } from '../domain/journal.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { Journal } from '../ports/journal.ts';
import { journalMax } from './schema.ts';
import type { StateWriter } from './write.ts';

/** The journal of a run lives in the state: what is intended and what has been made are one document, written at once. */
export const createJournal = (writer: Pick<StateWriter, 'save' | 'note'>): Journal => ({
  intend: async (event) => void (await writer.save((state) => withEvent(state, event))),
  note: (event) => writer.note((state) => withEvent(state, event)),
});

const withEvent = (state: StateFile, event: JournalEvent): StateFile => {
  const { lastRun } = state;
  // A run that keeps no record of itself (a secret was set) has nothing to intend either.
  if (lastRun === undefined || lastRun.run !== event.run) return state;
  return { ...state, lastRun: { ...lastRun, journal: [...lastRun.journal, event].slice(-journalMax) } };
};
