import type { JournalEvent } from '../domain/journal.ts';

/** Where the events of Steps go, one at a time, in order. Throws Failure when the line could not be kept. */
export type Journal = (event: JournalEvent) => Promise<void>;
