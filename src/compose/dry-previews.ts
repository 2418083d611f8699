import type { Previews } from '../domain/preview.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { PreviewWorld } from '../ports/previews.ts';

/** A code host that is asked everything and told nothing. */
export const silentHost = (host: CodeHost): CodeHost => ({
  ...host,
  putComment: async (_number, { known }) => known ?? 0,
  reply: async () => 0,
  putDeployment: async ({ known }) => known ?? 0,
  putCheck: async ({ known }) => known ?? 0,
  putIssue: async () => null,
});

/**
 * Previews as they would be: what is destroyed is gone and what is deployed is there for whoever asks afterwards, and
 * nothing is changed. So a dry run comes to the verdicts that a real one comes to.
 */
export const imaginedPreviews = (world: PreviewWorld): PreviewWorld => {
  const records = new Map<string, Previews[string] | undefined>();
  const gone = new Set<string>();
  const made = new Map<string, number>();
  const at = (): string => new Date(0).toISOString();
  const known = async (): Promise<Previews> => {
    const all = new Map(Object.entries(await world.records()));
    for (const [environment, record] of records)
      if (record === undefined) all.delete(environment);
      else all.set(environment, record);
    return Object.fromEntries(all);
  };
  const places: PreviewWorld['places'] = async () => {
    const taken = (await world.places()).filter(({ environment }) => !gone.has(environment));
    const more = [...made.keys()].filter((name) => !taken.some(({ environment }) => environment === name));
    return [...taken, ...more.map((environment) => ({ environment, at: at() }))];
  };
  const remove = async (pullRequest: number) => {
    const environment = `pr-${pullRequest}`;
    gone.add(environment);
    made.delete(environment);
    return { result: 'destroyed' } as const;
  };
  return {
    ...world,
    places,
    records: known,
    async existing() {
      const { complete, previews } = await world.existing();
      const left = previews.filter(({ environment }) => !gone.has(environment) && !made.has(environment));
      const more = [...made].map(([environment, pullRequest]) => ({
        ...{ environment, pullRequest, createdAt: null },
        monthlyCents: previews.find((one) => one.environment === environment)?.monthlyCents ?? 0,
      }));
      return { complete, previews: [...left, ...more] };
    },
    async record(environment, change) {
      const next = change((await known())[environment]);
      records.set(environment, next);
      return next;
    },
    async deploy({ pullRequest, images, stillWanted }) {
      const because = await stillWanted();
      if (because !== null) return { result: 'withdrawn', because };
      const environment = `pr-${pullRequest}`;
      const taken = (await places()).map((place) => place.environment);
      if (!taken.includes(environment) && taken.length >= world.policy.max)
        return { result: 'blocked', message: `all ${world.policy.max} places are taken`, holders: taken };
      gone.delete(environment);
      made.set(environment, pullRequest);
      return { result: 'deployed', url: world.urlOf(pullRequest), images: images ?? {} };
    },
    stop: remove,
    destroy: remove,
    tidy: async () => [],
  };
};
