import type { JournalEvent } from '../domain/journal.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { Journal } from '../ports/journal.ts';
import { journalMax } from './schema.ts';
import type { StateWriter } from './write.ts';

/**
 * The journal of a run lives in the state: what is intended and what has been made are one document, written at once.
 * `redacted` takes out every secret that is known: unlike keys and applications, the journal is not sealed.
 */
export const createJournal = (
  writer: Pick<StateWriter, 'save' | 'note'>,
  redacted: (text: string) => string,
): Journal => {
  const shown = (event: JournalEvent): JournalEvent =>
    event.detail === undefined ? event : { ...event, detail: headOf(redacted(event.detail)) };
  return {
    intend: async (event) => void (await writer.save((state) => withEvent(state, shown(event)))),
    note: (event) => writer.note((state) => withEvent(state, shown(event))),
  };
};

const detailMax = 300;

/** Without what follows it: the end of an application's log may hold anything. */
const headOf = (text: string): string => (text.split('\n')[0] ?? '').slice(0, detailMax);

const withEvent = (state: StateFile, event: JournalEvent): StateFile => {
  const { lastRun } = state;
  // A run that keeps no record of itself (a secret was set) has nothing to intend either.
  if (lastRun === undefined || lastRun.run !== event.run) return state;
  return { ...state, lastRun: { ...lastRun, journal: [...lastRun.journal, event].slice(-journalMax) } };
};
