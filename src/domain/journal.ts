/** Append-only events of Steps: evidence and hints, never truth. */
export interface JournalEvent {
  readonly at: string;
  readonly run: string;
  readonly step: string;
  readonly event: 'started' | 'accepted' | 'succeeded' | 'failed' | 'abandoned';
  readonly detail?: string;
}

/** Steps that were begun and of whose end nothing is known, in the order of their beginning. */
export const openSteps = (journal: readonly JournalEvent[]): string[] => {
  const open = new Set<string>();
  for (const { step, event } of journal) {
    if (event === 'started') open.add(step);
    if (event === 'succeeded' || event === 'failed') open.delete(step);
  }
  return [...open];
};
