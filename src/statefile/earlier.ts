import { StateError } from '../domain/errors.ts';
import type { StateFile } from '../domain/statefile.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Sealer } from '../ports/sealer.ts';
import { decodeState } from './codec.ts';
import { stateKey } from './read.ts';
import { versionKey, versionsAmong, versionsMax } from './versions.ts';

/** An earlier document of an environment that can be used. */
export interface EarlierState {
  /** Where it lies, in words: `production.000012.json`. */
  readonly from: string;
  readonly state: StateFile;
}

export interface EarlierStates {
  /** Newest first, by serial. */
  readonly usable: readonly EarlierState[];
  /** Sentences: what could not be used, and why. */
  readonly unusable: readonly string[];
  /** The highest serial of all that are kept, also of those that can't be used. */
  readonly highest: number;
}

interface Whose {
  readonly store: ObjectStore;
  readonly sealer: Sealer;
  readonly project: string;
  readonly environment: string;
}

/** Those kept beside the document, then those that the store keeps by itself: at most twenty of each, opened. */
export const earlierStates = async (of: Whose): Promise<EarlierStates> => {
  const { store, sealer, project, environment } = of;
  const usable: EarlierState[] = [];
  const unusable: string[] = [];
  const take = async (from: string, text: string): Promise<void> => {
    try {
      usable.push({
        from,
        state: await decodeState(text, { place: store.place, key: from, project, environment }, sealer),
      });
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      unusable.push(error.message);
    }
  };
  const serials = versionsAmong(await store.list(), environment);
  for (const serial of serials.slice(0, versionsMax)) {
    const stored = await store.get(versionKey(environment, serial));
    if (stored !== undefined) await take(versionKey(environment, serial), stored.text);
  }
  const key = stateKey(environment);
  for (const { id, at } of ((await store.versions?.(key)) ?? []).slice(0, versionsMax)) {
    const text = await store.getVersion?.(key, id);
    if (text !== undefined) await take(`${key} as the store kept it from ${at}`, text);
  }
  usable.sort((a, b) => b.state.serial - a.state.serial);
  return { usable, unusable, highest: serials[0] ?? 0 };
};
