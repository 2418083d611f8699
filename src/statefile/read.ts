import type { StateFile } from '../domain/statefile.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { decodeState } from './codec.ts';

export interface LoadedState {
  readonly state: StateFile;
  readonly etag: string;
}

export const stateKey = (environment: string): string => `${environment}.json`;

/** The remembered state, null when there was no run yet. Throws StateError for a document that can't be used. */
export const readState = async (
  store: ObjectStore,
  environment: string,
  project: string,
): Promise<LoadedState | null> => {
  const key = stateKey(environment);
  const stored = await store.get(key);
  if (stored === undefined) return null;
  return { state: decodeState(stored.text, { place: store.place, key, environment, project }), etag: stored.etag };
};
