import { StateError } from '../domain/errors.ts';
import { noteIn, readMarker } from '../statefile/moved.ts';
import { stateKey } from '../statefile/read.ts';
import { refusePlainText } from '../statefile/unsealed.ts';
import { type Backend, decoded, isBaggage, type Move, type Moving } from './move.ts';
import { isAsWanted } from './move-documents.ts';
import { refuseUnsealed } from './sealing.ts';

/* What can't move is told before anything is changed. */

/** The other store may hold a note of a move the other way, the document that just arrived, or nothing. */
export const refuseImpossible = async (move: Move, { name, standing, text }: Moving): Promise<void> => {
  const { target, source } = move;
  if (standing === 'moved') return;
  const there = await target.get(stateKey(name));
  if (there === undefined || noteIn(there.text) !== undefined) return;
  const theirs = await decoded({ ...move, source: target }, name, there.text);
  const ours = await decoded(move, name, text);
  if (standing === 'on the way' && theirs.lineage === ours.lineage) return;
  const which =
    theirs.lineage === ours.lineage ? `the same lineage, serial ${theirs.serial}` : `lineage ${theirs.lineage}`;
  throw new StateError(
    `${target.place}/${stateKey(name)} is there already (${which}); the one in ${source.place} has lineage ${ours.lineage}, serial ${ours.serial}`,
    {
      done: ['nothing was changed'],
      next: `find out which of the two is right, and remove the other one: ${target.place}/${stateKey(name)}`,
    },
  );
};

/** Before anything is changed: what is written there must be readable by nobody else, and by whoever moves it. */
export const refuseUnreadable = async (
  move: Move,
  states: readonly Moving[],
  keys: readonly string[],
): Promise<void> => {
  const { context, target, source } = move;
  const { sealer } = context;
  const left = states.filter(({ standing }) => standing !== 'moved');
  if (target.shared && sealer.recipients.length === 0) {
    const texts = left.map(({ text }) => text);
    for (const key of keys.filter(isBaggage)) texts.push((await source.get(key))?.text ?? '');
    if (texts.some(holdsPlainText)) refusePlainText(target, sealer, 'the secrets of these states');
  }
  for (const { name, text } of left)
    if (!isAsWanted(await decoded(move, name, text), sealer.recipients))
      await refuseUnsealed({ store: target, sealer }, name, true);
};

/** Of any of our documents, and of one that can't be read. */
const holdsPlainText = (text: string): boolean => /"(?:keys|applications|acme)": ?\{/.test(text);

/** A move the other way that was stopped has some states there, and some in its notes here. */
export const refuseOpposite = async ({ source, target, to }: Move): Promise<void> => {
  const here = (await readMarker(source))?.marker;
  const there = (await readMarker(target))?.marker;
  if (here?.role !== 'target' && (there?.role !== 'source' || there.finished)) return;
  const other: Backend = to === 's3' ? 'local' : 's3';
  throw new StateError(`an earlier move from ${target.place} to ${source.place} has not ended`, {
    done: ['nothing was changed'],
    next: `let it end first: reconcile state migrate --to ${other}`,
  });
};
