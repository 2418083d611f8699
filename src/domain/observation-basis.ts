import type { AnyObservedItem, Observation, ObservedCluster } from './observation.ts';

/**
 * The part of an observation that stays as it is until somebody changes something: two observations of an untouched
 * project have one basis. Left out: the time, prices and stock, requests used, health, locks, dates of certificates and
 * the number of records in a zone. Hashed into a plan's basis, so that `apply FILE` notices when the cloud has moved.
 * `relevant` narrows it to what a plan speaks of: another environment's server is no reason to refuse this one's plan.
 */
export const observationBasis = (
  observation: Observation,
  relevant: (item: AnyObservedItem) => boolean = () => true,
): unknown => ({
  lists: observation.lists,
  items: observation.items
    .filter(relevant)
    .map(stablePart)
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)),
  jobs: jobsOf(observation.cluster),
  ...(entryOf(observation.cluster) ?? {}),
});

const stablePart = (item: AnyObservedItem) => ({
  key: `${item.kind} ${item.id}`,
  name: item.name,
  labels: item.labels,
  createdAt: item.createdAt,
  facts: stableFacts(item),
});

const stableFacts = (item: AnyObservedItem): unknown => {
  switch (item.kind) {
    case 'server':
      return { ...item.facts, locked: undefined };
    case 'load-balancer':
      return { ...item.facts, targetHealth: undefined };
    case 'certificate':
      return { ...item.facts, notValidAfter: undefined, error: undefined };
    case 'zone':
      return { ...item.facts, recordCount: undefined };
    default:
      return item.facts;
  }
};

/** Which jobs there are and whose; how well they run changes by itself. */
const jobsOf = (cluster: ObservedCluster | null): unknown =>
  cluster === null || !cluster.reachable
    ? null
    : cluster.jobs
        .map(({ jobId, fingerprint, owner }) => ({ jobId, fingerprint, owner }))
        .sort((a, b) => (a.jobId < b.jobId ? -1 : a.jobId > b.jobId ? 1 : 0));

/** Which doors a human's login would open, by the host keys they show. */
const entryOf = (cluster: ObservedCluster | null): object | undefined => {
  if (cluster === null || cluster.reachable || cluster.entry === undefined) return undefined;
  return { doors: cluster.entry.servers.map((one) => ({ name: one.name, hostKey: one.open ? one.hostKey : null })) };
};
