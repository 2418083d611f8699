import { DamagedStateError } from '../domain/damaged-state.ts';
import { StateError } from '../domain/errors.ts';
import type { StateFile } from '../domain/statefile.ts';
import { decodeState } from '../statefile/codec.ts';
import { refuseMoved } from '../statefile/moved.ts';
import { type LoadedState, readState } from '../statefile/read.ts';
import type { TargetContext } from './context.ts';

/** What earlier runs left: the stored document, and what one of them could not store. */
export interface RememberedState {
  readonly loaded: LoadedState | null;
  /** The newer of both, under the serial of the stored one. */
  readonly state: StateFile | null;
  /** Path of a recovery file whose content `state` is. */
  readonly recovered: string | null;
  /** A recovery file that is older than what is stored. */
  readonly superseded: string | null;
}

type Sources = Pick<TargetContext, 'store' | 'environment' | 'config' | 'sealer' | 'recovery'>;

/** Throws StateError for a document, or a recovery file, that can't be used. */
export const remember = async (context: Sources): Promise<RememberedState> => {
  const { store, environment, config, sealer, recovery } = context;
  const loaded = await readState(store, environment.name, config.project, sealer);
  if (loaded === null) await refuseMoved(store, `the state of ${environment.name}`);
  const kept = await recovery.find(environment.name);
  const plain = { loaded, state: loaded?.state ?? null, recovered: null, superseded: null };
  if (kept === undefined) return plain;
  const at = kept.path.lastIndexOf('/');
  const where = { place: kept.path.slice(0, at), key: kept.path.slice(at + 1), environment: environment.name };
  const state = await decodeState(kept.text, { ...where, project: config.project }, sealer).catch((error: unknown) => {
    throw error instanceof DamagedStateError ? useless(kept.path, error) : error;
  });
  if (loaded !== null && loaded.state.lineage !== state.lineage)
    throw ofAnotherLine(kept.path, environment.name, store);
  if (loaded !== null && !sameHolder(loaded.state, state) && loaded.state.serial >= state.serial)
    return { ...plain, superseded: kept.path };
  return { loaded, state: { ...state, serial: loaded?.state.serial ?? 0 }, recovered: kept.path, superseded: null };
};

/**
 * Of one holder the file is the newer: its last write may have reached the store although no reply came. A document that
 * another holder wrote may still name that run as the last one: setting a secret is no run.
 */
const sameHolder = (stored: StateFile, kept: StateFile): boolean =>
  stored.lastRun?.run === kept.lastRun?.run && stored.fencingToken === kept.fencingToken;

/** The state itself may be good: then there is nothing to rebuild. */
const useless = (path: string, cause: DamagedStateError): StateError =>
  new StateError(cause.message, {
    done: cause.done,
    next: `put the file away: mv ${path} ${path}.aside   (what it knows of is found by its labels)`,
    cause,
  });

const ofAnotherLine = (path: string, environment: string, { place }: Sources['store']): StateError =>
  new StateError(`${path} continues another state of ${environment} than the one in ${place} (their lineages differ)`, {
    done: ['nothing was changed'],
    next: `if the one in ${place} is right, put the file away: mv ${path} ${path}.aside`,
  });
