import { environmentFor } from '../config/environment.ts';
import { targetOfName } from '../domain/environment.ts';
import { ConfigError } from '../domain/errors.ts';
import type { PreviewPolicy, PreviewRecord } from '../domain/preview.ts';
import type { PreviewStanding, PreviewStandings } from '../ports/session.ts';
import { goesAt, lastActivity } from '../preview/activity.ts';
import { sharedState } from '../statefile/change-shared.ts';
import { readState } from '../statefile/read.ts';
import type { Context } from './context.ts';

/**
 * Who has a place, who waits for one, and what is known of each; `existing` names what is in the cloud, null: nobody has
 * looked. null: infra.yaml has no previews.
 */
export const previewStandings = async (
  context: Context,
  existing: readonly string[] | null,
): Promise<PreviewStandings | null> => {
  const policy = policyOf(context);
  if (policy === null) return null;
  const loaded = await readState(context.store, sharedState, context.config.project, null);
  const { places = {}, previews = {} } = loaded?.state ?? {};
  const waiting = Object.keys(previews).filter((name) => previews[name]?.waitingSince !== undefined);
  const names = new Set([...Object.keys(places), ...(existing ?? []), ...waiting]);
  const standings = [...names]
    .filter((name) => targetOfName(name)?.type === 'pr')
    .map((environment): PreviewStanding => {
      const place = places[environment];
      const record = previews[environment];
      const there = existing === null ? place !== undefined : existing.includes(environment);
      return {
        environment,
        is: there ? 'there' : place === undefined ? 'waiting' : 'place only',
        ...toldBy(record, policy, context.clock.now()),
        place: place === undefined ? null : { since: place.at, holder: place.holder },
      };
    });
  return { max: policy.max, taken: Object.keys(places).length, previews: standings.sort(longestFirst) };
};

/** Nothing is told of one that was made by hand. */
const toldBy = (
  record: PreviewRecord | undefined,
  policy: PreviewPolicy,
  now: number,
): Pick<PreviewStanding, 'author' | 'idleMs' | 'goesAt' | 'waitingSince'> =>
  record === undefined
    ? { author: null, idleMs: null, goesAt: null, waitingSince: null }
    : {
        author: record.author,
        idleMs: Math.max(0, now - lastActivity(record)),
        goesAt: new Date(goesAt(record, policy)).toISOString(),
        waitingSince: record.waitingSince ?? null,
      };

const longestFirst = (a: PreviewStanding, b: PreviewStanding): number => {
  const since = ({ place, waitingSince }: PreviewStanding): string => place?.since ?? waitingSince ?? '';
  return Number(a.place === null) - Number(b.place === null) || (since(a) < since(b) ? -1 : 1);
};

const policyOf = ({ config }: Context): PreviewPolicy | null => {
  try {
    return environmentFor(config, { type: 'pr', pullRequest: 1 }).preview ?? null;
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
};
