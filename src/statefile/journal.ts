import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { holdingTime } from './held-time.ts';

export const journalKey = (environment: string): string => `${environment}.journal.jsonl`;

/** Appends each event as one JSON line, in the order of the calls. */
export const createJournal = (given: ObjectStore, environment: string, clock?: Clock): Journal => {
  const store = clock === undefined ? given : holdingTime(given, clock);
  let queue: Promise<unknown> = Promise.resolve();
  return (event) => {
    const written = queue.then(() => store.append(journalKey(environment), JSON.stringify(event)));
    queue = written.catch(() => undefined);
    return written;
  };
};
