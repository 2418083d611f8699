/** Keys of a job's meta by which we know our own work again. Dots aren't allowed in the names of HCL attributes. */
export const metaNames = {
  fingerprint: 'reconcile_fingerprint',
  owner: 'reconcile_owner',
  /** On a job: name and digest or tag, together where both are known. */
  image: 'reconcile_image',
  /** Counts registrations of one content after failures: the same content alone would make no new deployment. */
  retry: 'reconcile_retry',
  /** The run that was told to deploy it once more; no part of the fingerprint, so its absence later is no difference. */
  redeploy: 'reconcile_redeploy',
  /** On a job: the fingerprint of the release that succeeded before this version was registered. */
  release: 'reconcile_release',
  /** On a release: the job it belongs to. Such a job is part of another and never listed for itself. */
  releaseOf: 'reconcile_release_of',
} as const;
