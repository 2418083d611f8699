import type { Paint } from './paint.ts';

/** What every text printer is told about the place it prints to. */
export interface Layout {
  /** Columns to stay within. */
  readonly width: number;
  readonly paint: Paint;
  readonly verbose: boolean;
}
