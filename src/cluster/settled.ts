import type { ObservedJob } from '../domain/observation.ts';
import { FatalProbeError } from './wait.ts';

/** What moved from a server that was wiped starts within seconds; a pull of a large image takes longer. */
const settleMs = 120_000;

/**
 * Jobs of ours that do not run in full yet, as a phrase: the next server may go only when they do, for it may carry the
 * last instance. A job without any healthy instance was sick before and is the next submit's concern. Throws when one
 * that is half there stays so.
 */
export const unsettledJobs = (jobs: readonly ObservedJob[], waitedMs: number): string | undefined => {
  const short = jobs.filter(
    ({ fingerprint, healthy, wanted, status }) => fingerprint !== null && status !== 'dead' && healthy < wanted,
  );
  const text = short
    .map(({ jobId, healthy, wanted }) => `${healthy} of ${wanted} instances of job ${jobId} healthy`)
    .join('; ');
  if (short.length === 0) return undefined;
  if (waitedMs < settleMs) return text;
  if (short.every(({ healthy }) => healthy === 0)) return undefined;
  throw new FatalProbeError(
    `${text}, ${settleMs / 1000} s after the cluster was whole: another server gone would be too much`,
    {
      next: 'look at the job with: reconcile status, mend it, and run the same command again',
    },
  );
};
