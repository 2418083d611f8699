/** Keys of a job's meta by which we know our own work again. Dots aren't allowed in the names of HCL attributes. */
export const metaNames = {
  fingerprint: 'reconcile_fingerprint',
  owner: 'reconcile_owner',
  /** Counts registrations of one content after failures: the same content alone would make no new deployment. */
  retry: 'reconcile_retry',
} as const;
