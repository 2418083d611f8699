/** Append-only events of Steps: evidence and hints, never truth. One JSON line each. */
export interface JournalEvent {
  readonly at: string;
  readonly run: string;
  readonly step: string;
  readonly event: 'started' | 'accepted' | 'succeeded' | 'failed' | 'abandoned';
  readonly detail?: string;
}
