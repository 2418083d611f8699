import type { StateFile } from '../domain/statefile.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Sealer } from '../ports/sealer.ts';
import { decodeState } from './codec.ts';

export interface LoadedState {
  readonly state: StateFile;
  readonly etag: string;
  /** As stored. */
  readonly text: string;
}

export const stateKey = (environment: string): string => `${environment}.json`;

/**
 * The remembered state, null when there was no run yet. Throws StateError for a document that can't be used. Without a
 * sealer its secrets stay sealed, which is enough to show what is remembered.
 */
export const readState = async (
  store: ObjectStore,
  environment: string,
  project: string,
  sealer: Sealer | null,
): Promise<LoadedState | null> => {
  const key = stateKey(environment);
  const stored = await store.get(key);
  if (stored === undefined) return null;
  const { text, etag } = stored;
  return { state: await decodeState(text, { place: store.place, key, environment, project }, sealer), etag, text };
};
