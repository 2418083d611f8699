import type { Reporter } from '../ports/reporter.ts';
import type { Lease } from '../statefile/held-lease.ts';

/** A lease that can't be given back runs out by itself: worth a word, but no reason to hide how the work ended. */
export const releaseQuietly = async (lease: Lease, reporter: Pick<Reporter, 'notice'>): Promise<void> => {
  try {
    await lease.release();
  } catch (error) {
    reporter.notice(
      `the lease could not be released and runs out by itself: ${error instanceof Error ? error.message : error}`,
    );
  }
};
