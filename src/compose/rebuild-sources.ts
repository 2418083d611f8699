import type { ApplicationSecrets } from '../domain/application-secrets.ts';
import type { ClusterKeys } from '../domain/cluster-keys.ts';
import { DamagedStateError } from '../domain/damaged-state.ts';
import { Failure, StateError } from '../domain/errors.ts';
import type { StoredObject } from '../ports/object-store.ts';
import { decodeState } from '../statefile/codec.ts';
import { type EarlierState, earlierStates } from '../statefile/earlier.ts';
import { keysKey, readKeysCopy } from '../statefile/keys-copy.ts';
import { refuseMoved } from '../statefile/moved.ts';
import { stateKey } from '../statefile/read.ts';
import { targetText } from '../statefile/target-text.ts';
import { versionsMax } from '../statefile/versions.ts';
import type { TargetContext } from './context.ts';
import { serialIn } from './pulling.ts';

interface Found<T> {
  readonly value: T;
  readonly from: string;
}

/** What a lost state can be made again from, beside what exists. */
export interface Sources {
  /** The document that can't be read; null: there is none. */
  readonly damaged: StoredObject | null;
  /** The newest earlier document that can be opened. */
  readonly base: EarlierState | null;
  /** Of the newest one, or as far as the damaged document can be read. */
  readonly lineage: string | null;
  readonly keys: Found<ClusterKeys> | null;
  readonly applications: Found<ApplicationSecrets> | null;
  /** The highest that was ever seen. */
  readonly serial: number;
  readonly fencingToken: number;
  readonly unusable: readonly string[];
}

/** Throws Failure when the state is good, or is not lost but elsewhere. */
export const sourcesOf = async (context: TargetContext): Promise<Sources> => {
  const damaged = await lostDocument(context);
  const { store, sealer, config, environment } = context;
  const whose = { store, sealer, project: config.project, environment: environment.name };
  const { usable, unusable: others, highest } = await earlierStates(whose);
  const unusable = [...others];
  const earlier = [...(await recoveryFile(context, unusable)), ...usable];
  const serials = [...earlier.map(({ state }) => state.serial), serialIn(damaged?.text ?? '') ?? 0];
  return {
    damaged,
    base: earlier[0] ?? null,
    lineage: earlier[0]?.state.lineage ?? lineageIn(damaged?.text ?? ''),
    keys: (await copiedKeys(context, unusable)) ?? keysIn(earlier) ?? (await storedCopies(context, unusable)),
    applications: applicationsIn(earlier),
    serial: Math.max(highest, ...serials),
    fencingToken: Math.max(0, ...earlier.map(({ state }) => state.fencingToken)),
    unusable,
  };
};

const lineageIn = (text: string): string | null => /^ {2}"lineage": "([0-9a-f]{8,})",?$/m.exec(text)?.[1] ?? null;

const lostDocument = async ({
  store,
  sealer,
  config,
  environment,
  recovery,
}: TargetContext): Promise<StoredObject | null> => {
  const { name } = environment;
  const key = stateKey(name);
  const stored = await store.get(key);
  if (stored === undefined) {
    await refuseMoved(store, `the state of ${name}`);
    const kept = await recovery.find(name);
    if (kept === undefined) return null;
    throw new Failure(`nothing has to be made again: the next run takes in ${kept.path}, which the last one left`, {
      done: ['nothing was changed'],
      next: `reconcile plan ${targetText(name)}`,
    });
  }
  try {
    const where = { place: store.place, key, environment: name, project: config.project };
    const { serial, updatedAt } = await decodeState(stored.text, where, sealer);
    throw new Failure(
      `the state of ${name} in ${store.place}/${key} is good (serial ${serial}, of ${updatedAt}): there is nothing to make again`,
      {
        done: ['nothing was changed'],
        next: `see what it says, and what differs: reconcile plan ${targetText(name)}`,
      },
    );
  } catch (error) {
    if (error instanceof DamagedStateError) return stored;
    throw error;
  }
};

/** What the last run could not store, where the document can't take it in either. */
const recoveryFile = async (context: TargetContext, unusable: string[]): Promise<EarlierState[]> => {
  const { recovery, environment, config, sealer } = context;
  const kept = await recovery.find(environment.name);
  if (kept === undefined) return [];
  const where = { place: '', key: kept.path, environment: environment.name, project: config.project };
  return usableOrTold(unusable, async () => [
    { from: kept.path, state: await decodeState(kept.text, where, sealer) },
  ]).then((found) => found ?? []);
};

const copiedKeys = async (context: TargetContext, unusable: string[]): Promise<Found<ClusterKeys> | null> => {
  const value = await usableOrTold(unusable, () => readKeysCopy(keysWhose(context)));
  return value === null || value === undefined
    ? null
    : { value, from: `their copy ${keysKey(context.environment.name)}` };
};

const keysIn = (earlier: readonly EarlierState[]): Found<ClusterKeys> | null => {
  for (const { from, state } of earlier) if (state.keys !== undefined) return { value: state.keys, from };
  return null;
};

const applicationsIn = (earlier: readonly EarlierState[]): Found<ApplicationSecrets> | null => {
  for (const { from, state } of earlier)
    if (state.applications !== undefined) return { value: state.applications, from };
  return null;
};

/** Copies of the keys that were removed or written over, where the store keeps what it had. */
const storedCopies = async (context: TargetContext, unusable: string[]): Promise<Found<ClusterKeys> | null> => {
  const { store, environment } = context;
  const key = keysKey(environment.name);
  for (const { id, at } of ((await store.versions?.(key)) ?? []).slice(0, versionsMax)) {
    const text = await store.getVersion?.(key, id);
    if (text === undefined) continue;
    const then = { ...store, get: async () => ({ text, etag: id }) };
    const value = await usableOrTold(unusable, () => readKeysCopy({ ...keysWhose(context), store: then }));
    if (value) return { value, from: `${key} as the store kept it from ${at}` };
  }
  return null;
};

const keysWhose = ({ store, sealer, config, environment }: TargetContext) => ({
  store,
  sealer,
  project: config.project,
  environment: environment.name,
});

const usableOrTold = async <T>(unusable: string[], read: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    unusable.push(error.message);
    return undefined;
  }
};
