import type { Journal } from '../ports/journal.ts';
import type { ObjectStore } from '../ports/object-store.ts';

export const journalKey = (environment: string): string => `${environment}.journal.jsonl`;

/** Appends each event as one JSON line. */
export const createJournal =
  (store: ObjectStore, environment: string): Journal =>
  (event) =>
    store.append(journalKey(environment), JSON.stringify(event));
