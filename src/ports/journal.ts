import type { JournalEvent } from '../domain/journal.ts';

/** Where the events of Steps go, in order. */
export interface Journal {
  /** An intent: durable when it returns, so that whoever comes after a crash knows what was being done. Throws Failure. */
  intend(event: JournalEvent): Promise<void>;
  /** An outcome: goes with the next write; lost with a crash, after which only a look at the cloud tells anyway. */
  note(event: JournalEvent): void;
}
