import { z } from 'zod';
import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { StateError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { keysSchema } from './keys-schema.ts';
import { revealing } from './revealing.ts';

/*
 * A second copy of an environment's keys, beside its state: with the state lost, everything else is found again by
 * labels, but nobody could ever log in to the servers.
 */
export const keysKey = (environment: string): string => `${environment}.keys.json`;

const copySchema = z.strictObject({ project: z.string(), environment: z.string(), keys: keysSchema });
interface Whose {
  readonly store: ObjectStore;
  readonly project: string;
  readonly environment: string;
}

/** The copied keys; null when there is no copy. Throws StateError for a copy that can't be used. */
export const readKeysCopy = async ({ store, project, environment }: Whose): Promise<ClusterKeys | null> => {
  const key = keysKey(environment);
  const stored = await store.get(key);
  if (stored === undefined) return null;
  const parsed = copySchema.safeParse(parse(stored.text));
  if (parsed.success && parsed.data.project === project && parsed.data.environment === environment)
    return parsed.data.keys as ClusterKeys;
  throw new StateError(`${store.place}/${key} is no copy of the keys of ${environment} of project ${project}`, {
    done: ['nothing was changed, and the file is as it was'],
    next: `put the right file there, or move it aside: mv ${store.place}/${key} ${store.place}/${key}.damaged`,
  });
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Written by whoever holds the lease, before the state: keys that are in use are never in one place only. */
export const writeKeysCopy = async (whose: Whose, keys: ClusterKeys): Promise<void> => {
  const { store, project, environment } = whose;
  const key = keysKey(environment);
  const text = `${JSON.stringify({ project, environment, keys }, revealing, 2)}\n`;
  const before = await store.get(key);
  if (before?.text === text) return;
  const outcome =
    before === undefined ? await store.putIfAbsent(key, text) : await store.putIfMatch(key, text, before.etag);
  if (outcome.ok || (await store.get(key))?.text === text) return;
  throw new StateError(`${store.place}/${key} was written by another run while this run was at work`, {
    done: ['the other document was left as it is'],
  });
};
