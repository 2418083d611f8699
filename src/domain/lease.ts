/** The right to change an Environment. Never deleted: taken over and released by compare-and-swap. */
export interface LeaseRecord {
  readonly holder: string;
  readonly host: string;
  readonly pid: number;
  readonly command: string;
  readonly acquiredAt: string;
  readonly expiresAt: string;
  /** Grows with every acquisition. */
  readonly fencingToken: number;
  readonly released: boolean;
}
