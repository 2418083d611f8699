/** The right to change an Environment. Never deleted: taken over and released by compare-and-swap. */
export interface LeaseRecord {
  readonly holder: string;
  readonly host: string;
  readonly pid: number;
  readonly command: string;
  /** Id of the run, as in labels and journal; absent: the lease is for something short, like setting a secret. */
  readonly run?: string;
  readonly acquiredAt: string;
  readonly expiresAt: string;
  /** Grows with every acquisition. */
  readonly fencingToken: number;
  readonly released: boolean;
  /** Random, made by each acquisition: tells two holders apart that look alike (containers often share host and pid). */
  readonly nonce?: string;
  /** Names the boot and the pid namespace that `pid` counts in: only there a missing pid proves a dead holder. */
  readonly pidNamespace?: string;
  /** Who ended it in the holder's stead (`state unlock`), and when. */
  readonly unlocked?: { readonly by: string; readonly at: string };
}
