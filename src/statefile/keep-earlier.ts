import type { ObjectStore } from '../ports/object-store.ts';
import type { LoadedState } from './read.ts';
import { versionKey, versionsWith } from './versions.ts';

/** The document as it was found, beside the one that is about to be written; the oldest of too many goes. */
export const keepEarlier = async (
  store: ObjectStore,
  environment: string,
  { state, text }: LoadedState,
): Promise<void> => {
  await store.putIfAbsent(versionKey(environment, state.serial), text);
  for (const serial of versionsWith(state.versions, state.serial).go)
    await store.delete(versionKey(environment, serial));
};
