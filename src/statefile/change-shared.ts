import { StateError } from '../domain/errors.ts';
import { type StateFile, stateSchemaVersion } from '../domain/statefile.ts';
import { type Clock, isoNow } from '../ports/clock.ts';
import type { ObjectStore, PutOutcome } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import type { Sealer } from '../ports/sealer.ts';
import { encodeState, holdsSecrets } from './codec.ts';
import { keepEarlier } from './keep-earlier.ts';
import { refuseMoved } from './moved.ts';
import { type LoadedState, readState, stateKey } from './read.ts';
import { refusePlainText } from './unsealed.ts';
import { versionsWith } from './versions.ts';

/** The state of what belongs to no single environment: the places of previews, the secrets that all of them have. */
export const sharedState = 'shared';

export interface SharedOptions {
  readonly store: ObjectStore;
  readonly sealer: Sealer;
  readonly project: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The release that writes. */
  readonly version: string;
}

interface Change {
  /** The same object, or undefined: there is nothing to write. May refuse by throwing; asked anew after a lost race. */
  readonly decide: (before: StateFile) => StateFile | undefined | Promise<StateFile | undefined>;
  /** Whether secrets are read, which needs an identity; else they stay sealed as they are. */
  readonly opens: boolean;
  /** Keeps the document as found beside the new one. */
  readonly keepsVersion?: boolean;
}

/**
 * Everybody who writes here holds another lease, or none: so each change is made to what is there at that moment, by
 * compare-and-swap, and nobody's data is lost. More rounds than previews that could take a place in between.
 */
const rounds = 100;
const waitMsMax = 400;

/** Makes one change to the shared state, whoever else writes meanwhile. Returns what is stored then; null: nothing is. */
export const changeShared = async (options: SharedOptions, change: Change): Promise<StateFile | null> => {
  const { store, clock, random } = options;
  let silence: unknown;
  for (let round = 0; round < rounds; round += 1) {
    // Two that met once meet again unless they wait unequally long.
    if (round > 0) await clock.sleep((Number.parseInt(random.hex(2), 16) / 0xffff) * Math.min(waitMsMax, 20 * round));
    const loaded = await readState(store, sharedState, options.project, change.opens ? options.sealer : null);
    if (loaded === null) await refuseMoved(store, 'what all previews share');
    const before = loaded?.state ?? firstShared(options);
    const decided = await change.decide(before);
    if (decided === undefined || decided === before) return loaded?.state ?? null;
    const next = stamped(decided, loaded, options, change.keepsVersion === true);
    if (holdsSecrets(next)) refusePlainText(store, options.sealer, 'the secrets of all previews');
    const text = await encodeState(next, options.sealer);
    try {
      if (loaded !== null && change.keepsVersion) await keepEarlier(store, sharedState, loaded);
      if ((await put(store, text, loaded)).ok) return next;
      silence = undefined;
    } catch (error) {
      // It may be stored all the same: then the next round finds nothing left to change.
      if (silence !== undefined) throw error;
      silence = error;
    }
  }
  throw new StateError(`${store.place}/${stateKey(sharedState)} was written by others ${rounds} times in a row`, {
    done: ['nothing of this was written'],
    next: `run the same command again, and find out what writes to ${store.place} if it stays so`,
  });
};

const put = (store: ObjectStore, text: string, loaded: LoadedState | null): Promise<PutOutcome> =>
  loaded === null
    ? store.putIfAbsent(stateKey(sharedState), text)
    : store.putIfMatch(stateKey(sharedState), text, loaded.etag);

const firstShared = ({ project, clock, random }: SharedOptions): StateFile => ({
  schemaVersion: stateSchemaVersion,
  lineage: random.hex(16),
  serial: 0,
  project,
  environment: sharedState,
  environmentType: 'shared',
  updatedAt: isoNow(clock),
  fencingToken: 0,
  resources: {},
  history: [],
});

const stamped = (
  next: StateFile,
  loaded: LoadedState | null,
  { clock, version }: SharedOptions,
  keeps: boolean,
): StateFile => ({
  ...next,
  serial: (loaded?.state.serial ?? 0) + 1,
  updatedAt: isoNow(clock),
  writtenBy: version,
  ...(keeps && loaded !== null ? { versions: versionsWith(loaded.state.versions, loaded.state.serial).stay } : {}),
});
