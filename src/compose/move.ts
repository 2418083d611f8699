import type { ObjectStore } from '../ports/object-store.ts';
import type { MoveStanding } from '../ports/state-access.ts';
import { decodeState } from '../statefile/codec.ts';
import { keysKey } from '../statefile/keys-copy.ts';
import { noteIn } from '../statefile/moved.ts';
import { stateKey } from '../statefile/read.ts';
import { isDamagedKey, versionSerial } from '../statefile/versions.ts';
import type { Context } from './context.ts';

export type Backend = 'local' | 's3';

/** One move of all states of the project from one store to the other. */
export interface Move {
  readonly context: Context;
  readonly to: Backend;
  readonly source: ObjectStore;
  readonly target: ObjectStore;
}

/** One state on its way. `text`: the document, wherever it lies. */
export interface Moving {
  readonly name: string;
  readonly standing: MoveStanding;
  readonly serial: number;
  readonly text: string;
}

const stateName = /^(production|staging|pool|pr-[1-9]\d*|shared)\.json$/;
export const nameIn = (key: string): string | undefined => stateName.exec(key)?.[1];
export const leaseOwner = (key: string): string | undefined =>
  /^(production|staging|pool|pr-[1-9]\d*|shared)\.lease\.json$/.exec(key)?.[1];

export const isBaggage = (key: string): boolean => ownerOf(key) !== undefined || key === 'certificates.json';

/** Whose copy of keys, earlier or damaged document it is. */
export const ownerOf = (key: string): string | undefined => {
  const owner = /^[a-z0-9-]+(?=\.)/.exec(key)?.[0];
  if (owner === undefined) return undefined;
  return key === keysKey(owner) || versionSerial(owner, key) !== undefined || isDamagedKey(owner, key)
    ? owner
    : undefined;
};

export const statesOf = async (move: Move, keys: readonly string[]): Promise<Moving[]> => {
  const states: Moving[] = [];
  for (const name of keys.flatMap((key) => nameIn(key) ?? [])) {
    const stored = await move.source.get(stateKey(name));
    if (stored === undefined) continue;
    const note = noteIn(stored.text);
    const text = note === undefined ? stored.text : note.document;
    const { serial } = text === undefined ? { serial: 0 } : await decoded(move, name, text);
    states.push({
      name,
      serial,
      text: text ?? '',
      standing: note === undefined ? 'to move' : text === undefined ? 'moved' : 'on the way',
    });
  }
  return states;
};

export const decoded = ({ context, source }: Move, environment: string, text: string) =>
  decodeState(
    text,
    { place: source.place, key: stateKey(environment), environment, project: context.config.project },
    null,
  );
